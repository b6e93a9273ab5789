//! Every flow at once: sets of flows that take the same walk as one.

mod decide;
mod point;
mod scale;
mod set;
mod space;

pub use set::{FlowBox, FlowSet};
pub use space::Space;
