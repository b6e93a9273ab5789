//! Network Watcher's NSG diagnostics, as text and as `NetworkConfigurationDiagnosticResponse`.

use std::fmt::Write;

use super::table::Table;
use super::wire::{
    DiagnosticProfile, DiagnosticResult, EvaluatedSecurityGroup, MatchedRule, RuleEvaluation,
    SecurityGroupResult,
};
use super::{Style, applied_to, applied_to_id, doubtful};
use crate::engine::diagnose::{Diagnosis, EvaluatedGroup};
use crate::network::{Identity, Network};
use crate::spec::{Access, AdminAccess};

fn identity<'n>(network: &'n Network, group: &EvaluatedGroup) -> &'n Identity {
    group.list.origin.identity(network)
}

/// What the rule that matched does, in a word that tells AlwaysAllow from Allow.
fn action(group: &EvaluatedGroup) -> &'static str {
    let access = group
        .rules
        .len()
        .checked_sub(1)
        .and_then(|last| group.list.access(last));
    match access {
        Some(access @ AdminAccess::AlwaysAllow) => access.word(),
        _ => group.action.word(),
    }
}

/// The result for one profile, as the service sends it.
#[must_use]
pub fn result(
    network: &Network,
    diagnosis: &Diagnosis,
    profile: DiagnosticProfile,
) -> DiagnosticResult {
    let groups = diagnosis.groups.iter().map(|group| EvaluatedSecurityGroup {
        network_security_group_id: identity(network, group).id.to_string(),
        applied_to: applied_to_id(network, group.applied_to),
        matched_rule: MatchedRule {
            rule_name: group.rule_name.clone(),
            action: group.action.word(),
        },
        rules_evaluation_result: group
            .rules
            .iter()
            .map(|rule| RuleEvaluation {
                name: rule.name.clone(),
                protocol_matched: rule.matched.protocol,
                source_matched: rule.matched.source,
                source_port_matched: rule.matched.source_port,
                destination_matched: rule.matched.destination,
                destination_port_matched: rule.matched.destination_port,
            })
            .collect(),
    });
    DiagnosticResult {
        profile,
        network_security_group_result: SecurityGroupResult {
            security_rule_access_result: diagnosis.access.word(),
            evaluated_network_security_groups: groups.collect(),
        },
    }
}

/// Every group and rule with the five that a rule compares.
#[must_use]
pub fn text(
    network: &Network,
    diagnosis: &Diagnosis,
    profile: &DiagnosticProfile,
    style: Style,
) -> String {
    let allowed = diagnosis.access == Access::Allow;
    let DiagnosticProfile {
        direction,
        protocol,
        source,
        destination,
        destination_port,
    } = profile;
    let mut out = format!(
        "{} {}   {direction}   {source} {} {destination}   protocol {protocol}, port {destination_port}\n",
        style.mark(allowed),
        style.verdict(allowed, diagnosis.access),
        style.arrow()
    );
    if diagnosis.groups.is_empty() && diagnosis.platform {
        out.push_str("\na service of the platform: only a rule for its service tag stops it\n");
    } else if diagnosis.groups.is_empty() {
        out.push_str("\nno network security group stands on the subnet or the NIC\n");
    }
    let plain = Style {
        color: false,
        ..style
    };
    for group in &diagnosis.groups {
        let _ = writeln!(
            out,
            "\n{} {} on {}: {} by {}",
            style.mark(group.action == Access::Allow),
            style.strong(&identity(network, group).name),
            applied_to(network, group.applied_to),
            action(group),
            group.rule_name
        );
        let mut table = Table::new(&[
            "Rule",
            "Protocol",
            "Source",
            "Source Port",
            "Destination",
            "Destination Port",
        ]);
        for rule in &group.rules {
            let matched = rule.matched;
            let five = [
                matched.protocol,
                matched.source,
                matched.source_port,
                matched.destination,
                matched.destination_port,
            ];
            let marks = five.into_iter().map(|one| plain.mark(one));
            table.row(std::iter::once(rule.name.clone()).chain(marks).collect());
        }
        out.push_str(&table.render("  "));
    }
    doubtful(&diagnosis.doubtful, style, &mut out);
    out
}
