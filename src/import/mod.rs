//! Topologies out of what people already have: the readers, one module a format.

pub mod arm;
mod resource;

pub use resource::{Left, Origin, Read, Resource};
