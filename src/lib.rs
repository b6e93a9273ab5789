//! Connection troubleshoot for an Azure network that exists only as a file.

pub mod diagnostic;
pub mod net;
pub mod source;
pub mod spec;
