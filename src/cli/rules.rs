//! `dryhop rules`: the effective security rules of a NIC.

use dryhop::effective::Effective;
use dryhop::report::rules as report;

use super::arguments::{Format, NicArguments};
use super::ask::Ask;
use super::exit::{Exit, Failure};
use super::output;
use super::routes::files_and_nic;

/// Lists the rules.
pub fn run(arguments: NicArguments) -> Result<Exit, Failure> {
    let (files, nic) = files_and_nic(&arguments)?;
    let ask = Ask::new(&files, &arguments.common)?;
    let nic = ask.nic(&nic)?;
    let effective = Effective::new(&ask.network);
    let groups = effective.rules(nic);
    let text = match arguments.format {
        Format::Text => report::text(&ask.network, &groups, ask.style),
        Format::Json => ask.json(&report::list(&ask.network, &groups))?,
    };
    output::write(&arguments.common, &text)?;
    let named = |name: &str| {
        groups
            .iter()
            .flat_map(|group| &group.tag_map)
            .any(|(tag, _)| **tag == *name)
    };
    let assumed = ask
        .network
        .tags
        .iter()
        .any(|(_, tag)| !tag.complete && named(&tag.name));
    Ok(Exit::of(
        true,
        arguments.common.strict && (assumed || ask.loaded.left > 0),
    ))
}
