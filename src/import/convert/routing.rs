//! Route tables, public addresses and prefixes, NAT gateways
//! (`rest/api/virtualnetwork/route-tables`, `public-ip-addresses`, `public-ip-prefixes`, `nat-gateways`).

use super::fields::{Fields, plain, plains, text};
use super::{Converter, Object, described};

const NEXT_HOPS: &[&str] = &[
    "VirtualAppliance",
    "VirtualNetworkGateway",
    "VnetLocal",
    "Internet",
    "None",
];

impl Converter<'_> {
    /// Route tables with their routes.
    pub(super) fn route_tables(&mut self) {
        for item in self.take("microsoft.network/routetables") {
            let view = item.view();
            let what = described(item);
            let of = Object {
                what: &what,
                origin: &item.origin,
            };
            let mut fields = Fields::default();
            fields.flag(
                "disableBgpRoutePropagation",
                view.flag("disableBgpRoutePropagation"),
                false,
            );
            let mut routes = Vec::new();
            for route in self.children(&item.id, &view, &item.origin, "routes", "routes") {
                let own = super::View::of(&route.body);
                let what = format!("{what}/routes/{}", route.name);
                let mut fields = Fields::default();
                fields
                    .plain("addressPrefix", own.text("addressPrefix"))
                    .plain("nextHopType", own.word("nextHopType", NEXT_HOPS))
                    .plain("nextHopIpAddress", own.text("nextHopIpAddress"));
                self.rest(
                    &own,
                    "routetables/routes",
                    &Object {
                        what: &what,
                        origin: &route.origin,
                    },
                );
                self.child_origin(&["routeTables", "routes"], item, &route);
                routes.push((route.name, fields.node()));
            }
            fields.map("routes", routes);
            self.rest(&view, "routetables", &of);
            self.emit("routeTables", item, fields);
        }
    }

    /// Public addresses, and prefixes as their first address.
    pub(super) fn public_addresses(&mut self) {
        for item in self.take("microsoft.network/publicipaddresses") {
            let view = item.view();
            let what = described(item);
            let dns = view.object("dnsSettings");
            let sku = view.object("sku").and_then(|sku| sku.text("name"));
            let mut fields = Fields::default();
            let address = view.text("ipAddress");
            if address.is_none() {
                let key = self.keys.key("publicIPAddresses", item);
                self.note(&["publicIPAddresses", &key], "its address is not known yet");
            }
            // Where no SKU is given, Azure's API takes Basic (public-ip-addresses, `sku`).
            let sku = sku.unwrap_or_else(|| "Basic".to_owned());
            fields
                .plain("ipAddress", address)
                .plain(
                    "sku",
                    (!sku.eq_ignore_ascii_case("Standard")).then_some(sku.clone()),
                )
                .text("fqdn", dns.and_then(|dns| dns.text("fqdn")));
            let version = view.text("publicIPAddressVersion");
            fields.plain(
                "publicIPAddressVersion",
                version.filter(|it| !it.eq_ignore_ascii_case("IPv4")),
            );
            // How it is allocated only matters while there is no address.
            view.get("publicIPAllocationMethod");
            self.rest(
                &view,
                "publicipaddresses",
                &Object {
                    what: &what,
                    origin: &item.origin,
                },
            );
            self.emit("publicIPAddresses", item, fields);
        }
        for item in self.take("microsoft.network/publicipprefixes") {
            let view = item.view();
            let what = described(item);
            let mut fields = Fields::default();
            let prefix = view.text("ipPrefix");
            let first = prefix
                .as_deref()
                .and_then(|prefix| prefix.split('/').next().map(str::to_owned));
            fields.plain("ipAddress", first);
            let of = Object {
                what: &what,
                origin: &item.origin,
            };
            self.leave(
                of.origin,
                what.as_str(),
                "a prefix stands in the topology by its first address",
            );
            view.get("sku");
            self.rest(&view, "publicipprefixes", &of);
            self.emit("publicIPAddresses", item, fields);
        }
    }

    /// NAT gateways; which subnets have one is said there.
    pub(super) fn nat_gateways(&mut self) {
        for item in self.take("microsoft.network/natgateways") {
            let view = item.view();
            let what = described(item);
            let of = Object {
                what: &what,
                origin: &item.origin,
            };
            let mut addresses = Vec::new();
            for key in [
                "publicIpAddresses",
                "publicIpAddressesV6",
                "publicIpPrefixes",
                "publicIpPrefixesV6",
            ] {
                addresses.extend(self.refer_all(&view, key, &of));
            }
            let mut fields = Fields::default();
            fields.list("publicIPAddresses", addresses.iter().map(text).collect());
            let idle = view
                .number("idleTimeoutInMinutes")
                .filter(|minutes| *minutes != 4);
            fields.plain("idleTimeoutInMinutes", idle);
            let sku = view.object("sku").and_then(|sku| sku.text("name"));
            fields.put(
                "sku",
                sku.filter(|sku| !sku.eq_ignore_ascii_case("Standard"))
                    .map(plain),
            );
            self.rest(&view, "natgateways", &of);
            self.emit("natGateways", item, fields);
        }
    }

    /// IP groups.
    pub(super) fn ip_groups(&mut self) {
        for item in self.take("microsoft.network/ipgroups") {
            let view = item.view();
            let what = described(item);
            let entries = plains(view.texts("ipAddresses"));
            self.rest(
                &view,
                "ipgroups",
                &Object {
                    what: &what,
                    origin: &item.origin,
                },
            );
            let key = self.keys.key("ipGroups", item);
            self.emitted.insert(super::fold(&item.id), key.clone());
            let path = super::Path::of(&["ipGroups", &key]);
            self.origins.push((path, item.origin.clone()));
            self.put("ipGroups", &key, super::Node::List(entries));
        }
    }

    /// Where a child came from, if it is a resource of its own: `way` is the section and the key of the children.
    pub(super) fn child_origin(
        &mut self,
        way: &[&'static str; 2],
        parent: &super::Item,
        child: &super::Child,
    ) {
        let key = self.keys.key(way[0], parent);
        let path = super::Path::of(&[way[0], &key, way[1], &child.name]);
        if child.own {
            self.foretold(&path, &child.predicted);
            self.origins.push((path, child.origin.clone()));
        } else {
            self.parts.push((path, child.origin.clone()));
        }
    }

    /// Says that values of what stands at a path are predicted, or rest on what stands for a parameter.
    pub(super) fn foretold(&mut self, path: &super::Path, predicted: &[String]) {
        let mut names: Vec<&str> = Vec::new();
        for name in predicted
            .iter()
            .filter_map(|pointer| of_the_network(pointer))
        {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        if names.is_empty() {
            return;
        }
        self.notes
            .push((path.clone(), format!("predicted: {}", names.join(", "))));
        let address = |name: &&str| {
            let name = name.to_ascii_lowercase();
            name.contains("address") || name.contains("prefix")
        };
        if names.iter().any(address) {
            self.predicted.push(path.clone());
        }
    }

    /// Something to be said of what stands at a path.
    pub(super) fn note(&mut self, path: &[&str], note: &str) {
        self.notes.push((super::Path::of(path), note.to_owned()));
    }
}

/// The member that a JSON pointer leads to, where it is one that a topology has: names link what stands there, and
/// what a machine holds inside does not matter.
fn of_the_network(pointer: &str) -> Option<&str> {
    const NAMES: [&str; 6] = [
        "id",
        "name",
        "type",
        "location",
        "customDnsConfigs",
        "networkInterfaces",
    ];
    const OTHERS: [&str; 7] = [
        "/tags",
        "/identity",
        "/plan",
        "/properties/osProfile",
        "/properties/diagnosticsProfile",
        "/properties/storageProfile",
        "/properties/dnsSettings",
    ];
    let mut steps = pointer.rsplit('/');
    let name = steps.find(|step| step.parse::<usize>().is_err())?;
    let other = OTHERS.iter().any(|start| pointer.starts_with(start));
    match name {
        "" => Some("that it is there"),
        name if other || NAMES.contains(&name) => None,
        name => Some(name),
    }
}
