//! Network interfaces (`rest/api/virtualnetwork/network-interfaces`), of machines and of scale sets.

use super::fields::{Fields, text};
use super::{Converter, Object, View, fold};
use crate::spec::node::Node;

/// A NIC that belongs to a machine, for what refers to it.
#[derive(Debug, Clone)]
pub(super) struct NicEntry {
    /// `vm`, or `vm/nic` where it has several.
    pub(super) target: String,
    pub(super) addresses: Vec<String>,
    /// The virtual network that it is in, as the topology calls it.
    pub(super) network: String,
}

/// A NIC as it is written, and what of it others need.
#[derive(Debug)]
pub(super) struct Interface {
    pub(super) fields: Fields,
    pub(super) network: String,
    pub(super) addresses: Vec<String>,
    /// The pools that it is in and the NAT rules that lead to it.
    pub(super) used_by: Vec<String>,
    pub(super) forwards: bool,
}

/// An address of a NIC.
struct Config {
    name: String,
    subnet: String,
    address: Option<String>,
    public: Option<String>,
    version: Option<String>,
    groups: Vec<String>,
}

impl Converter<'_> {
    /// A NIC; `None` where its subnet is not known.
    pub(super) fn interface(&mut self, view: &View<'_>, of: &Object<'_>) -> Option<Interface> {
        let mut configs = Vec::new();
        let mut used_by = Vec::new();
        let mut own = view.objects("ipConfigurations");
        own.sort_by_key(|config| config.flag("primary") != Some(true));
        let several = own.len() > 1;
        for (index, config) in own.iter().enumerate() {
            let name = config
                .text("name")
                .unwrap_or_else(|| format!("ipconfig{}", index + 1));
            let what = format!("{}/ipConfigurations/{name}", of.what);
            let part = Object {
                what: &what,
                origin: of.origin,
            };
            let Some(subnet) = self.home(Some(config), if several { &part } else { of }) else {
                continue;
            };
            for key in [
                "loadBalancerBackendAddressPools",
                "loadBalancerInboundNatRules",
                "applicationGatewayBackendAddressPools",
            ] {
                used_by.extend(config.ids(key).iter().map(|id| fold(id)));
            }
            let version = config.text("privateIPAddressVersion");
            configs.push(Config {
                name,
                subnet,
                address: config.text("privateIPAddress"),
                public: self.refer(config, "publicIPAddress", &part),
                version: version.filter(|version| !version.eq_ignore_ascii_case("IPv4")),
                groups: self.refer_all(config, "applicationSecurityGroups", &part),
            });
            self.rest(config, "networkinterfaces/ipconfigurations", &part);
        }
        if own.is_empty() {
            self.leave(of.origin, of.what, "it has no address");
        }
        let first = configs.first()?;
        let (subnet, addresses) = (
            first.subnet.clone(),
            configs.iter().filter_map(|it| it.address.clone()).collect(),
        );
        let network = subnet
            .rsplit_once('/')
            .map_or("", |(network, _)| network)
            .to_owned();
        let mut fields = Fields::default();
        fields.text("subnet", Some(&subnet));
        let mut groups: Vec<String> = Vec::new();
        for group in configs.iter().flat_map(|config| &config.groups) {
            if !groups.contains(group) {
                groups.push(group.clone());
            }
        }
        if several {
            fields.map(
                "ipConfigurations",
                configs.iter().map(|it| written(it, &subnet)).collect(),
            );
        } else {
            fields.plain("privateIPAddress", first.address.as_ref());
            fields.text("publicIPAddress", first.public.as_ref());
        }
        fields.text(
            "networkSecurityGroup",
            self.refer(view, "networkSecurityGroup", of),
        );
        fields.list(
            "applicationSecurityGroups",
            groups.iter().map(text).collect(),
        );
        let forwards = view.flag("enableIPForwarding") == Some(true);
        fields.flag("enableIPForwarding", Some(forwards), false);
        // Azure's default is false (network-interfaces, `enableAcceleratedNetworking`), a topology's is true.
        let accelerated = view.flag("enableAcceleratedNetworking").unwrap_or(false);
        fields.flag("enableAcceleratedNetworking", Some(accelerated), true);
        let servers = view
            .object("dnsSettings")
            .map(|dns| dns.texts("dnsServers"));
        if servers.is_some_and(|servers| !servers.is_empty()) {
            let what = format!("`dnsSettings` of {}", of.what);
            self.leave(
                of.origin,
                what,
                "DNS servers of a single NIC are not modelled",
            );
        }
        self.rest(view, "networkinterfaces", of);
        Some(Interface {
            fields,
            network,
            addresses,
            used_by,
            forwards,
        })
    }
}

/// An address among several; the subnet is said once, at the NIC.
fn written(config: &Config, subnet: &str) -> (String, Node) {
    let mut fields = Fields::default();
    fields
        .text("subnet", Some(&config.subnet).filter(|own| *own != subnet))
        .plain("privateIPAddress", config.address.as_ref())
        .plain("privateIPAddressVersion", config.version.as_ref())
        .text("publicIPAddress", config.public.as_ref());
    (config.name.clone(), fields.node())
}
