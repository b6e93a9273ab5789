//! A gateway before two web servers, and questions about it.

use dryhop::engine::{Answer, Application, Engine, Question, QuestionFault, check};
use dryhop::load::load;
use dryhop::net::Protocol;
use dryhop::network::Endpoint;
use dryhop::spec::checks::ConnectionStatus;
use dryhop::spec::read::Input;

/// A VNet with a gateway's subnet, servers and an appliance; a peer; hosts on the Internet.
pub const BASE: &str = r#"
defaults: { location: westeurope }
virtualNetworks:
  vnet:
    addressSpace: 10.0.0.0/16
    subnets:
      agw: { addressPrefix: 10.0.1.0/24 }
      web: { addressPrefix: 10.0.2.0/24 }
      nva: { addressPrefix: 10.0.3.0/24 }
      AzureBastionSubnet: { addressPrefix: 10.0.4.0/26 }
    peerings: { to-peer: { remoteVirtualNetwork: peer } }
  peer:
    addressSpace: 10.1.0.0/16
    subnets: { work: { addressPrefix: 10.1.1.0/24 } }
    peerings: { to-vnet: { remoteVirtualNetwork: vnet } }
publicIPAddresses:
  pip-agw: { ipAddress: 20.50.1.30, sku: Standard }
  pip-bastion: { ipAddress: 20.50.1.31, sku: Standard }
virtualMachines:
  web-1: { networkInterface: { subnet: vnet/web, privateIPAddress: 10.0.2.4 }, guest: { listeners: [tcp/8443, tcp/22] } }
  web-2: { networkInterface: { subnet: vnet/web, privateIPAddress: 10.0.2.5 }, guest: { listeners: [tcp/8443] } }
  client: { networkInterface: { subnet: peer/work, privateIPAddress: 10.1.1.4 } }
networkVirtualAppliances:
  nva: { networkInterface: { subnet: vnet/nva, privateIPAddress: 10.0.3.4, enableIPForwarding: true } }
internetHosts:
  customer: { addresses: [203.0.113.9], listeners: [tcp/443] }
applicationGateways:
  agw:
    subnet: vnet/agw
    publicIPAddress: pip-agw
    backendAddressPools: { web: [web-1, web-2] }
    listeners: { all: { protocol: Https, port: 443 } }
    requestRoutingRules: { all: { priority: 100, listener: all, backendAddressPool: web, backendPort: 8443, backendProtocol: Https } }
bastionHosts: { bastion: { subnet: vnet/AzureBastionSubnet, publicIPAddress: pip-bastion } }
dnsZones: { fabrikam.com: { recordSets: { agw: { A: [20.50.1.30] } } }, contoso.com: { recordSets: { shop: { A: [20.50.1.30] }, www: { A: [20.50.1.30] } } } }
"#;

/// What Azure requires of the gateway's subnet, and its listener.
pub const REQUIRED: &str = r#"
virtualNetworks: { vnet: { subnets: { agw: { networkSecurityGroup: nsg } } } }
networkSecurityGroups:
  nsg:
    securityRules:
      web: { priority: 100, direction: Inbound, access: Allow, protocol: Tcp, destinationAddressPrefix: 10.0.1.0/24, destinationPortRange: 443 }
      manager: { priority: 110, direction: Inbound, access: Allow, protocol: Tcp, sourceAddressPrefix: GatewayManager, destinationPortRange: 65200-65535 }
      probes: { priority: 120, direction: Inbound, access: Allow, sourceAddressPrefix: AzureLoadBalancer }
      rest: { priority: 4096, direction: Inbound, access: Deny }
"#;

/// What is asked.
#[derive(Clone, Copy)]
pub struct Ask<'a> {
    pub from: &'a str,
    pub to: &'a str,
    pub protocol: Protocol,
    pub application: Application,
    pub port: u16,
}

pub const fn tcp<'a>(from: &'a str, to: &'a str, port: u16) -> Ask<'a> {
    Ask {
        from,
        to,
        protocol: Protocol::Tcp,
        application: Application::None,
        port,
    }
}

pub const fn https<'a>(from: &'a str, to: &'a str) -> Ask<'a> {
    Ask {
        application: Application::Https,
        ..tcp(from, to, 443)
    }
}

/// The answer with more laid over the base.
pub fn asked(more: &[&str], ask: Ask<'_>) -> Result<Answer, QuestionFault> {
    let text = |name: String, text: &str| Input::Text {
        name,
        text: text.into(),
    };
    let more: Vec<Input> = more
        .iter()
        .enumerate()
        .map(|(at, yaml)| text(format!("{at}.yaml"), yaml))
        .collect();
    let loaded = load(&[text("base.yaml".into(), BASE)], &more);
    assert!(loaded.is_sound(), "{:?}", loaded.diagnostics);
    let network = &loaded.network;
    let engine = Engine::new(network);
    let source = match ask.from {
        "Internet" => Endpoint::Internet,
        name => network.endpoint(name).unwrap(),
    };
    let question = Question {
        application: ask.application,
        source_port: Some(50123),
        ..Question::new(
            source,
            network.endpoint(ask.to).unwrap(),
            ask.protocol,
            Some(ask.port),
        )
    };
    check(&engine, &question).map(|mut answers| answers.remove(0))
}

pub fn answer(more: &[&str], ask: Ask<'_>) -> Answer {
    asked(more, ask).unwrap()
}

pub fn reachable(answer: &Answer) -> bool {
    answer.status == ConnectionStatus::Reachable
}

/// The names of each path's hops.
pub fn hops(answer: &Answer) -> Vec<String> {
    let paths = answer.paths.iter();
    paths
        .map(|path| {
            let names: Vec<&str> = path.hops.iter().map(|hop| &*hop.name).collect();
            names.join(" ")
        })
        .collect()
}

/// `hop type detail`, an exclamation mark before warnings.
pub fn faults(answer: &Answer) -> Vec<String> {
    let all = answer.issues().into_iter();
    all.map(|(hop, _, issue)| {
        let value = |name: &str| {
            let mut context = issue.context.iter();
            let found = context.find(|(key, _)| *key == name);
            found.map_or_else(String::new, |(_, value)| format!(" {value}"))
        };
        let mark = if issue.severity.word() == "Warning" {
            "!"
        } else {
            ""
        };
        let rule = if issue.kind.word() == "NetworkSecurityRule" {
            value("RuleName")
        } else {
            String::new()
        };
        format!("{mark}{hop} {}{rule}{}", issue.kind.word(), value("Detail"))
    })
    .collect()
}
