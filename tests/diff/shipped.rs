//! Every overlay that is shipped: each difference names a line.
