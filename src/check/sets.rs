//! Sets of endpoints, as intents and the command line name them: endpoints, or what a selector selects
//! (checks-format).

use super::faults::{self, Role};
use super::glob::Glob;
use crate::diagnostic::{Code, Diagnostic, suggest};
use crate::engine::reach::Member;
use crate::network::{Endpoint, FixtureKind, Id, Identity, NameFault, Network, Nic};
use crate::source::Path;
use crate::spec::checks::{EndpointSet, Selector};

/// The members of a set, each once.
///
/// # Errors
/// Every name that names nothing or too much, and a selector that selects nothing, each at its place
/// under `at`.
pub fn members(
    network: &Network,
    set: &EndpointSet,
    at: &Path,
) -> Result<Vec<Member>, Vec<Diagnostic>> {
    match set {
        EndpointSet::Named(names) => named(network, names, at),
        EndpointSet::Selected(selector) => selected(network, selector, at),
    }
}

/// The members of a set at which connections start.
///
/// # Errors
/// As [`members`]; and every one that is named and at which none can start.
pub fn sources(
    network: &Network,
    set: &EndpointSet,
    at: &Path,
) -> Result<Vec<Member>, Vec<Diagnostic>> {
    let mut all = members(network, set, at)?;
    let cannot = |name: &str| {
        let message = format!("no connection can start at `{name}`");
        Diagnostic::new(Code::UnresolvedReference, message)
    };
    let faults: Vec<Diagnostic> = match set {
        EndpointSet::Named(names) => {
            let wrong = names.iter().enumerate().filter(|(_, name)| {
                member(network, name).is_ok_and(|own| !starts(network, &own.endpoint))
            });
            let place = |number| {
                if names.len() > 1 {
                    at.index(number)
                } else {
                    at.clone()
                }
            };
            wrong
                .map(|(number, name)| cannot(name).at(place(number)))
                .collect()
        }
        EndpointSet::Selected(_) => {
            all.retain(|own| starts(network, &own.endpoint));
            let nothing = all.is_empty().then(|| cannot("what is selected"));
            nothing
                .into_iter()
                .map(|fault| fault.at(at.clone()))
                .collect()
        }
    };
    if faults.is_empty() {
        Ok(all)
    } else {
        Err(faults)
    }
}

/// Whether connections start at an endpoint.
fn starts(network: &Network, endpoint: &Endpoint) -> bool {
    match endpoint {
        Endpoint::Nic(_)
        | Endpoint::ScaleSet(_)
        | Endpoint::SiteHost(_)
        | Endpoint::Site(_)
        | Endpoint::InternetHost(_)
        | Endpoint::Internet
        | Endpoint::VpnClient(..) => true,
        Endpoint::Fixture(id) => matches!(
            network.fixtures[*id].kind,
            FixtureKind::BastionHost | FixtureKind::ApplicationGateway(_)
        ),
        Endpoint::Service(_) | Endpoint::Address(_) | Endpoint::Fqdn(_) | Endpoint::Uri { .. } => {
            false
        }
    }
}

fn named(network: &Network, names: &[String], at: &Path) -> Result<Vec<Member>, Vec<Diagnostic>> {
    let mut members: Vec<Member> = Vec::new();
    let mut found = Vec::new();
    for (number, name) in names.iter().enumerate() {
        match member(network, name) {
            Ok(member) if !members.contains(&member) => members.push(member),
            Ok(_) => {}
            Err(fault) => {
                let place = if names.len() > 1 {
                    at.index(number)
                } else {
                    at.clone()
                };
                found.push(faults::name(place, &fault, Role::Endpoint));
            }
        }
    }
    if names.is_empty() {
        found.push(Diagnostic::new(Code::MissingKey, "no endpoint is named").at(at.clone()));
    }
    if found.is_empty() {
        Ok(members)
    } else {
        Err(found)
    }
}

/// The member that a name means: by a machine's name all of its NICs, by a NIC's that one.
///
/// # Errors
/// Where nothing, or more than one thing, has that name.
pub fn member(network: &Network, name: &str) -> Result<Member, NameFault> {
    let endpoint = network.endpoint(name)?;
    let whole = match &endpoint {
        Endpoint::Nic(nic) => match name.trim().rsplit_once('/') {
            Some((_, last)) => !last.eq_ignore_ascii_case(&network.nics[*nic].name),
            None => true,
        },
        _ => true,
    };
    Ok(Member { endpoint, whole })
}

/// What a selector compares of a resource.
struct Seen<'n> {
    /// Its subnet, as in `spoke1/web`, and by its own name.
    subnet: Option<[String; 2]>,
    vnet: Option<&'n str>,
    groups: Vec<&'n str>,
    identity: &'n Identity,
}

impl<'n> Seen<'n> {
    fn nic(network: &'n Network, nic: Id<Nic>) -> Self {
        let own = &network.nics[nic];
        let groups = own.asgs.iter().map(|id| &*network.asgs[*id].identity.name);
        let subnet = &network.subnets[own.subnet];
        let vnet = &*network.vnets[subnet.vnet].identity.name;
        Self {
            subnet: Some([format!("{vnet}/{}", subnet.name), subnet.name.to_string()]),
            vnet: Some(vnet),
            groups: groups.collect(),
            identity: &network.machines[own.machine].identity,
        }
    }

    fn resource(
        network: &'n Network,
        identity: &'n Identity,
        subnet: Option<Id<crate::network::Subnet>>,
    ) -> Self {
        let subnet = subnet.map(|id| &network.subnets[id]);
        let vnet = subnet.map(|own| &*network.vnets[own.vnet].identity.name);
        Self {
            subnet: subnet.map(|own| {
                [
                    format!("{}/{}", vnet.unwrap_or_default(), own.name),
                    own.name.to_string(),
                ]
            }),
            vnet,
            groups: Vec::new(),
            identity,
        }
    }

    /// The keys that do not hold, by their position among [`KEYS`] and the tags behind them.
    fn holds(&self, selector: &Selector) -> bool {
        let one = |pattern: &Option<String>, names: &[&str]| {
            pattern
                .as_deref()
                .is_none_or(|pattern| names.iter().any(|name| Glob::new(pattern).matches(name)))
        };
        let subnet: Vec<&str> = self.subnet.iter().flatten().map(String::as_str).collect();
        let vnet: Vec<&str> = self.vnet.into_iter().collect();
        one(&selector.subnet, &subnet)
            && one(&selector.virtual_network, &vnet)
            && one(&selector.application_security_group, &self.groups)
            && one(&selector.resource_group, &[&self.identity.resource_group])
            && one(&selector.kind, &[self.identity.section])
            && selector.tags.iter().all(|(key, pattern)| {
                let own = self
                    .identity
                    .tags
                    .iter()
                    .filter(|(name, _)| name.eq_ignore_ascii_case(key));
                own.into_iter()
                    .any(|(_, value)| Glob::new(pattern).matches(value))
            })
    }
}

fn selected(
    network: &Network,
    selector: &Selector,
    at: &Path,
) -> Result<Vec<Member>, Vec<Diagnostic>> {
    let unknown = unknown(network, selector, at);
    if !unknown.is_empty() {
        return Err(unknown);
    }
    // What a NIC has tells NICs apart; else a machine is one member.
    let by_nic = selector.subnet.is_some()
        || selector.virtual_network.is_some()
        || selector.application_security_group.is_some();
    let mut members = Vec::new();
    for (id, nic) in network.nics.iter() {
        let primary = network.machines[nic.machine].primary_nic == id;
        if (by_nic || primary) && Seen::nic(network, id).holds(selector) {
            members.push(Member {
                endpoint: Endpoint::Nic(id),
                whole: !by_nic,
            });
        }
    }
    for (id, fixture) in network.fixtures.iter() {
        // What answers or opens connections itself; the rest of the platform only where its kind is named.
        let ends = matches!(
            fixture.kind,
            FixtureKind::PrivateEndpoint(_)
                | FixtureKind::BastionHost
                | FixtureKind::ApplicationGateway(_)
        );
        let seen = Seen::resource(network, &fixture.identity, fixture.subnet);
        if (ends || selector.kind.is_some()) && seen.holds(selector) {
            members.push(Member {
                endpoint: Endpoint::Fixture(id),
                whole: true,
            });
        }
    }
    for (id, service) in network.services.iter().filter(|_| selector.kind.is_some()) {
        if Seen::resource(network, &service.identity, None).holds(selector) {
            members.push(Member {
                endpoint: Endpoint::Service(id),
                whole: true,
            });
        }
    }
    if members.is_empty() {
        let fault = Diagnostic::new(Code::UnresolvedReference, "nothing is selected");
        return Err(vec![fault.at(at.clone())]);
    }
    Ok(members)
}

/// The keys of a selector whose pattern nothing has.
fn unknown(network: &Network, selector: &Selector, at: &Path) -> Vec<Diagnostic> {
    let vnets: Vec<&str> = network
        .vnets
        .iter()
        .map(|(_, own)| &*own.identity.name)
        .collect();
    let subnets = network.subnets.iter().flat_map(|(_, own)| {
        let vnet = &network.vnets[own.vnet].identity.name;
        [format!("{vnet}/{}", own.name), own.name.to_string()]
    });
    let subnets: Vec<String> = subnets.collect();
    let subnets: Vec<&str> = subnets.iter().map(String::as_str).collect();
    let asgs: Vec<&str> = network
        .asgs
        .iter()
        .map(|(_, own)| &*own.identity.name)
        .collect();
    let machines = network.machines.iter().map(|(_, own)| &own.identity);
    let fixtures = network.fixtures.iter().map(|(_, own)| &own.identity);
    let services = network.services.iter().map(|(_, own)| &own.identity);
    let all: Vec<&Identity> = machines.chain(fixtures).chain(services).collect();
    let mut groups: Vec<&str> = all.iter().map(|own| &*own.resource_group).collect();
    let mut kinds: Vec<&str> = all.iter().map(|own| own.section).collect();
    for list in [&mut groups, &mut kinds] {
        list.sort_unstable();
        list.dedup();
    }
    let keys: [(&str, &str, &Option<String>, &[&str]); 5] = [
        ("subnet", "subnet", &selector.subnet, &subnets),
        (
            "virtualNetwork",
            "virtual network",
            &selector.virtual_network,
            &vnets,
        ),
        (
            "applicationSecurityGroup",
            "application security group",
            &selector.application_security_group,
            &asgs,
        ),
        (
            "resourceGroup",
            "resource group",
            &selector.resource_group,
            &groups,
        ),
        ("kind", "section with endpoints", &selector.kind, &kinds),
    ];
    let mut found = Vec::new();
    let empty = keys.iter().all(|(_, _, pattern, _)| pattern.is_none());
    if empty && selector.tags.iter().next().is_none() {
        let fault = Diagnostic::new(Code::MissingKey, "a selector without keys selects nothing");
        found.push(
            fault
                .at(at.clone())
                .help("`virtualNetwork: \"*\"` selects every machine"),
        );
    }
    for (key, noun, pattern, names) in keys {
        let Some(pattern) = pattern else { continue };
        let glob = Glob::new(pattern);
        if names.iter().any(|name| glob.matches(name)) {
            continue;
        }
        let message = format!("no {noun} is called `{pattern}`");
        let fault = Diagnostic::new(Code::UnresolvedReference, message).at(at.key(key));
        found.push(match suggest(pattern, names.iter().copied()) {
            Some(close) => fault.help(format!("did you mean `{close}`?")),
            None => fault,
        });
    }
    found
}
