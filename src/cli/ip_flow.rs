//! `dryhop ip-flow`: Network Watcher's IP flow verify.

use dryhop::effective::Effective;
use dryhop::engine::ip_flow::{IpFlow, IpFlowFault, IpFlowSide, local_nic, verify};
use dryhop::net::Protocol;
use dryhop::report::ip_flow as report;
use dryhop::spec::Access;

use super::arguments::{Asked, Format, IpFlowArguments};
use super::ask::Ask;
use super::exit::{Exit, Failure, Fault};
use super::output;

/// Answers; Deny is a no.
pub fn run(arguments: IpFlowArguments) -> Result<Exit, Failure> {
    let ask = Ask::new(&arguments.files.topology, &arguments.common)?;
    let refuse = |fault: IpFlowFault| ask.fault(Fault::new(fault.to_string(), fault.help()));
    let nics = ask.network.nics_of(&arguments.target);
    let nics = nics.map_err(|fault| ask.fault(fault))?;
    let local: IpFlowSide = arguments.local.parse().map_err(&refuse)?;
    let question = IpFlow {
        nic: local_nic(&ask.network, &nics, local.address).map_err(&refuse)?,
        direction: arguments.direction,
        protocol: match arguments.protocol {
            Asked::Tcp | Asked::Http | Asked::Https => Protocol::Tcp,
            Asked::Udp => Protocol::Udp,
            Asked::Icmp => Protocol::Icmp,
        },
        local,
        remote: arguments.remote.parse().map_err(&refuse)?,
    };
    let effective = Effective::new(&ask.network);
    let answer = verify(&effective, &question).map_err(&refuse)?;
    let text = match arguments.format {
        Format::Text => report::text(&ask.network, &answer, ask.style),
        Format::Json => ask.json(&report::wire(&answer))?,
    };
    output::write(&arguments.common, &text)?;
    let assumed = !answer.doubtful.is_empty();
    Ok(Exit::of(
        answer.access == Access::Allow,
        arguments.common.strict && (assumed || ask.loaded.left > 0),
    ))
}
