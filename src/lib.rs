//! Connection troubleshoot for an Azure network that exists only as a file.

pub mod check;
pub mod ci;
pub mod diagnostic;
pub mod diff;
pub mod effective;
pub mod engine;
pub mod import;
pub mod lint;
pub mod load;
pub mod net;
pub mod network;
pub mod report;
pub mod resolve;
pub mod source;
pub mod spec;
pub mod trace;
pub mod whatif;
