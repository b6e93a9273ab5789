//! `dryhop routes`: the effective routes of a NIC.

use std::path::PathBuf;

use dryhop::effective::Effective;
use dryhop::report::routes as report;

use super::arguments::{Format, NicArguments};
use super::ask::Ask;
use super::exit::{Exit, Failure, Fault};
use super::output;

/// The files and the NIC among the words: the last word, unless `--nic` names it.
pub fn files_and_nic(arguments: &NicArguments) -> Result<(Vec<PathBuf>, String), Failure> {
    let (files, nic) = match (&arguments.nic, arguments.words.split_last()) {
        (Some(nic), _) => (arguments.words.as_slice(), nic),
        (None, Some((nic, files))) if !files.is_empty() => (files, nic),
        _ => {
            let help = "name the NIC last, or by `--nic`".to_owned();
            let fault = Fault::new("a topology and a NIC are needed", Some(help));
            return Err(Failure::Question(
                vec![fault],
                output::error_style(arguments.common.color),
            ));
        }
    };
    Ok((files.iter().map(PathBuf::from).collect(), nic.clone()))
}

/// Lists the routes.
pub fn run(arguments: NicArguments) -> Result<Exit, Failure> {
    let (files, nic) = files_and_nic(&arguments)?;
    let ask = Ask::new(&files, &arguments.common)?;
    let nic = ask.nic(&nic)?;
    let effective = Effective::new(&ask.network);
    let routes = effective.routes(nic);
    let text = match arguments.format {
        Format::Text => report::text(routes),
        Format::Json => {
            let table = ask.network.subnets[ask.network.nics[nic].subnet].route_table;
            let keeps_out = table
                .is_some_and(|table| ask.network.route_tables[table].disable_bgp_route_propagation);
            ask.json(&report::list(routes, keeps_out))?
        }
    };
    output::write(&arguments.common, &text)?;
    let assumed = routes.rows.iter().any(|row| row.incomplete);
    Ok(Exit::of(
        true,
        arguments.common.strict && (assumed || ask.loaded.left > 0),
    ))
}
