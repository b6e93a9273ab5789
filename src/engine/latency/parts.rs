//! From the hops of one leg to the elements of its latency, with the defaults of docs/LATENCY.md.
//!
//! Load balancers, peerings, NAT gateways, private endpoints, rules and routes are rules in the fabric
//! of the host: they take no time of their own, unless the topology states one.

use std::sync::Arc;

use super::default_figure;
use crate::diagnostic::Code;
use crate::engine::check::Application;
use crate::net::WIRE_SERVER;
use crate::net::latency::{Element, Kind, round_trip};
use crate::network::{
    ConnectionEnd, FixtureKind, Id, Link, Machine, Network, Place, Service, region_name,
};
use crate::spec::GatewayType;
use crate::trace::{Assumption, Filter, Hop, HopKind, Step};

/// The elements of one leg.
#[derive(Debug, Default)]
pub(super) struct Leg {
    /// Each with the position of the hop that it leads to or stands at.
    pub elements: Vec<(usize, Element)>,
    /// The figures that nobody measured.
    pub assumptions: Vec<Assumption>,
}

/// Where a hop stands, as far as latency goes.
#[derive(Debug, Clone, PartialEq)]
enum Spot {
    /// In Azure.
    Azure {
        name: Arc<str>,
        region: Option<String>,
        zone: Option<Arc<str>>,
        accelerated: bool,
        machine: Option<Id<Machine>>,
    },
    /// Behind the edge of Azure's network, where a service answers.
    Edge {
        name: Arc<str>,
        region: Option<String>,
    },
    /// On the Internet, or a client that comes from there; its distance in milliseconds, where stated.
    Internet { name: Arc<str>, rtt: Option<f64> },
    /// At a site; its distance in milliseconds, where stated.
    Site { name: Arc<str>, rtt: Option<f64> },
}

/// The elements of a leg's hops.
pub(super) fn leg(network: &Network, hops: &[Hop], application: Application) -> Leg {
    let mut made = Making {
        network,
        leg: Leg::default(),
    };
    let mut before: Option<(Spot, Option<Place>)> = None;
    for (at, hop) in hops.iter().enumerate() {
        let spot = spot(network, hop);
        let same = matches!(
            (&before, &spot),
            (Some((Spot::Azure { machine: Some(a), .. }, _)), Spot::Azure { machine: Some(b), .. }) if a == b
        );
        if let Some((from, place)) = before.as_ref().filter(|_| !same) {
            made.between(at, from, &spot, place.zip(hop.place));
        }
        if !same {
            made.inside(at, hop, application);
        }
        before = Some((spot, hop.place));
        let answers = hop.steps.iter().any(|s| matches!(s, Step::Answered));
        if answers && application == Application::None {
            // What completes the handshake ends its round trip.
            break;
        }
    }
    made.leg
}

/// What of a place itself time depends on: where it stands, and what it takes, as an end and as what sends on.
pub(super) fn of_place(network: &Network, place: Place) -> impl PartialEq + use<> {
    let of = |kind| {
        let name = network.place_name(place);
        let hop = Hop::new(Some(place), name, WIRE_SERVER, kind);
        let mut made = Making {
            network,
            leg: Leg::default(),
        };
        made.inside(0, &hop, Application::None);
        let mut spot = spot(network, &hop);
        if let Spot::Azure { machine, .. } = &mut spot {
            *machine = None;
        }
        (spot, made.leg.elements)
    };
    [HopKind::VnetLocal, HopKind::VirtualAppliance].map(of)
}

fn spot(network: &Network, hop: &Hop) -> Spot {
    let region = |vnet: Option<Id<crate::network::VirtualNetwork>>| {
        vnet.and_then(|vnet| network.vnets[vnet].identity.location.as_deref())
            .map(region_name)
    };
    let name = Arc::clone(&hop.name);
    match hop.place {
        Some(Place::Nic(id)) => {
            let nic = &network.nics[id];
            let machine = &network.machines[nic.machine];
            Spot::Azure {
                name,
                region: region(Some(network.subnets[nic.subnet].vnet)),
                zone: machine.zone.clone(),
                accelerated: nic.accelerated_networking,
                machine: Some(nic.machine),
            }
        }
        Some(Place::Fixture(id)) => {
            let fixture = &network.fixtures[id];
            let own = region(fixture.vnet);
            // A private endpoint stands for the service behind it.
            let far = match fixture.kind {
                FixtureKind::PrivateEndpoint(endpoint) => {
                    let service = &network.services[network.private_endpoints[endpoint].service];
                    service.region.as_deref().map(region_name)
                }
                _ => None,
            };
            Spot::Azure {
                name,
                region: far.or(own),
                zone: None,
                accelerated: true,
                machine: None,
            }
        }
        Some(Place::Network(vnet)) => Spot::Azure {
            name,
            region: region(Some(vnet)),
            zone: None,
            accelerated: true,
            machine: None,
        },
        Some(Place::Site(id)) => {
            let site = &network.sites[id];
            Spot::Site {
                name: Arc::clone(&site.name),
                rtt: site.rtt_ms,
            }
        }
        Some(Place::InternetHost(id)) => Spot::Internet {
            name,
            rtt: network.internet_hosts[id].rtt_ms,
        },
        Some(Place::Internet) => match service(network, hop) {
            Some(id) => {
                let region = network.services[id].region.as_deref().map(region_name);
                Spot::Edge { name, region }
            }
            None => Spot::Internet {
                name: "Internet".into(),
                rtt: None,
            },
        },
        // A client of a gateway, or a host behind a device of which nothing is known.
        None => Spot::Internet { name, rtt: None },
    }
}

fn service(network: &Network, hop: &Hop) -> Option<Id<Service>> {
    let mut services = network.services.iter();
    services
        .find(|(_, service)| service.identity.name == hop.name)
        .map(|(id, _)| id)
}

/// A leg in the making.
struct Making<'n> {
    network: &'n Network,
    leg: Leg,
}

impl Making<'_> {
    /// Adds an element of a resource, with what is stated of it. Two of one name are told apart, so that
    /// their draws are.
    fn add(&mut self, at: usize, resource: Option<&str>, mut element: Element) {
        let stated =
            resource.and_then(|name| self.network.latency.elements.get(&name.to_lowercase()));
        if let Some(stated) = stated {
            element.load = stated.load.unwrap_or(element.load);
            element.floor = stated.floor_ms.map_or(element.floor, |ms| ms * 1000.0);
            element.excess = stated.excess_ms.map_or(element.excess, |ms| ms * 1000.0);
            element.sigma = stated.sigma.unwrap_or(element.sigma);
            element.loss = stated.loss.unwrap_or(element.loss);
            element.assumed &= stated.floor_ms.is_none();
        }
        let base = element.name.clone();
        let mut count = 1;
        while self
            .leg
            .elements
            .iter()
            .any(|(_, other)| other.name == element.name)
        {
            count += 1;
            element.name = format!("{base}#{count}");
        }
        self.leg.elements.push((at, element));
    }

    fn by_default(&mut self, resource: Option<&str>, what: &str) {
        let stated =
            resource.and_then(|name| self.network.latency.elements.get(&name.to_lowercase()));
        if stated.is_none_or(|stated| stated.floor_ms.is_none()) {
            self.leg.assumptions.push(default_figure(what));
        }
    }

    /// What lies between two hops.
    fn between(&mut self, at: usize, from: &Spot, to: &Spot, places: Option<(Place, Place)>) {
        match (from, to) {
            (Spot::Azure { .. }, Spot::Azure { .. }) => self.segment(at, from, to),
            (Spot::Azure { region, .. }, Spot::Edge { name, region: far }) => {
                self.regions(at, region.as_deref(), far.as_deref());
                self.add(at, Some(name), Kind::Edge.element(format!("edge:{name}")));
            }
            (Spot::Edge { name, region: far }, Spot::Azure { region, .. }) => {
                self.regions(at, far.as_deref(), region.as_deref());
                self.add(at, Some(name), Kind::Edge.element(format!("edge:{name}")));
            }
            (Spot::Site { name, rtt }, _) | (_, Spot::Site { name, rtt }) => {
                self.site_leg(at, name, *rtt, places);
            }
            (Spot::Internet { name, rtt }, _) | (_, Spot::Internet { name, rtt }) => {
                let what = match &**name {
                    "Internet" => "the Internet".to_owned(),
                    name => format!("the Internet between Azure and `{name}`"),
                };
                self.distance(at, Kind::Internet, "internet", name, *rtt, &what);
            }
            (Spot::Edge { .. }, Spot::Edge { .. }) => {}
        }
    }

    /// Between a gateway and a site: the Internet under a tunnel, or a circuit.
    fn site_leg(
        &mut self,
        at: usize,
        name: &str,
        rtt: Option<f64>,
        places: Option<(Place, Place)>,
    ) {
        let network = self.network;
        let link = places.and_then(|(from, to)| network.graph.between(from, to));
        let circuit = match link {
            Some(Link::Connection(id)) => {
                matches!(network.connections[id].to, ConnectionEnd::Circuit(_))
            }
            _ => false,
        };
        let (kind, word, what) = if circuit {
            (Kind::Circuit, "circuit", "the circuit to")
        } else {
            (Kind::Internet, "internet", "the Internet to")
        };
        self.distance(at, kind, word, name, rtt, &format!("{what} `{name}`"));
    }

    /// What lies between Azure and something outside of it, whose distance may be stated.
    fn distance(
        &mut self,
        at: usize,
        kind: Kind,
        word: &str,
        name: &str,
        rtt: Option<f64>,
        what: &str,
    ) {
        let mut element = kind.element(format!("{word}:{name}"));
        match rtt {
            Some(ms) => (element.floor, element.assumed) = (ms * 1000.0, false),
            None => self.by_default(Some(name), what),
        }
        self.add(at, Some(name), element);
    }

    /// Between two places in Azure.
    fn segment(&mut self, at: usize, from: &Spot, to: &Spot) {
        let (
            Spot::Azure {
                name: a,
                region: from_region,
                zone: from_zone,
                accelerated: fast_a,
                ..
            },
            Spot::Azure {
                name: b,
                region: to_region,
                zone: to_zone,
                accelerated: fast_b,
                ..
            },
        ) = (from, to)
        else {
            return;
        };
        if self.regions(at, from_region.as_deref(), to_region.as_deref()) {
            return;
        }
        // Named by its ends in one order, so that the way back has the same.
        let (first, second) = if a <= b { (a, b) } else { (b, a) };
        let name = format!("seg:{first}-{second}");
        let fast = *fast_a && *fast_b;
        let kind = match (from_zone, to_zone) {
            (Some(x), Some(y)) if x == y && fast => Kind::SameZone,
            (Some(x), Some(y)) if x == y => Kind::SameZoneSlow,
            (Some(_), Some(_)) if fast => Kind::CrossZone,
            (Some(_), Some(_)) => Kind::CrossZoneSlow,
            _ => {
                self.leg
                    .assumptions
                    .push(default_figure("machines whose zones are not given"));
                Kind::ZoneUnknown
            }
        };
        let mut element = kind.element(name);
        let region = from_region.as_deref().unwrap_or_default();
        if let (Some(x), Some(y)) = (from_zone, to_zone)
            && let Some(stated) = self.network.latency.between_zones(region, x, y)
        {
            element.floor = stated * 1000.0;
        }
        self.add(at, None, element);
    }

    /// Between two regions; whether they are two. It holds what lies inside of both.
    fn regions(&mut self, at: usize, from: Option<&str>, to: Option<&str>) -> bool {
        let (Some(from), Some(to)) = (from, to) else {
            return false;
        };
        if from == to {
            return false;
        }
        let settings = &self.network.latency;
        let (milliseconds, kind) = match settings.between_regions(from, to) {
            Some(stated) => (stated, Kind::CrossRegion),
            None => match round_trip(from, to, settings.busy) {
                Some(known) if known.estimated => {
                    self.leg.assumptions.push(Assumption {
                        code: Code::EstimatedLatency,
                        text: format!("the latency between `{from}` and `{to}` is estimated from regions nearby"),
                    });
                    (known.milliseconds, Kind::EstimatedRegions)
                }
                Some(known) => (known.milliseconds, Kind::CrossRegion),
                None => {
                    self.leg
                        .assumptions
                        .push(default_figure(&format!("the way from `{from}` to `{to}`")));
                    (0.0, Kind::EstimatedRegions)
                }
            },
        };
        let (first, second) = if from <= to { (from, to) } else { (to, from) };
        let mut element = kind.element(format!("region:{first}-{second}"));
        // What is published is a median, of which the excess is a part.
        element.floor = (milliseconds * 1000.0 - element.excess).max(0.0);
        element.assumed = kind == Kind::EstimatedRegions;
        self.add(at, None, element);
        true
    }

    /// What a hop itself takes.
    fn inside(&mut self, at: usize, hop: &Hop, application: Application) {
        let network = self.network;
        match hop.place {
            Some(Place::Nic(id)) => self.machine(at, hop, network.nics[id].machine),
            Some(Place::Fixture(id)) => {
                let fixture = &network.fixtures[id];
                let name = &fixture.identity.name;
                match fixture.kind {
                    FixtureKind::AzureFirewall(_) => self.firewall(at, hop, name, application),
                    FixtureKind::Gateway(gateway) => {
                        let element = match network.gateways[gateway].gateway_type {
                            GatewayType::Vpn => Kind::VpnGateway.element(format!("vpngw:{name}")),
                            GatewayType::ExpressRoute => {
                                self.by_default(
                                    Some(name),
                                    &format!("the ExpressRoute gateway `{name}`"),
                                );
                                Kind::ExpressRouteGateway.element(format!("ergw:{name}"))
                            }
                        };
                        self.add(at, Some(name), element);
                    }
                    // It reads a request before it sends it on; a handshake costs it nothing that is known.
                    FixtureKind::ApplicationGateway(_)
                        if at > 0 && application != Application::None =>
                    {
                        self.by_default(Some(name), &format!("the application gateway `{name}`"));
                        let kind = Kind::ApplicationGatewayRequest;
                        self.add(at, Some(name), kind.element(format!("agw:{name}")));
                    }
                    _ => {
                        if network.latency.elements.contains_key(&name.to_lowercase()) {
                            self.add(
                                at,
                                Some(name),
                                Element::new(format!("fixture:{name}"), 0.0, 0.0, 0.0),
                            );
                        }
                    }
                }
            }
            _ => {}
        }
    }

    fn firewall(&mut self, at: usize, hop: &Hop, name: &Arc<str>, application: Application) {
        let proxied = hop.steps.iter().any(|step| {
            matches!(
                step,
                Step::Filter {
                    filter: Filter::FirewallApplication,
                    ..
                } | Step::Answered
            )
        });
        let kind = match (proxied, application) {
            (false, _) => Kind::AzureFirewall,
            (true, Application::None) => Kind::AzureFirewallHandshake,
            // It reads the request before it sends it on.
            (true, _) => Kind::AzureFirewallRequest,
        };
        self.add(at, Some(name), kind.element(format!("azfw:{name}")));
    }

    fn machine(&mut self, at: usize, hop: &Hop, id: Id<Machine>) {
        let machine = &self.network.machines[id];
        let name = &machine.identity.name;
        let busy = machine
            .guest
            .cpu_utilization
            .filter(|cpu| *cpu >= self.network.settings.cpu_threshold);
        let load = busy.map_or(0.0, |cpu| cpu / 100.0);
        let forwards = machine
            .forwarding
            .as_ref()
            .filter(|_| hop.kind == HopKind::VirtualAppliance);
        let stated = self
            .network
            .latency
            .elements
            .contains_key(&name.to_lowercase());
        let mut element = match forwards {
            Some(forwarding) => {
                let mut element = Kind::Appliance.element(format!("nva:{name}"));
                if let Some(ms) = forwarding.processing_latency_ms {
                    (element.floor, element.excess) = (ms * 1000.0, ms * 300.0);
                }
                element
            }
            // A machine at an end answers at once, unless its CPU is busy or something is stated.
            None if busy.is_some() => {
                self.by_default(Some(name), &format!("the busy machine `{name}`"));
                Kind::BusyMachine.element(format!("vm:{name}"))
            }
            None if stated => Element::new(format!("vm:{name}"), 0.0, 0.0, 0.0),
            None => return,
        };
        element.load = load;
        self.add(at, Some(name), element);
    }
}
