//! Every function with the examples of Microsoft's pages.
