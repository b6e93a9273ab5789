//! `dryhop diagnose`: Network Watcher's NSG diagnostics.

use dryhop::effective::Effective;
use dryhop::engine::diagnose::{Asked, Profile, Target, diagnose};
use dryhop::net::{PortRange, Protocol, ProtocolMatch};
use dryhop::report::diagnose as report;
use dryhop::report::wire::{DiagnosticProfile, DiagnosticResponse};
use dryhop::spec::{Access, Direction};

use super::arguments::{DiagnoseArguments, Format};
use super::ask::Ask;
use super::exit::{Exit, Failure, Fault};
use super::output;

/// Answers; Deny is a no.
pub fn run(arguments: DiagnoseArguments) -> Result<Exit, Failure> {
    let ask = Ask::new(&arguments.files.topology, &arguments.common)?;
    let profile = profile(&ask, &arguments)?;
    let effective = Effective::new(&ask.network);
    let diagnosis = diagnose(&effective, &profile);
    // The service sends back what it was asked, as it was written.
    let echo = DiagnosticProfile {
        direction: arguments.direction.word(),
        protocol: arguments.protocol.clone(),
        source: arguments.from.clone(),
        destination: arguments.to.clone(),
        destination_port: arguments.port.clone(),
    };
    let text = match arguments.format {
        Format::Text => report::text(&ask.network, &diagnosis, &echo, ask.style),
        Format::Json => {
            let result = report::result(&ask.network, &diagnosis, echo);
            ask.json(&DiagnosticResponse {
                results: vec![result],
            })?
        }
    };
    output::write(&arguments.common, &text)?;
    let assumed = !diagnosis.doubtful.is_empty();
    Ok(Exit::of(
        diagnosis.access == Access::Allow,
        arguments.common.strict && (assumed || ask.loaded.left > 0),
    ))
}

fn profile(ask: &Ask, arguments: &DiagnoseArguments) -> Result<Profile, Failure> {
    let mut faults = Vec::new();
    let source = Asked::parse(&arguments.from, &ask.network);
    let destination = Asked::parse(&arguments.to, &ask.network);
    let own = match arguments.direction {
        Direction::Inbound => &destination,
        Direction::Outbound => &source,
    };
    let target = Target::parse(&arguments.target, own.as_ref().ok(), &ask.network);
    let target = target.map_err(|fault| faults.push(fault.into()));
    let protocol = protocol(&arguments.protocol).ok_or(()).map_err(|()| {
        let message = format!("`{}` is not a protocol", arguments.protocol);
        faults.push(Fault::new(
            message,
            Some("one of `Tcp`, `Udp`, `Icmp`, `*`".to_owned()),
        ));
    });
    let source = source.map_err(|fault| faults.push(Fault::new(fault.to_string(), None)));
    let destination = destination.map_err(|fault| faults.push(Fault::new(fault.to_string(), None)));
    let port = PortRange::parse(&arguments.port).ok_or(()).map_err(|()| {
        faults.push(Fault::new(
            format!("`{}` is not a port", arguments.port),
            None,
        ));
    });
    match (target, protocol, source, destination, port) {
        (Ok(target), Ok(protocol), Ok(source), Ok(destination), Ok(port)) => Ok(Profile {
            target,
            direction: arguments.direction,
            protocol,
            source,
            destination,
            port,
        }),
        _ => Err(ask.failure(faults)),
    }
}

fn protocol(text: &str) -> Option<ProtocolMatch> {
    Some(match text.to_lowercase().as_str() {
        "*" | "any" => ProtocolMatch::Any,
        "tcp" => ProtocolMatch::Only(Protocol::Tcp),
        "udp" => ProtocolMatch::Only(Protocol::Udp),
        "icmp" => ProtocolMatch::Only(Protocol::Icmp),
        _ => return None,
    })
}
