//! Sets of endpoints and lists of services, as they are typed: `web-1,web-2` or `subnet=hub/web,kind=…`;
//! `443,udp/53,icmp`.

use dryhop::check::{members, sources};
use dryhop::engine::reach::Member;
use dryhop::net::{PortSet, Protocol};
use dryhop::network::Network;
use dryhop::source::Path;
use dryhop::spec::checks::{EndpointSet, Selector};
use dryhop::spec::decode::Names;
use dryhop::spec::intended::ServiceWord;

use super::exit::Fault;

/// The members of a set; of one from where connections start, where `from` says so.
pub fn set(network: &Network, text: &str, from: bool) -> Result<Vec<Member>, Vec<Fault>> {
    let set = if text.contains('=') {
        EndpointSet::Selected(Box::new(selector(text)?))
    } else {
        EndpointSet::Named(text.split(',').map(|name| name.trim().to_owned()).collect())
    };
    let find = if from { sources } else { members };
    find(network, &set, &Path::default()).map_err(|faults| {
        let faults = faults.into_iter();
        faults
            .map(|fault| Fault::new(fault.message, fault.help))
            .collect()
    })
}

fn selector(text: &str) -> Result<Selector, Vec<Fault>> {
    let mut selector = Selector {
        subnet: None,
        virtual_network: None,
        application_security_group: None,
        resource_group: None,
        tags: Names::default(),
        kind: None,
    };
    let mut faults = Vec::new();
    let mut tags = Vec::new();
    for part in text.split(',') {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        let value = value.trim().to_owned();
        match key.trim() {
            "subnet" => selector.subnet = Some(value),
            "virtualNetwork" => selector.virtual_network = Some(value),
            "applicationSecurityGroup" => selector.application_security_group = Some(value),
            "resourceGroup" => selector.resource_group = Some(value),
            "kind" => selector.kind = Some(value),
            other => match other.strip_prefix("tags.") {
                Some(tag) => tags.push((tag.to_owned(), value)),
                None => faults.push(Fault::new(
                    format!("`{other}` selects nothing"),
                    Some(
                        "one of `subnet`, `virtualNetwork`, `applicationSecurityGroup`, `resourceGroup`, \
                         `tags.NAME`, `kind`"
                            .to_owned(),
                    ),
                )),
            },
        }
    }
    selector.tags = tags.into_iter().collect();
    if faults.is_empty() {
        Ok(selector)
    } else {
        Err(faults)
    }
}

/// A service of a list: a protocol and its ports; plain ports are TCP's.
pub fn service(text: &str) -> Result<(Protocol, PortSet), String> {
    match ServiceWord::parse(text) {
        Some(word) => Ok((word.protocol.unwrap_or(Protocol::Tcp), word.ports)),
        None => Err("a port, a range of ports, `udp/53`, `icmp`".to_owned()),
    }
}
