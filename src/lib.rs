//! Connection troubleshoot for an Azure network that exists only as a file.

pub mod diagnostic;
pub mod effective;
pub mod net;
pub mod network;
pub mod source;
pub mod spec;
