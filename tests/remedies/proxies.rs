//! The same with an application gateway and a Bastion host beside what is random otherwise: in a network of
//! their own that is peered with the first, or not, behind random groups, with random backends.
//!
//! Rules: `application-gateway/configuration-infrastructure`, `bastion/bastion-nsg`.

use std::fmt::Write;

use dryhop::engine::{Application, Engine, Question, check};
use dryhop::net::Protocol;
use dryhop::network::Network;
use dryhop::spec::checks::ConnectionStatus;
use dryhop::whatif::remedies;
use proptest::collection::vec;
use proptest::prelude::*;

use super::brute::{config, holds, loaded, question};
use super::naive::model::Model;
use super::naive::tape::Tape;
use super::naive::{generate, questions, yaml as model_yaml};

/// An overlay that adds them.
fn proxies(t: &mut Tape<'_>, model: &Model) -> String {
    let first = &model.vnets[0];
    let (name, region) = (&first.name, first.region);
    let table = match (t.chance(15), model.tables.is_empty()) {
        (true, false) => format!(", routeTable: {}", t.pick(&model.tables).name),
        _ => String::new(),
    };
    let mut text = format!(
        "virtualNetworks:
  edge:
    location: {region}
    addressSpace: 10.77.0.0/16
    subnets:
      agw: {{ addressPrefix: 10.77.1.0/24, networkSecurityGroup: nsg-agw{table} }}
      AzureBastionSubnet: {{ addressPrefix: 10.77.2.0/26 }}
"
    );
    if !t.chance(15) {
        let forwarded = t.chance(70);
        let _ = write!(
            text,
            "    peerings: {{ to-first: {{ remoteVirtualNetwork: {name}, allowForwardedTraffic: {forwarded} }} }}
  {name}:
    peerings: {{ to-edge: {{ remoteVirtualNetwork: edge, allowForwardedTraffic: {forwarded} }} }}
"
        );
    }
    let rule = |number: usize, more: &str| {
        format!(
            "      r{number}: {{ priority: {}, direction: Inbound, access: Allow, protocol: Tcp, {more} }}\n",
            100 + number * 10
        )
    };
    text.push_str("networkSecurityGroups:\n  nsg-agw:\n    location: REGION\n    securityRules:\n");
    text.push_str(&rule(
        0,
        "sourceAddressPrefix: GatewayManager, destinationPortRange: 65200-65535",
    ));
    if t.chance(60) {
        let from = t.pick(&["Internet", "\"*\"", "VirtualNetwork", "10.0.0.0/15"]);
        text.push_str(&rule(
            1,
            &format!("sourceAddressPrefix: {from}, destinationPortRange: 80"),
        ));
    }
    if t.chance(20) {
        text.push_str(
            "      out: { priority: 300, direction: Outbound, access: Deny, protocol: Tcp, destinationPortRanges: [443, 22], destinationAddressPrefix: VirtualNetwork }\n",
        );
    }
    let mut pool: Vec<String> = Vec::new();
    for _ in 0..1 + t.below(3) {
        let backend = match t.below(6) {
            0 => "10.0.0.9".to_owned(),
            1 => {
                let nic = t.pick(&model.nics);
                nic.address.to_string()
            }
            _ => t.pick(&model.machines).name,
        };
        if !pool.contains(&backend) {
            pool.push(backend);
        }
    }
    let port = t.pick(&[80, 443, 8443, 22]);
    let private = match t.chance(50) {
        true => ", privateIPAddress: 10.77.1.9",
        false => "",
    };
    let _ = write!(
        text,
        "publicIPAddresses:
  pip-agw: {{ location: {region}, ipAddress: 20.77.0.1, sku: Standard }}
  pip-bastion: {{ location: {region}, ipAddress: 20.77.0.2, sku: Standard }}
applicationGateways:
  agw:
    location: {region}
    subnet: edge/agw
    publicIPAddress: pip-agw{}
    backendAddressPools: {{ pool: [{}] }}
    listeners: {{ web: {{ protocol: Http, port: 80 }} }}
    requestRoutingRules: {{ rule: {{ priority: 100, listener: web, backendAddressPool: pool, backendPort: {port}, backendProtocol: Http }} }}
bastionHosts: {{ bastion: {{ location: {region}, subnet: edge/AzureBastionSubnet, publicIPAddress: pip-bastion }} }}
",
        private.replace(", ", "\n    "),
        pool.join(", ")
    );
    text.replace("REGION", region)
}

/// A question to the gateway, by it, or from the Bastion host; or any other.
fn asked(t: &mut Tape<'_>, network: &Network, model: &Model) -> Option<Question> {
    let end = |text: &str| network.endpoint(text).unwrap();
    let tcp =
        |from: &str, to: &str, port| Question::new(end(from), end(to), Protocol::Tcp, Some(port));
    let machine = t.pick(&model.machines).name;
    Some(match t.below(6) {
        0 | 1 => Question {
            application: Application::Http,
            ..tcp(&machine, "agw", 80)
        },
        2 => Question {
            application: Application::Http,
            ..tcp("Internet", "20.77.0.1", 80)
        },
        3 => tcp("bastion", &machine, t.pick(&[22, 3389])),
        4 => tcp(&machine, "20.77.0.1", t.pick(&[80, 443])),
        _ => question(network, model, questions::connection(t, model)?),
    })
}

proptest! {
    #![proptest_config(config(6))]

    #[test]
    fn remedies_beside_proxies(
        topology in vec(any::<u8>(), 560..1700),
        asking in vec(any::<u8>(), 100..300),
    ) {
        let model = generate::topology(&topology);
        let text = model_yaml::write(&model);
        let mut t = Tape::new(&asking);
        let over = proxies(&mut t, &model);
        let network = loaded(&text, &[&over]);
        let engine = Engine::new(&network);
        for _ in 0..4 {
            let Some(asked) = asked(&mut t, &network, &model) else {
                continue;
            };
            let Ok(mut answers) = check(&engine, &asked) else {
                continue;
            };
            let answer = answers.remove(0);
            if answer.status == ConnectionStatus::Reachable {
                continue;
            }
            for remedy in remedies(&engine, &asked, &answer).iter().take(1) {
                holds((&text, Some(&over)), &network, &asked, &answer, remedy);
            }
        }
    }
}
