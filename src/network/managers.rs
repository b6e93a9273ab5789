//! Network managers with their security admin rules (`virtual-network-manager/concept-security-admins`,
//! `virtual-network-manager/concept-network-manager-scope`).

use std::sync::Arc;

use super::arena::Id;
use super::resources::{Identity, RuleSide, VirtualNetwork};
use crate::net::{PortRange, ProtocolMatch};
use crate::spec::{AdminAccess, ApplyOnIntent, Direction};

/// A network manager.
#[derive(Debug, Clone)]
pub struct NetworkManager {
    /// Name, group, ARM id.
    pub identity: Identity,
    /// What it may govern, as in `managementGroups/contoso/platform` or `subscriptions/ID`.
    pub scope: Option<Arc<str>>,
    /// The rules of all its configurations and collections, in the order of evaluation: by direction
    /// and priority; equal ones by the names of configuration, collection and rule.
    pub rules: Vec<AdminRule>,
}

/// A security admin rule.
#[derive(Debug, Clone, PartialEq)]
pub struct AdminRule {
    /// Its name.
    pub name: Arc<str>,
    /// The configuration that it stands in.
    pub configuration: Arc<str>,
    /// The collection that it stands in.
    pub collection: Arc<str>,
    /// 1 to 4096, the lower first.
    pub priority: u16,
    /// For which way it is.
    pub direction: Direction,
    /// What it does.
    pub access: AdminAccess,
    /// For which protocol.
    pub protocol: ProtocolMatch,
    /// From where: any of these. A network group is the ranges of its members.
    pub sources: Vec<RuleSide>,
    /// From which ports; none means every one.
    pub source_ports: Vec<PortRange>,
    /// To where: any of these.
    pub destinations: Vec<RuleSide>,
    /// To which ports; none means every one.
    pub destination_ports: Vec<PortRange>,
    /// The members of the groups that its collection applies to, sorted.
    pub networks: Arc<[Id<VirtualNetwork>]>,
    /// What its configuration says of VNets with an intent policy.
    pub on_intent: ApplyOnIntent,
}

impl AdminRule {
    /// Whether its collection applies to a VNet.
    #[must_use]
    pub fn applies_to(&self, vnet: Id<VirtualNetwork>) -> bool {
        self.networks.binary_search(&vnet).is_ok()
    }
}

impl NetworkManager {
    /// Puts rules in the order of evaluation.
    pub(crate) fn put_in_order(rules: &mut [AdminRule]) {
        rules.sort_by(|a, b| {
            let order = |rule: &AdminRule| (rule.direction, rule.priority);
            let names = |rule: &AdminRule| {
                [&rule.configuration, &rule.collection, &rule.name].map(Arc::clone)
            };
            order(a)
                .cmp(&order(b))
                .then_with(|| names(a).cmp(&names(b)))
        });
    }

    /// How high its scope is, the highest first: management groups before subscriptions, a parent before
    /// its children, and a manager without a scope last.
    ///
    /// | scope | rank |
    /// |---|---|
    /// | `managementGroups/contoso` | 0, 2 |
    /// | `managementGroups/contoso/platform` | 0, 3 |
    /// | `subscriptions/1111` | 1, 2 |
    /// | none | 2, 0 |
    #[must_use]
    pub fn rank(&self) -> (u8, usize) {
        let Some(scope) = &self.scope else {
            return (2, 0);
        };
        let segments: Vec<&str> = segments(scope).collect();
        let subscription = segments
            .first()
            .is_some_and(|first| first.eq_ignore_ascii_case("subscriptions"));
        (u8::from(subscription), segments.len())
    }

    /// Whether a VNet lies in its scope. Which subscriptions a management group holds is not known here:
    /// every one.
    #[must_use]
    pub fn governs(&self, vnet: &VirtualNetwork) -> bool {
        let mut segments = self.scope.iter().flat_map(|scope| segments(scope));
        match (segments.next(), segments.next()) {
            (Some(kind), Some(id)) if kind.eq_ignore_ascii_case("subscriptions") => {
                id.eq_ignore_ascii_case(&vnet.identity.subscription)
            }
            _ => true,
        }
    }
}

/// The parts of a scope. ARM writes `/providers/Microsoft.Management` before a management group.
fn segments(scope: &str) -> impl Iterator<Item = &str> {
    let parts = scope.split('/').filter(|part| !part.is_empty());
    parts.filter(|part| {
        !part.eq_ignore_ascii_case("providers")
            && !part.eq_ignore_ascii_case("Microsoft.Management")
    })
}
