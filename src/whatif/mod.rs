//! What if the network were otherwise: changes, tried on a copy of it, and what else they would open.
//!
//! A [`Change`] is data in the words of ARM. [`applied`] makes a copy of a network with it, which is the
//! network that the files with [`overlay`] laid over them resolve to: a property test holds the two equal.

mod apply;
mod candidates;
mod change;
mod denials;
mod effect;
mod names;
mod overlay;
mod remedy;
mod touched;
mod world;

pub use apply::applied;
pub use change::{Change, FirewallPlace};
pub use effect::{Effect, Felt, Service};
pub use overlay::{overlay, yaml};
pub use remedy::{Mend, Remedy, Suggested, remedies, suggested};
pub(crate) use touched::{aliases, probed, seen_as};
