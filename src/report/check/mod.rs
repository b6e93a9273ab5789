//! Documents out of a check: the text for people, Azure's `ConnectivityInformation` with what only
//! dryhop knows, and Microsoft's response table.

mod azure_table;
mod dryhop;
mod facts;
mod help;
mod hops;
mod issues;
mod json;
mod page;
mod path;
pub(in crate::report) mod picture;
pub(in crate::report) mod remedies;
mod steps;
mod text;
mod times;

pub use crate::trace::codes::{ISSUE_CODES, IssueCode};
pub use azure_table::{azure_table, unmap};
pub use json::{connectivity, document};
pub(in crate::report) use page::page;
pub(in crate::report) use path::{prefix_text, route_origin, route_target, route_text};
pub(in crate::report) use text::blocks;
pub use text::text;
