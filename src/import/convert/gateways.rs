//! Gateways and what they are connected to; Route Servers (`rest/api/network-gateway/virtual-network-gateways`,
//! `local-network-gateways`, `virtual-network-gateway-connections`, `rest/api/expressroute/express-route-circuits`,
//! `rest/api/virtualwan/virtual-hubs`).

use super::fields::{Fields, plain, plains, text};
use super::{Converter, Item, Object, View, described, fold};

impl Converter<'_> {
    /// Local network gateways, gateways, circuits, then what connects them.
    pub(super) fn gateways(&mut self) {
        for item in self.take("microsoft.network/localnetworkgateways") {
            self.local_gateway(item);
        }
        for item in self.take("microsoft.network/virtualnetworkgateways") {
            self.gateway(item);
        }
        for item in self.take("microsoft.network/expressroutecircuits") {
            self.circuit(item);
        }
        for item in self.take("microsoft.network/connections") {
            self.connection(item);
        }
    }

    fn local_gateway(&mut self, item: &Item) {
        let view = item.view();
        let what = described(item);
        let mut fields = Fields::default();
        fields
            .plain("gatewayIpAddress", view.text("gatewayIpAddress"))
            .text("fqdn", view.text("fqdn"));
        let space = view
            .object("localNetworkAddressSpace")
            .map(|space| space.texts("addressPrefixes"));
        fields.list("addressSpace", plains(space.unwrap_or_default()));
        if let Some(bgp) = view.object("bgpSettings") {
            fields
                .plain("asn", bgp.text("asn"))
                .plain("bgpPeeringAddress", bgp.text("bgpPeeringAddress"));
        }
        self.rest(
            &view,
            "localnetworkgateways",
            &Object {
                what: &what,
                origin: &item.origin,
            },
        );
        self.emit("localNetworkGateways", item, fields);
    }

    fn gateway(&mut self, item: &Item) {
        let view = item.view();
        let what = described(item);
        let of = Object {
            what: &what,
            origin: &item.origin,
        };
        let homes = view.objects("ipConfigurations");
        let Some(subnet) = self.home(homes.first(), &of) else {
            return;
        };
        let kind = view.text("gatewayType").unwrap_or_else(|| "Vpn".to_owned());
        if kind.eq_ignore_ascii_case("LocalGateway") {
            self.leave(of.origin, of.what, "gateways of this type are not modelled");
            return;
        }
        let network = subnet
            .rsplit_once('/')
            .map_or(subnet.as_str(), |(network, _)| network);
        let mut fields = Fields::default();
        fields
            .text("virtualNetwork", Some(network))
            .plain("gatewayType", Some(kind));
        fields.put(
            "sku",
            view.object("sku")
                .and_then(|sku| sku.text("name"))
                .map(plain),
        );
        fields.put("vpnType", view.text("vpnType").map(plain));
        fields.flag("enableBgp", view.flag("enableBgp"), false);
        let active = view.flag("activeActive").or_else(|| view.flag("active"));
        fields.flag("activeActive", active, false);
        if let Some(bgp) = view.object("bgpSettings") {
            fields.plain("asn", bgp.text("asn"));
            let mut addresses = Vec::new();
            for own in bgp.objects("bgpPeeringAddresses") {
                let custom = own.texts("customBgpIpAddresses");
                let used = if custom.is_empty() {
                    own.texts("defaultBgpIpAddresses")
                } else {
                    custom
                };
                addresses.extend(used.into_iter().take(1));
            }
            if addresses.is_empty() {
                let text = bgp.text("bgpPeeringAddress").unwrap_or_default();
                addresses.extend(
                    text.split(',')
                        .map(|it| it.trim().to_owned())
                        .filter(|it| !it.is_empty()),
                );
            }
            fields.list("bgpPeeringAddresses", plains(addresses));
        }
        let mut addresses = Vec::new();
        for home in &homes {
            addresses.extend(self.refer(home, "publicIPAddress", &of));
        }
        fields.list("publicIPAddresses", addresses.iter().map(text).collect());
        fields.text("defaultSite", self.refer(&view, "gatewayDefaultSite", &of));
        let clients = view.object("vpnClientConfiguration");
        let pool = clients.and_then(|clients| clients.object("vpnClientAddressPool"));
        let pool = pool
            .map(|pool| pool.texts("addressPrefixes"))
            .unwrap_or_default();
        fields.list("vpnClientAddressPool", plains(pool));
        self.rest(&view, "virtualnetworkgateways", &of);
        self.emit("virtualNetworkGateways", item, fields);
    }

    fn circuit(&mut self, item: &Item) {
        let view = item.view();
        let what = described(item);
        let of = Object {
            what: &what,
            origin: &item.origin,
        };
        let provider = view.object("serviceProviderProperties");
        let mut fields = Fields::default();
        if let Some(provider) = &provider {
            fields
                .text("peeringLocation", provider.text("peeringLocation"))
                .plain("bandwidthInMbps", provider.number("bandwidthInMbps"));
        }
        let routes = format!("the routes of {what}");
        self.leave(
            of.origin,
            routes,
            "what a circuit advertises is in no export; state it as `advertisedPrefixes`",
        );
        for peering in self.children(&item.id, &view, &item.origin, "peerings", "peerings") {
            // Its numbers are those of the link, which is taken to be complete.
            self.done.insert(fold(&peering.id));
        }
        self.rest(&view, "expressroutecircuits", &of);
        self.emit("expressRouteCircuits", item, fields);
    }

    fn connection(&mut self, item: &Item) {
        let view = item.view();
        let what = described(item);
        let of = Object {
            what: &what,
            origin: &item.origin,
        };
        let Some(gateway) = self.refer(&view, "virtualNetworkGateway1", &of) else {
            self.leave(of.origin, of.what, "its gateway is not known");
            return;
        };
        let ends = [
            (
                "localNetworkGateway",
                self.refer(&view, "localNetworkGateway2", &of),
            ),
            (
                "remoteVirtualNetworkGateway",
                self.refer(&view, "virtualNetworkGateway2", &of),
            ),
            ("expressRouteCircuit", self.refer(&view, "peer", &of)),
        ];
        if ends.iter().all(|(_, end)| end.is_none()) {
            self.leave(of.origin, of.what, "its other end is not known");
            return;
        }
        let mut fields = Fields::default();
        fields.text("virtualNetworkGateway", Some(gateway));
        for (key, end) in ends {
            fields.text(key, end);
        }
        let status = view
            .text("connectionStatus")
            .filter(|status| !status.eq_ignore_ascii_case("Connected"));
        fields
            .put("connectionStatus", status.map(plain))
            .flag("enableBgp", view.flag("enableBgp"), false)
            .plain(
                "routingWeight",
                view.number("routingWeight").filter(|weight| *weight != 0),
            );
        fields.put("connectionType", view.text("connectionType").map(plain));
        self.rest(&view, "connections", &of);
        self.emit("connections", item, fields);
    }

    /// Route Servers, which Azure keeps as virtual hubs without a virtual WAN.
    pub(super) fn route_servers(&mut self) {
        for item in self.take("microsoft.network/virtualhubs") {
            let view = item.view();
            let what = described(item);
            let of = Object {
                what: &what,
                origin: &item.origin,
            };
            let own = "ipConfigurations";
            let homes = self.children(&item.id, &view, &item.origin, own, own);
            if view.id("virtualWan").is_some()
                || (homes.is_empty() && view.text("addressPrefix").is_some())
            {
                self.leave(of.origin, of.what, "virtual WANs are not modelled");
                continue;
            }
            let home = homes.first();
            let home = home.map(|home| View::of(&home.body));
            let Some(subnet) = self.home(home.as_ref(), &of) else {
                continue;
            };
            let mut fields = Fields::default();
            fields.text("subnet", Some(&subnet));
            fields.text(
                "publicIPAddress",
                home.and_then(|home| self.refer(&home, "publicIPAddress", &of)),
            );
            fields.flag(
                "branchToBranchTraffic",
                view.flag("allowBranchToBranchTraffic"),
                false,
            );
            let preference = view.text("hubRoutingPreference");
            fields.put(
                "hubRoutingPreference",
                preference.filter(|it| it != "ExpressRoute").map(plain),
            );
            let network = subnet
                .rsplit_once('/')
                .map(|(network, _)| network.to_owned());
            let mut peers = Vec::new();
            let own = "bgpConnections";
            for child in self.children(&item.id, &view, &item.origin, own, own) {
                let view = View::of(&child.body);
                let what = format!("{what}/{own}/{}", child.name);
                let part = Object {
                    what: &what,
                    origin: &child.origin,
                };
                let address = view.text("peerIp");
                let near = address
                    .as_deref()
                    .and_then(|address| self.holder(address, network.as_deref()));
                let peer = near.or_else(|| self.holder(address.as_deref()?, None));
                let Some(peer) = peer else {
                    self.leave(
                        part.origin,
                        part.what,
                        "no machine that is known has the peer's address",
                    );
                    continue;
                };
                let mut fields = Fields::default();
                fields
                    .text("peer", Some(peer))
                    .plain("asn", view.text("peerAsn"));
                self.leave(
                    part.origin,
                    format!("the routes of {what}"),
                    "what a peer advertises is in no export; state it as `advertisedPrefixes`",
                );
                self.rest(&view, "virtualhubs/bgpconnections", &part);
                peers.push((child.name, fields.node()));
            }
            fields.map(own, peers);
            view.get("sku");
            view.get("addressPrefix");
            self.rest(&view, "virtualhubs", &of);
            self.emit("routeServers", item, fields);
        }
    }
}
