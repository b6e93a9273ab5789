//! The page: the drawing of a network and, beside it, what is asked about it, in one file of HTML that works
//! without network. Its policy (`Content-Security-Policy`) allows its own style and script by their digests,
//! and nothing else, from nowhere.
//!
//! Without scripts it shows the drawing and the answer as text. The script (`script/`, no framework, no build
//! step) shows the document of [`data`] instead: hop by hop, with every rule and route.

mod build;
pub mod data;
mod escape;
mod frame;
pub(in crate::report) mod shared;
mod things;

pub use build::{answers, marked, results, topology};
pub use escape::escaped;
pub use frame::{Page, Verdict, policy};
