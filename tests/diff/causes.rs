//! What makes a difference is found, alone or together with others, and nothing else is named.
