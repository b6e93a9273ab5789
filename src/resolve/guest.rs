//! What runs inside machines: listeners, their own firewalls, how appliances forward. Filters come out
//! as a packet travels: from a source to a destination.

use ipnet::IpNet;

use super::Resolver;
use super::references::Miss;
use super::spot::Spot;
use crate::diagnostic::{Code, Diagnostic};
use crate::net::{AddressSet, PortRange, ProtocolMatch};
use crate::network::{DestinationNat, FilterRule, Forwarding, Guest, GuestFilter, Id, Nic, Socket};
use crate::spec::{self, Access, AddressMatch, Direction};

/// Sockets as they are resolved.
pub(super) fn sockets(sockets: &[spec::Socket]) -> Vec<Socket> {
    let of = |socket: &spec::Socket| Socket {
        protocol: socket.protocol,
        ports: socket.ports,
    };
    sockets.iter().map(of).collect()
}

impl<'a> Resolver<'a> {
    pub(super) fn guest(&mut self, guest: &'a spec::Guest, spot: Spot<'a>) -> Guest {
        for (percent, key) in [
            (guest.cpu_utilization, "cpuUtilization"),
            (guest.memory_utilization, "memoryUtilization"),
        ] {
            if let Some(percent) = percent {
                self.within(percent, 100.0, spot.key(key));
            }
        }
        let firewall = spot.key("firewall");
        let own = &guest.firewall;
        let inbound = self.guest_filter(&own.inbound, Direction::Inbound, firewall.key("inbound"));
        let outbound =
            self.guest_filter(&own.outbound, Direction::Outbound, firewall.key("outbound"));
        Guest {
            network_watcher_agent: guest.network_watcher_agent,
            cpu_utilization: guest.cpu_utilization,
            memory_utilization: guest.memory_utilization,
            listeners: guest.listeners.as_deref().map(sockets),
            used_ports: sockets(&guest.used_ports),
            inbound,
            outbound,
        }
    }

    fn guest_filter(
        &mut self,
        filter: &'a spec::GuestFilter,
        direction: Direction,
        spot: Spot<'a>,
    ) -> GuestFilter {
        let mut rules = Vec::with_capacity(filter.rules.len());
        for (name, rule) in filter.rules.iter() {
            let keys = ("remoteAddress", "remoteAddresses");
            let at = spot.key("rules").key(name);
            let Some(remote) = self.filter_addresses(&rule.remote_addresses, keys, at) else {
                continue;
            };
            let (source, destination) = match direction {
                Direction::Inbound => (remote, AddressSet::all()),
                Direction::Outbound => (AddressSet::all(), remote),
            };
            let made = filter_rule(name, rule.action, rule.protocol, source, destination);
            rules.push((
                rule.priority,
                FilterRule {
                    priority: rule.priority,
                    destination_ports: rule.ports.clone(),
                    ..made
                },
            ));
        }
        GuestFilter {
            default_action: filter.default_action,
            rules: in_priority(rules),
        }
    }

    /// How an appliance forwards; `nics` are those of its NICs that are sound, by name.
    pub(super) fn forwarding(
        &mut self,
        forwarding: &'a spec::Forwarding,
        nics: &[(&str, Id<Nic>)],
        some_left_out: bool,
        spot: Spot<'a>,
    ) -> Forwarding {
        let mut routes: Vec<(IpNet, Id<Nic>)> = Vec::with_capacity(forwarding.routes.len());
        for (index, route) in forwarding.routes.iter().enumerate() {
            let at = spot.key("routes").index(index).key("networkInterface");
            let text = super::identity::own_name(&route.network_interface);
            // The only NIC of an appliance has its name by rule, not by key.
            let named = nics.iter().find(|(name, nic)| {
                name.eq_ignore_ascii_case(text)
                    || self.network.nics[*nic].name.eq_ignore_ascii_case(text)
            });
            if let Some((_, nic)) = named {
                routes.push((route.address_prefix, *nic));
            } else if !some_left_out {
                let names = nics.iter().map(|(_, nic)| &*self.network.nics[*nic].name);
                let hint = self.index.suggest(text, names);
                self.missed(&Miss::Unknown, "NIC", text, hint, at);
            }
        }
        let rules = self.appliance_rules(forwarding, spot.key("rules"));
        let destination_nat = self.translations(forwarding, spot.key("destinationNat"));
        if let Some(ms) = forwarding.processing_latency {
            self.within(ms, f64::MAX, spot.key("processingLatencyMs"));
        }
        Forwarding {
            enabled: forwarding.enabled,
            stateful: forwarding.stateful,
            source_nat: forwarding.source_nat,
            routes,
            filter: GuestFilter {
                default_action: forwarding.default_action,
                rules,
            },
            destination_nat,
            processing_latency_ms: forwarding.processing_latency,
        }
    }

    fn appliance_rules(
        &mut self,
        forwarding: &'a spec::Forwarding,
        spot: Spot<'a>,
    ) -> Vec<FilterRule> {
        let mut rules = Vec::with_capacity(forwarding.rules.len());
        for (name, rule) in forwarding.rules.iter() {
            let sides = self.filter_sides(&rule.source, &rule.destination, spot.key(name));
            if let Some((source, destination)) = sides {
                let made = filter_rule(name, rule.action, rule.protocol, source, destination);
                rules.push((
                    rule.priority,
                    FilterRule {
                        priority: rule.priority,
                        source_ports: rule.source_ports.clone(),
                        destination_ports: rule.destination_ports.clone(),
                        ..made
                    },
                ));
            }
        }
        in_priority(rules)
    }

    fn translations(
        &mut self,
        forwarding: &'a spec::Forwarding,
        spot: Spot<'a>,
    ) -> Vec<DestinationNat> {
        let mut rules = Vec::with_capacity(forwarding.destination_nat.len());
        for (name, rule) in forwarding.destination_nat.iter() {
            let sides = self.filter_sides(&rule.source, &rule.destination, spot.key(name));
            if let Some((source, destination)) = sides {
                let made = filter_rule(name, Access::Allow, rule.protocol, source, destination);
                let matches = FilterRule {
                    priority: rule.priority,
                    destination_ports: rule.destination_ports.clone(),
                    ..made
                };
                let translation = DestinationNat {
                    matches,
                    translated_address: rule.translated_address,
                    translated_port: rule.translated_port,
                };
                rules.push((rule.priority, translation));
            }
        }
        in_priority(rules)
    }

    fn filter_sides(
        &mut self,
        source: &'a [AddressMatch],
        destination: &'a [AddressMatch],
        spot: Spot<'a>,
    ) -> Option<(AddressSet, AddressSet)> {
        let source = self.filter_addresses(source, ("sourceAddress", "sourceAddresses"), spot);
        let keys = ("destinationAddress", "destinationAddresses");
        let destination = self.filter_addresses(destination, keys, spot);
        source.zip(destination)
    }

    /// The addresses that a filter's rule is for: every one where it names none.
    fn filter_addresses(
        &mut self,
        entries: &'a [AddressMatch],
        keys: (&'static str, &'static str),
        spot: Spot<'a>,
    ) -> Option<AddressSet> {
        let mut prefixes = Vec::with_capacity(entries.len());
        let (mut any, mut sound) = (entries.is_empty(), true);
        for (index, entry) in entries.iter().enumerate() {
            match entry {
                AddressMatch::Any => any = true,
                AddressMatch::Prefix(prefix) => prefixes.push(*prefix),
                AddressMatch::Tag(name) => {
                    let message = format!("`{name}` is not an address prefix");
                    let fault = Diagnostic::new(Code::BadPrefix, message)
                        .at(spot.either(keys, entries.len(), index).path())
                        .help("service tags are Azure's own: a guest knows addresses and `*` only");
                    self.faults.push(fault);
                    sound = false;
                }
            }
        }
        sound.then(|| {
            if any {
                AddressSet::all()
            } else {
                AddressSet::of(&prefixes)
            }
        })
    }
}

fn filter_rule(
    name: &str,
    action: Access,
    protocol: ProtocolMatch,
    source: AddressSet,
    destination: AddressSet,
) -> FilterRule {
    FilterRule {
        name: name.into(),
        priority: None,
        action,
        protocol,
        source,
        source_ports: Vec::<PortRange>::new(),
        destination,
        destination_ports: Vec::new(),
    }
}

/// By priority, else in the order of the file; those without a priority come last.
fn in_priority<T>(mut rules: Vec<(Option<i64>, T)>) -> Vec<T> {
    rules.sort_by_key(|(priority, _)| (priority.is_none(), *priority));
    rules.into_iter().map(|(_, rule)| rule).collect()
}
