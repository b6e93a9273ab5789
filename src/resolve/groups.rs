//! Application security groups of one rule: all in one virtual network (`network-security-groups-overview`,
//! `AllApplicationSecurityGroupsInSecurityRuleMustBeFromSameVnet`).

use super::Resolver;
use crate::diagnostic::{Code, Diagnostic};

impl Resolver<'_> {
    /// Compares the groups of every rule that has several. All members are known by now.
    pub(super) fn check_grouped_rules(&mut self) {
        for rule in std::mem::take(&mut self.grouped_rules) {
            let homes: Vec<_> = (rule.groups.iter())
                .filter_map(|(group, spot)| {
                    self.group_homes[group.index()].map(|(vnet, _)| (vnet, *group, spot))
                })
                .collect();
            let Some(((home, first, first_at), others)) = homes.split_first() else {
                continue;
            };
            // A group without members is in no network; one fault says it for a rule.
            let Some((vnet, group, spot)) = others.iter().find(|(vnet, ..)| vnet != home) else {
                continue;
            };
            let message = format!(
                "the members of `{}` are in `{}`, those of `{}` in `{}`",
                self.network.asgs[*group].identity.name,
                self.network.vnets[*vnet].identity.name,
                self.network.asgs[*first].identity.name,
                self.network.vnets[*home].identity.name
            );
            let fault = Diagnostic::new(Code::AsgAcrossVirtualNetworks, message)
                .at(spot.path())
                .also(first_at.path(), "the other group")
                .help("all groups of a rule are in one virtual network");
            self.faults.push(fault);
        }
    }
}
