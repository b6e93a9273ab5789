//! What Azure refuses among the rules of a load balancer (`load-balancer-ha-ports-overview`,
//! `load-balancer-floating-ip`).

use std::collections::HashMap;

use super::Resolver;
use super::spot::Spot;
use crate::diagnostic::{Code, Diagnostic};
use crate::spec::{self, AddressSku, BalancedProtocol};

impl<'a> Resolver<'a> {
    /// Refuses HA ports where there are none, floating IP on internal IPv6, and two rules for one port.
    pub(super) fn check_balancer_rules(
        &mut self,
        balancer: &'a spec::LoadBalancer,
        spot: Spot<'a>,
    ) {
        let mut taken: HashMap<(String, BalancedProtocol, u16), Spot<'a>> = HashMap::new();
        for (name, rule) in balancer.rules.iter() {
            let at = spot.key("loadBalancingRules").key(name);
            let mut refuse = |key: &'a str, message: String, help: &str| {
                let fault = Diagnostic::new(Code::UnsupportedLoadBalancingRule, message);
                self.faults.push(fault.at(at.key(key).path()).help(help));
            };
            let frontend = balancer.frontends.get(&rule.frontend);
            let internal = frontend.is_some_and(|frontend| frontend.public_ip_address.is_none());
            let internal_v6 = internal
                && frontend
                    .and_then(|frontend| frontend.private_ip_address)
                    .is_some_and(|address| address.is_ipv6());
            if rule.protocol == BalancedProtocol::All {
                for (key, port) in [
                    ("frontendPort", rule.frontend_port),
                    ("backendPort", rule.backend_port),
                ] {
                    if port != 0 {
                        refuse(
                            key,
                            format!("a rule for every protocol is for every port, not for {port}"),
                            "write 0, or name a protocol",
                        );
                    }
                }
                if frontend.is_some() && !internal {
                    refuse(
                        "protocol",
                        "a public frontend has no HA ports".to_owned(),
                        "name a protocol and a port; only internal load balancers take them all",
                    );
                } else if balancer.sku == AddressSku::Basic {
                    refuse(
                        "protocol",
                        "a Basic load balancer has no HA ports".to_owned(),
                        "make its `sku` Standard",
                    );
                } else if internal_v6 {
                    refuse(
                        "protocol",
                        "an IPv6 frontend has no HA ports".to_owned(),
                        "name a protocol and a port",
                    );
                }
            } else {
                for (key, port) in [
                    ("frontendPort", rule.frontend_port),
                    ("backendPort", rule.backend_port),
                ] {
                    if port == 0 {
                        refuse(
                            key,
                            "port 0 is for rules of every protocol".to_owned(),
                            "name a port, or make the `protocol` All",
                        );
                    }
                }
            }
            if internal_v6 && rule.enable_floating_ip {
                refuse(
                    "enableFloatingIP",
                    "an internal IPv6 frontend has no floating IP".to_owned(),
                    "leave it off: the members see their own address then",
                );
            }
            let port = (
                rule.frontend.to_lowercase(),
                rule.protocol,
                rule.frontend_port,
            );
            self.check_frontend_port(&mut taken, port, at);
        }
        for (name, rule) in balancer.inbound_nat_rules.iter() {
            let at = spot.key("inboundNatRules").key(name);
            let port = (
                rule.frontend.to_lowercase(),
                rule.protocol,
                rule.frontend_port,
            );
            self.check_frontend_port(&mut taken, port, at);
        }
    }

    /// A port of a frontend is for one rule (`RulesUseSameFrontendPortProtocolAndIPConfig`).
    fn check_frontend_port(
        &mut self,
        taken: &mut HashMap<(String, BalancedProtocol, u16), Spot<'a>>,
        port: (String, BalancedProtocol, u16),
        at: Spot<'a>,
    ) {
        let number = port.2;
        match taken.get(&port) {
            Some(first) => {
                let message = format!("two rules take port {number} of one frontend");
                let fault = Diagnostic::new(Code::UnsupportedLoadBalancingRule, message)
                    .at(at.key("frontendPort").path())
                    .also(first.key("frontendPort").path(), "the other one")
                    .help("give one of them another port, or a frontend of its own");
                self.faults.push(fault);
            }
            None => {
                taken.insert(port, at);
            }
        }
    }
}
