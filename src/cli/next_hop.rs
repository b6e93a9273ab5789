//! `dryhop next-hop`: Network Watcher's Next hop.

use dryhop::effective::Effective;
use dryhop::engine::next_hop::next_hop;
use dryhop::report::next_hop as report;
use dryhop::spec::checks::RouteNextHopType;

use super::arguments::{Format, NextHopArguments};
use super::ask::Ask;
use super::exit::{Exit, Failure};
use super::output;

/// Answers; that there is no next hop is a no.
pub fn run(arguments: NextHopArguments) -> Result<Exit, Failure> {
    let ask = Ask::new(&arguments.files.topology, &arguments.common)?;
    let nic = ask.nic(&arguments.source)?;
    let effective = Effective::new(&ask.network);
    let found = next_hop(&effective, nic, arguments.destination);
    let text = match arguments.format {
        Format::Text => report::text(&ask.network, effective.routes(nic), &found, ask.style),
        Format::Json => ask.json(&report::wire(&ask.network, &found))?,
    };
    output::write(&arguments.common, &text)?;
    let assumed = !found.doubtful.is_empty();
    Ok(Exit::of(
        found.next_hop_type != RouteNextHopType::None,
        arguments.common.strict && (assumed || ask.loaded.left > 0),
    ))
}
