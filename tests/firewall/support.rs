//! A hub with a firewall, and questions about it.

use dryhop::engine::{Answer, Application, Engine, Question, check};
use dryhop::load::load;
use dryhop::net::Protocol;
use dryhop::network::Endpoint;
use dryhop::spec::checks::{ConnectionStatus, IssueSeverity};
use dryhop::spec::read::Input;
use dryhop::trace::Step;

/// A hub with a firewall, two spokes that send everything to it, hosts on the Internet; `policies` and
/// whatever else follows.
pub const BASE: &str = r#"
defaults: { location: westeurope }
virtualNetworks:
  hub:
    addressSpace: 10.0.0.0/16
    subnets: { AzureFirewallSubnet: { addressPrefix: 10.0.1.0/26, routeTable: rt-fw } }
    peerings:
      to-spoke1: { remoteVirtualNetwork: spoke1 }
      to-spoke2: { remoteVirtualNetwork: spoke2 }
  spoke1:
    addressSpace: 10.1.0.0/16
    subnets: { work: { addressPrefix: 10.1.1.0/24, routeTable: rt-spokes } }
    peerings: { to-hub: { remoteVirtualNetwork: hub, allowForwardedTraffic: true } }
  spoke2:
    addressSpace: 10.2.0.0/16
    subnets:
      work: { addressPrefix: 10.2.1.0/24, routeTable: rt-spokes }
      direct: { addressPrefix: 10.2.2.0/24 }
    peerings: { to-hub: { remoteVirtualNetwork: hub, allowForwardedTraffic: true } }
routeTables:
  rt-spokes: { routes: { default: { addressPrefix: 0.0.0.0/0, nextHopType: VirtualAppliance, nextHopIpAddress: 10.0.1.4 } } }
  rt-fw: {}
publicIPAddresses: { pip-fw: { ipAddress: 20.50.1.20, sku: Standard } }
virtualMachines:
  a: { networkInterface: { subnet: spoke1/work, privateIPAddress: 10.1.1.4 } }
  b: { networkInterface: { subnet: spoke2/work, privateIPAddress: 10.2.1.4 } }
  direct: { networkInterface: { subnet: spoke2/direct, privateIPAddress: 10.2.2.4 } }
internetHosts:
  www.contoso.com: { addresses: [203.0.113.10], listeners: [tcp/80, tcp/443, tcp/1433, tcp/8443] }
  www.fabrikam.com: { addresses: [203.0.113.11], listeners: [tcp/443] }
azureFirewalls:
  fw: { subnet: hub/AzureFirewallSubnet, privateIPAddress: 10.0.1.4, publicIPAddresses: [pip-fw], firewallPolicy: policy }
ipGroups: { spokes: [10.1.0.0/16, 10.2.0.0/16] }
"#;

/// A policy with one group, whose collections are given.
pub fn policy(collections: &str) -> String {
    format!(
        "firewallPolicies: {{ policy: {{ ruleCollectionGroups: {{ g: {{ priority: 100, ruleCollections: {{ {collections} }} }} }} }} }}"
    )
}

pub const ALLOW_ALL: &str = r#"all: { type: Network, priority: 100, action: Allow, rules: { r: { protocols: [Any], sourceAddresses: ["*"], destinationAddresses: ["*"], destinationPorts: ["*"] } } }"#;

/// What is asked.
pub struct Ask<'a> {
    pub from: &'a str,
    pub to: &'a str,
    pub port: u16,
    pub application: Application,
}

pub const fn tcp<'a>(from: &'a str, to: &'a str, port: u16) -> Ask<'a> {
    Ask {
        from,
        to,
        port,
        application: Application::None,
    }
}

pub const fn https<'a>(from: &'a str, to: &'a str) -> Ask<'a> {
    Ask {
        from,
        to,
        port: 443,
        application: Application::Https,
    }
}

pub fn ask(more: &[&str], ask: &Ask<'_>) -> Answer {
    let text = |name: String, text: &str| Input::Text {
        name,
        text: text.into(),
    };
    let more: Vec<Input> = more
        .iter()
        .enumerate()
        .map(|(at, yaml)| text(format!("{at}.yaml"), yaml))
        .collect();
    // What is more is laid over, so that a test can replace what it needs to.
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
        ..Question::new(
            source,
            network.endpoint(ask.to).unwrap(),
            Protocol::Tcp,
            Some(ask.port),
        )
    };
    check(&engine, &question).unwrap().remove(0)
}

pub fn reachable(answer: &Answer) -> bool {
    answer.status == ConnectionStatus::Reachable
}

/// The names of the rules of the firewall's filters, with whether they allow.
pub fn decided(answer: &Answer) -> Vec<(String, bool)> {
    let steps = answer
        .paths
        .iter()
        .flat_map(|path| &path.hops)
        .filter(|hop| &*hop.name == "fw")
        .flat_map(|hop| &hop.steps);
    steps
        .filter_map(|step| match step {
            Step::Filter { rule, allowed, .. } => Some((
                rule.as_deref().unwrap_or("DefaultDeny").to_owned(),
                *allowed,
            )),
            _ => None,
        })
        .collect()
}

/// The `RuleName` of the firewall's errors.
pub fn denied_by(answer: &Answer) -> Vec<String> {
    let found = answer
        .issues()
        .into_iter()
        .filter(|(hop, _, issue)| &**hop == "fw" && issue.severity == IssueSeverity::Error);
    let names = found.filter_map(|(_, _, issue)| {
        let detail = issue
            .context
            .iter()
            .any(|(key, value)| *key == "Detail" && value == "AzureFirewall");
        assert!(detail, "{issue:?}");
        issue
            .context
            .iter()
            .find(|(key, _)| *key == "RuleName")
            .map(|(_, value)| value.clone())
    });
    names.collect()
}

pub fn details(answer: &Answer) -> Vec<String> {
    let all = answer
        .issues()
        .into_iter()
        .flat_map(|(_, _, issue)| issue.context.clone());
    all.filter(|(key, _)| *key == "Detail")
        .map(|(_, value)| value)
        .collect()
}

pub fn source_seen(answer: &Answer) -> String {
    answer.seen().unwrap().source.to_string()
}
