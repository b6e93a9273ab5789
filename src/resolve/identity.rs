//! Who a resource is: name, group, subscription, region, ARM id (topology-format, principle 5).

use std::collections::HashMap;
use std::sync::Arc;

use super::kind::Kind;
use crate::network::Identity;
use crate::spec::{Common, Topology};

/// The subscription where none is given.
const NO_SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000000";
/// The resource group where none is given.
const NO_GROUP: &str = "rg";

/// Makes identities; equal texts are shared.
#[derive(Debug)]
pub(super) struct Identities {
    subscription: Arc<str>,
    group: Arc<str>,
    location: Option<Arc<str>>,
    shared: HashMap<Box<str>, Arc<str>>,
}

/// The part of a key that is the resource's own name: all of it but a group in front.
pub(super) fn own_name(key: &str) -> &str {
    key.rsplit_once('/').map_or(key, |(_, name)| name)
}

/// The parts of `/subscriptions/S/resourceGroups/G/providers/…`, where a text is of that form.
pub(super) fn id_scope(id: &str) -> Option<(&str, &str)> {
    let mut parts = id.strip_prefix('/')?.split('/');
    let subscription = parts
        .next()
        .filter(|part| part.eq_ignore_ascii_case("subscriptions"))
        .and_then(|_| parts.next())?;
    let group = parts
        .next()
        .filter(|part| part.eq_ignore_ascii_case("resourceGroups"))
        .and_then(|_| parts.next())?;
    Some((subscription, group))
}

impl Identities {
    /// With the topology's defaults.
    pub(super) fn new(topology: &Topology) -> Self {
        let defaults = &topology.defaults;
        Self {
            subscription: defaults
                .subscription
                .as_deref()
                .unwrap_or(NO_SUBSCRIPTION)
                .into(),
            group: defaults
                .resource_group
                .as_deref()
                .unwrap_or(NO_GROUP)
                .into(),
            location: defaults.location.as_deref().map(Into::into),
            shared: HashMap::new(),
        }
    }

    /// The shared copy of a text.
    pub(super) fn share(&mut self, text: &str) -> Arc<str> {
        if let Some(shared) = self.shared.get(text) {
            return shared.clone();
        }
        let shared: Arc<str> = text.into();
        self.shared.insert(text.into(), shared.clone());
        shared
    }

    /// The group of the resource at `key`: as stated, else out of its key, else out of its id.
    pub(super) fn group<'t>(&'t self, key: &'t str, common: Option<&'t Common>) -> &'t str {
        let stated = common.and_then(|common| common.resource_group.as_deref());
        let id = common.and_then(|common| common.id.as_deref());
        stated
            .or_else(|| key.rsplit_once('/').map(|(group, _)| group))
            .or_else(|| id.and_then(id_scope).map(|(_, group)| group))
            .unwrap_or(&self.group)
    }

    fn subscription<'t>(&'t self, common: Option<&'t Common>) -> &'t str {
        let stated = common.and_then(|common| common.subscription.as_deref());
        let id = common.and_then(|common| common.id.as_deref());
        stated
            .or_else(|| id.and_then(id_scope).map(|(subscription, _)| subscription))
            .unwrap_or(&self.subscription)
    }

    /// The ARM id of the resource at `key`: as stated, else built.
    pub(super) fn arm_id(&self, arm_type: &str, key: &str, common: Option<&Common>) -> String {
        if let Some(id) = common.and_then(|common| common.id.as_deref()) {
            return id.to_owned();
        }
        if arm_type.is_empty() {
            return String::new();
        }
        format!(
            "/subscriptions/{}/resourceGroups/{}/providers/{arm_type}/{}",
            self.subscription(common),
            self.group(key, common),
            own_name(key)
        )
    }

    /// The identity of the resource of `kind` at `key`.
    pub(super) fn of(&mut self, kind: Kind, key: &str, common: &Common) -> Identity {
        self.typed(kind.section(), kind.arm_type(), key, common)
    }

    /// The identity of a resource whose ARM type is not that of its section.
    pub(super) fn typed(
        &mut self,
        section: &'static str,
        arm_type: &str,
        key: &str,
        common: &Common,
    ) -> Identity {
        let group = self.group(key, Some(common)).to_owned();
        let subscription = self.subscription(Some(common)).to_owned();
        let location = match common.location.as_deref() {
            Some(location) => Some(self.share(location)),
            None => self.location.clone(),
        };
        Identity {
            name: key.into(),
            section,
            id: self.arm_id(arm_type, key, Some(common)).into(),
            resource_group: self.share(&group),
            subscription: self.share(&subscription),
            location,
            tags: common
                .tags
                .iter()
                .map(|(name, value)| (name.to_owned(), value.clone()))
                .collect(),
        }
    }
}

/// The ARM type of a platform service, by its provider.
pub(super) fn service_type(provider: &str) -> String {
    const TYPES: &[(&str, &str)] = &[
        ("Microsoft.Sql", "servers"),
        ("Microsoft.Storage", "storageAccounts"),
        ("Microsoft.KeyVault", "vaults"),
        ("Microsoft.Web", "sites"),
        ("Microsoft.ContainerRegistry", "registries"),
        ("Microsoft.DocumentDB", "databaseAccounts"),
        ("Microsoft.ServiceBus", "namespaces"),
        ("Microsoft.EventHub", "namespaces"),
        ("Microsoft.CognitiveServices", "accounts"),
    ];
    if provider.contains('/') {
        return provider.to_owned();
    }
    let known = TYPES
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(provider));
    format!("{provider}/{}", known.map_or("services", |(_, kind)| *kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_built_from_the_defaults() {
        let mut identities = Identities::new(&super::super::testing::topology(""));
        let identity = identities.of(Kind::VirtualMachine, "web-1", &Common::default());
        assert_eq!(
            &*identity.id,
            "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/web-1"
        );
        let grouped = identities.of(Kind::VirtualNetwork, "rg-b/hub", &Common::default());
        assert_eq!(&*grouped.resource_group, "rg-b");
        assert!(
            grouped
                .id
                .ends_with("/resourceGroups/rg-b/providers/Microsoft.Network/virtualNetworks/hub")
        );
        assert_eq!(
            id_scope("/Subscriptions/s/resourcegroups/g/providers/x"),
            Some(("s", "g"))
        );
    }
}
