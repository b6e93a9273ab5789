//! Network Watcher's IP flow verify, as text and as `VerificationIPFlowResult`.

use std::fmt::Write;

use super::table::Table;
use super::wire::IpFlowResult;
use super::{Style, applied_to, doubtful};
use crate::engine::ip_flow::IpFlowAnswer;
use crate::network::Network;
use crate::spec::Access;

/// As the service sends it.
#[must_use]
pub fn wire(answer: &IpFlowAnswer) -> IpFlowResult {
    IpFlowResult {
        access: answer.access.word(),
        rule_name: answer.rule_name.clone(),
    }
}

/// As `az network watcher test-ip-flow -o table` prints it, and whose rule it is.
#[must_use]
pub fn text(network: &Network, answer: &IpFlowAnswer, style: Style) -> String {
    let mut table = Table::new(&["Access", "RuleName"]);
    let rule = answer.rule_name.clone().unwrap_or_default();
    table.row(vec![answer.access.to_string(), rule]);
    let mut out = table.render("");
    out.push('\n');
    let mark = style.mark(answer.access == Access::Allow);
    let _ = match &answer.decided {
        Some((list, _)) => {
            let group = &list.origin.identity(network).name;
            writeln!(
                out,
                "{mark} decided by {group} on {}",
                applied_to(network, list.applied_to)
            )
        }
        None if answer.platform => writeln!(
            out,
            "{mark} a service of the platform: only a rule for its service tag stops it"
        ),
        None => writeln!(
            out,
            "{mark} no network security group stands on the subnet or the NIC"
        ),
    };
    doubtful(&answer.doubtful, style, &mut out);
    out
}
