//! What a topology calls things: a resource by its own name, and with its group in front where two groups have
//! the same name (topology-format, principle 3).

use std::collections::{HashMap, HashSet};

use super::store::{Item, Store};
use crate::import::id::fold;

/// The sections that hold resources, by type.
const SECTION_OF: &[(&str, &str)] = &[
    ("microsoft.network/virtualnetworks", "virtualNetworks"),
    (
        "microsoft.network/networksecuritygroups",
        "networkSecurityGroups",
    ),
    (
        "microsoft.network/applicationsecuritygroups",
        "applicationSecurityGroups",
    ),
    ("microsoft.network/routetables", "routeTables"),
    ("microsoft.network/publicipaddresses", "publicIPAddresses"),
    ("microsoft.network/publicipprefixes", "publicIPAddresses"),
    ("microsoft.network/natgateways", "natGateways"),
    ("microsoft.compute/virtualmachines", "virtualMachines"),
    (
        "microsoft.compute/virtualmachinescalesets",
        "virtualMachineScaleSets",
    ),
    ("microsoft.network/azurefirewalls", "azureFirewalls"),
    ("microsoft.network/firewallpolicies", "firewallPolicies"),
    ("microsoft.network/ipgroups", "ipGroups"),
    ("microsoft.network/loadbalancers", "loadBalancers"),
    (
        "microsoft.network/applicationgateways",
        "applicationGateways",
    ),
    ("microsoft.network/bastionhosts", "bastionHosts"),
    (
        "microsoft.network/virtualnetworkgateways",
        "virtualNetworkGateways",
    ),
    (
        "microsoft.network/localnetworkgateways",
        "localNetworkGateways",
    ),
    (
        "microsoft.network/expressroutecircuits",
        "expressRouteCircuits",
    ),
    ("microsoft.network/connections", "connections"),
    ("microsoft.network/virtualhubs", "routeServers"),
    ("microsoft.network/privateendpoints", "privateEndpoints"),
    ("microsoft.network/privatednszones", "privateDnsZones"),
    ("microsoft.network/dnszones", "dnsZones"),
    ("microsoft.network/networkmanagers", "networkManagers"),
];

/// The keys of all sections.
#[derive(Debug)]
pub(super) struct Keys {
    /// How many resources of a section have a name (in lower case), by the group of each.
    shared: HashMap<(&'static str, String), usize>,
    /// The keys given so far, and to what.
    given: HashMap<(&'static str, String), String>,
    taken: HashSet<(&'static str, String)>,
}

impl Keys {
    /// With the names that the resources have.
    pub(super) fn of(store: &Store) -> Self {
        let mut shared = HashMap::new();
        for item in &store.items {
            if let Some(section) = section(&item.kind) {
                *shared
                    .entry((section, item.name.to_ascii_lowercase()))
                    .or_insert(0) += 1;
            }
        }
        Self {
            shared,
            given: HashMap::new(),
            taken: HashSet::new(),
        }
    }

    /// The key of a resource in a section.
    pub(super) fn key(&mut self, section: &'static str, item: &Item) -> String {
        let known = (section, fold(&item.id));
        if let Some(key) = self.given.get(&known) {
            return key.clone();
        }
        let several = self.shared.get(&(section, item.name.to_ascii_lowercase()));
        let grouped = format!("{}/{}", item.group, item.name);
        let scope: String = item.subscription.chars().take(8).collect();
        let choices = match several {
            Some(count) if *count > 1 => vec![grouped.clone(), format!("{grouped}-{scope}")],
            _ => vec![
                item.name.clone(),
                grouped.clone(),
                format!("{grouped}-{scope}"),
            ],
        };
        let numbered = (2..).map(|number| format!("{grouped}-{number}"));
        let key = choices
            .into_iter()
            .chain(numbered)
            .find(|key| self.taken.insert((section, key.to_ascii_lowercase())))
            .unwrap_or_default();
        self.given.insert(known, key.clone());
        key
    }

    /// A key in a section for something that has no resource.
    pub(super) fn free(&mut self, section: &'static str, name: &str) -> String {
        let used = |keys: &Self, key: &str| {
            let folded = (section, key.to_ascii_lowercase());
            keys.shared.contains_key(&folded) || keys.taken.contains(&folded)
        };
        let numbered = (2..).map(|number| format!("{name}-{number}"));
        let key = std::iter::once(name.to_owned())
            .chain(numbered)
            .find(|key| !used(self, key))
            .unwrap_or_default();
        self.taken.insert((section, key.to_ascii_lowercase()));
        key
    }
}

/// The section that resources of a type stand in.
pub(super) fn section(kind: &str) -> Option<&'static str> {
    let found = SECTION_OF.iter().find(|(known, _)| *known == kind);
    found.map(|(_, section)| *section)
}
