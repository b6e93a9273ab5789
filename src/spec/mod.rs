//! The topology as written: one type a section, names as text, nothing resolved.

pub mod checks;
mod compute;
pub mod decode;
pub mod describe;
mod edge;
pub mod intended;
pub mod merge;
mod networks;
pub mod node;
mod policies;
pub mod read;
mod security;
mod settings;
mod shape;
mod tables;
mod topology;

pub use compute::*;
pub use edge::*;
pub use networks::*;
pub use policies::*;
pub use security::*;
pub use settings::*;
pub use shape::SHAPE;
pub use topology::{SECTIONS, Topology};

use decode::{Context, Entries, Faulty, Names};

/// A reference as written: a name, `parent/child`, `kind/name`, `group/name` or an ARM id.
pub type Ref = String;

/// What every resource may carry, beside what it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Common {
    /// `resourceGroup`
    pub resource_group: Option<String>,
    /// `subscription`
    pub subscription: Option<String>,
    /// `location`
    pub location: Option<String>,
    /// `id`
    pub id: Option<String>,
    /// `tags`
    pub tags: Names<String>,
}

impl Common {
    /// The keys that it is read from.
    pub const KEYS: &'static [&'static str] =
        &["resourceGroup", "subscription", "location", "id", "tags"];

    /// Reads them from among a resource's own keys.
    ///
    /// # Errors
    /// Where one of them is faulty; the fault stands in the context.
    pub fn read(entries: &Entries<'_>, cx: &mut Context) -> Result<Self, Faulty> {
        let resource_group = entries.optional("resourceGroup", cx);
        let subscription = entries.optional("subscription", cx);
        let location = entries.optional("location", cx);
        let id = entries.optional("id", cx);
        let tags = entries.optional("tags", cx);
        Ok(Self {
            resource_group: resource_group?,
            subscription: subscription?,
            location: location?,
            id: id?,
            tags: tags?.unwrap_or_default(),
        })
    }
}
