//! The topology as written.

pub mod node;
