//! Documents out of a check: the text for people, Azure's `ConnectivityInformation` with what only
//! dryhop knows, and Microsoft's response table.

mod azure_table;
mod dryhop;
mod help;
mod hops;
mod issues;
mod json;
mod path;
pub(in crate::report) mod picture;
mod remedies;
mod steps;
mod text;
mod times;

pub use crate::trace::codes::{ISSUE_CODES, IssueCode};
pub use azure_table::{azure_table, unmap};
pub use json::{connectivity, document};
pub(in crate::report) use path::route_text;
pub use text::text;
