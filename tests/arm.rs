//! ARM templates, evaluated: every function against the examples of Microsoft's pages, templates of
//! our own, the real ones of `../shared/inputs/arm`, and input that no one would write.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end so")]

#[path = "arm/functions.rs"]
mod functions;
#[path = "arm/inputs.rs"]
mod inputs;
#[path = "arm/real.rs"]
mod real;
#[path = "arm/support.rs"]
mod support;
#[path = "arm/surroundings.rs"]
mod surroundings;
#[path = "arm/templates.rs"]
mod templates;
#[path = "arm/wild.rs"]
mod wild;
