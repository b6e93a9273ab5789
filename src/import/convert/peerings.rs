//! Peerings (`rest/api/virtualnetwork/virtual-network-peerings`), also with networks that are not among the
//! inputs: of those a peering tells the address space.

use std::collections::HashMap;

use super::fields::{Fields, text};
use super::{Child, Converter, Item, Object, View, described, fold};
use crate::import::id::ArmId;
use crate::spec::node::Node;

/// A network that only a peering tells of.
#[derive(Debug)]
pub(super) struct Stranger {
    pub(super) key: String,
    pub(super) item: Item,
    pub(super) prefixes: Vec<String>,
    /// The other side's peering, where this one says that it is there: its name, and the network it leads to.
    pub(super) back: Option<(String, String)>,
}

impl Converter<'_> {
    /// The peerings of each network, by its id in lower case.
    pub(super) fn peerings(
        &mut self,
        networks: &[(Item, String)],
    ) -> HashMap<String, Vec<(String, Node)>> {
        let mut all = HashMap::new();
        for (item, key) in networks {
            let view = item.view();
            let inline = ["virtualNetworkPeerings", "peerings"]
                .into_iter()
                .find(|key| view.get(key).is_some());
            let inline = inline.unwrap_or("virtualNetworkPeerings");
            let children = self.children(
                &item.id,
                &view,
                &item.origin,
                inline,
                "virtualNetworkPeerings",
            );
            let mut written = Vec::new();
            for peering in children {
                let what = format!(
                    "{}/virtualNetworkPeerings/{}",
                    described(item),
                    peering.name
                );
                let of = Object {
                    what: &what,
                    origin: &peering.origin,
                };
                if let Some(node) = self.peering(&peering, key, &of) {
                    self.child_origin(&["virtualNetworks", "peerings"], item, &peering);
                    written.push((peering.name, node));
                }
            }
            all.insert(fold(&item.id), written);
        }
        all
    }

    fn peering(&mut self, peering: &Child, network: &str, of: &Object<'_>) -> Option<Node> {
        let view = View::of(&peering.body);
        let Some(remote) = view.id("remoteVirtualNetwork") else {
            self.leave(
                of.origin,
                of.what,
                "the network that it leads to is not known",
            );
            return None;
        };
        let state = view.text("peeringState");
        let connected = state
            .as_deref()
            .is_some_and(|state| state.eq_ignore_ascii_case("Connected"));
        let known = self.known(&remote);
        let strange = known.is_none();
        let target = match known {
            Some(key) => key,
            None => self.stranger(&view, &remote, network, connected, of)?,
        };
        let mut fields = Fields::default();
        fields
            .text("remoteVirtualNetwork", Some(target))
            .flag(
                "allowVirtualNetworkAccess",
                view.flag("allowVirtualNetworkAccess"),
                true,
            )
            .flag(
                "allowForwardedTraffic",
                view.flag("allowForwardedTraffic"),
                false,
            )
            .flag(
                "allowGatewayTransit",
                view.flag("allowGatewayTransit"),
                false,
            );
        let remote_gateways = view.flag("useRemoteGateways");
        if strange && remote_gateways == Some(true) {
            let what = format!("`useRemoteGateways` of {}", of.what);
            self.leave(
                of.origin,
                what,
                "the network that has the gateway is not among the inputs",
            );
        } else {
            fields.flag("useRemoteGateways", remote_gateways, false);
        }
        // Connected is what it is where both sides are there.
        fields.plain("peeringState", state.filter(|_| !connected));
        fields.flag("peerCompleteVnets", view.flag("peerCompleteVnets"), true);
        let local = view.texts("localSubnetNames");
        let remote = view.texts("remoteSubnetNames");
        fields.list("localSubnetNames", local.iter().map(text).collect());
        fields.list("remoteSubnetNames", remote.iter().map(text).collect());
        fields.flag(
            "enableOnlyIPv6Peering",
            view.flag("enableOnlyIPv6Peering"),
            false,
        );
        self.rest(&view, "virtualnetworks/virtualnetworkpeerings", of);
        Some(fields.node())
    }

    /// The key of a network that only this peering tells of.
    fn stranger(
        &mut self,
        peering: &View<'_>,
        remote: &str,
        network: &str,
        connected: bool,
        of: &Object<'_>,
    ) -> Option<String> {
        let spaces = ["remoteVirtualNetworkAddressSpace", "remoteAddressSpace"];
        let prefixes = spaces
            .into_iter()
            .filter_map(|key| Some(peering.object(key)?.texts("addressPrefixes")))
            .find(|prefixes| !prefixes.is_empty());
        let parsed = ArmId::parse(remote);
        let (Some(prefixes), Some(id)) = (prefixes, parsed) else {
            let reason = format!(
                "`{}` is not among the inputs, and the peering does not tell its address space",
                super::short(remote)
            );
            self.leave(of.origin, of.what, reason);
            return None;
        };
        let reason = format!(
            "of `{}`, which is not among the inputs, only its address space is carried over",
            super::short(remote)
        );
        self.leave(of.origin, of.what, reason);
        let known = self
            .strange
            .iter()
            .find(|stranger| fold(&stranger.item.id) == fold(remote));
        if let Some(known) = known {
            return Some(known.key.clone());
        }
        let item = Item::absent(&id, of.origin);
        let key = self.keys.key("virtualNetworks", &item);
        let own = network.rsplit('/').next().unwrap_or(network);
        self.strange.push(Stranger {
            key: key.clone(),
            item,
            prefixes,
            back: connected.then(|| (format!("to-{own}"), network.to_owned())),
        });
        Some(key)
    }
}
