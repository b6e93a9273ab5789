//! Virtual machines and scale sets (`rest/api/compute/virtual-machines`, `virtual-machine-scale-sets`), with the
//! NICs that belong to them.

use std::collections::{HashMap, HashSet};

use super::fields::{Fields, plain};
use super::interfaces::{Interface, NicEntry};
use super::{Converter, Item, Object, View, described, fold, last};
use crate::import::id::ArmId;
use crate::spec::node::Node;

/// Where a machine goes that forwards, and where one goes that does not.
const FORWARDING: &str = "networkVirtualAppliances";
const PLAIN: &str = "virtualMachines";

impl<'s> Converter<'s> {
    /// All machines; NICs that no machine has stand for one that is not there.
    pub(super) fn machines(&mut self) {
        let cards: Vec<&'s Item> = self
            .store
            .of("microsoft.network/networkinterfaces")
            .collect();
        let mut placed: HashSet<String> = HashSet::new();
        let mut owned: Owned<'s> = Owned::new();
        for card in &cards {
            if let Some(owner) = card.view().id("virtualMachine") {
                owned.entry(fold(&owner)).or_default().push(card);
            }
        }
        let endpoints = self.endpoint_cards();
        for item in self.take("microsoft.compute/virtualmachines") {
            let ids = cards_of(item, &owned);
            self.machine(item, &ids, &mut placed);
        }
        for card in &cards {
            let owner = card.view().id("virtualMachine");
            let Some(owner) = owner.filter(|_| !placed.contains(&fold(&card.id))) else {
                continue;
            };
            if let Some(machine) = absent(&owner, card) {
                let ids = cards_of(&machine, &owned);
                let key = self.keys.key(PLAIN, &machine);
                let made = self.machine(&machine, &ids, &mut placed);
                if let Some(section) = made {
                    self.note(&[section, &key], "not among the inputs: only its NICs are");
                }
            }
        }
        self.scale_sets();
        for card in cards {
            if placed.contains(&fold(&card.id)) || endpoints.contains(&fold(&card.id)) {
                self.done.insert(fold(&card.id));
            } else {
                self.unattached(card);
            }
        }
    }

    fn machine(
        &mut self,
        item: &Item,
        cards: &[(String, bool)],
        placed: &mut HashSet<String>,
    ) -> Option<&'static str> {
        let view = item.view();
        let what = described(item);
        let of = Object {
            what: &what,
            origin: &item.origin,
        };
        let mut interfaces: Vec<(Option<Item>, String, bool, Interface)> = Vec::new();
        for (id, primary) in cards {
            let Some(card) = self.store.get(id) else {
                let what = format!("networkInterfaces/{} of {what}", last(id));
                self.leave(of.origin, what, "it is not among the inputs");
                continue;
            };
            if !placed.insert(fold(id)) {
                continue;
            }
            let own = card.view();
            let what = described(card);
            let part = Object {
                what: &what,
                origin: &card.origin,
            };
            let made = self.interface(&own, &part);
            interfaces
                .extend(made.map(|made| (Some(card.clone()), card.name.clone(), *primary, made)));
        }
        let profile = view.object("networkProfile");
        for (index, card) in inline(profile.as_ref()).iter().enumerate() {
            let name = card
                .text("name")
                .unwrap_or_else(|| format!("nic-{}", index + 1));
            let what = format!("{what}/networkInterfaceConfigurations/{name}");
            let made = self.interface(
                card,
                &Object {
                    what: &what,
                    origin: &item.origin,
                },
            );
            let primary = card.flag("primary") == Some(true);
            interfaces.extend(made.map(|made| (None, name, primary, made)));
        }
        if interfaces.is_empty() {
            self.leave(of.origin, of.what, "none of its NICs is known");
            return None;
        }
        let key = self.keys.key(PLAIN, item);
        let forwards = interfaces.iter().any(|(.., made)| made.forwards);
        let section = if forwards { FORWARDING } else { PLAIN };
        let mut fields = self.common(&view);
        fields.text("zone", view.texts("zones").first());
        let power = power(&view);
        fields.plain("powerState", power.filter(|state| *state != "running"));
        self.cards(&mut fields, section, &key, item, interfaces);
        fields.put("guest", guest(&view));
        if forwards {
            self.leave(
                of.origin,
                of.what,
                "what its guest filters and translates is in no export; it is taken to send on everything and to keep state",
            );
        }
        self.rest(&view, "virtualmachines", &of);
        self.emit_as(section, &key, item, fields);
        Some(section)
    }

    /// Writes the NICs of a machine, and keeps what refers to them.
    fn cards(
        &mut self,
        fields: &mut Fields,
        section: &'static str,
        key: &str,
        item: &Item,
        interfaces: Vec<(Option<Item>, String, bool, Interface)>,
    ) {
        let several = interfaces.len() > 1;
        let mut written: Vec<(String, Node)> = Vec::new();
        for (card, name, primary, made) in interfaces {
            let target = if several {
                format!("{key}/{name}")
            } else {
                key.to_owned()
            };
            for user in made.used_by {
                self.backends.entry(user).or_default().push(target.clone());
            }
            let mut own = made.fields;
            own.flag("primary", Some(primary && several), false);
            if let Some(card) = card {
                let elsewhere = !card.group.eq_ignore_ascii_case(&item.group)
                    || !card.subscription.eq_ignore_ascii_case(&item.subscription);
                own.text("id", elsewhere.then_some(&card.id));
                let entry = NicEntry {
                    target,
                    addresses: made.addresses,
                    network: made.network,
                };
                self.nics.insert(fold(&card.id), entry);
                if card.origin != item.origin {
                    let way = [section, key, "networkInterfaces", &name];
                    self.origins.push((super::Path::of(&way), card.origin));
                }
            }
            written.push((name, own.node()));
        }
        fields.map("networkInterfaces", written);
    }

    /// What machines and scale sets have in common.
    fn common(&mut self, view: &View<'_>) -> Fields {
        let mut fields = Fields::default();
        let size = view
            .object("hardwareProfile")
            .and_then(|profile| profile.text("vmSize"));
        fields.text("vmSize", size);
        let group = view.id("proximityPlacementGroup");
        fields.text("proximityPlacementGroup", group.as_deref().map(last));
        fields
    }

    /// A NIC that no machine has: it holds its address, and nothing answers there.
    fn unattached(&mut self, card: &Item) {
        self.done.insert(fold(&card.id));
        let view = card.view();
        let what = described(card);
        let of = Object {
            what: &what,
            origin: &card.origin,
        };
        let Some(made) = self.interface(&view, &of) else {
            return;
        };
        self.leave(
            of.origin,
            of.what,
            "no machine has it; it stands for a deallocated one of its name",
        );
        let key = self.keys.free(PLAIN, &card.name);
        let mut fields = Fields::default();
        fields.plain("powerState", Some("deallocated"));
        self.note(&[PLAIN, &key], "a NIC without a machine");
        self.cards(
            &mut fields,
            PLAIN,
            &key,
            card,
            vec![(Some(card.clone()), card.name.clone(), false, made)],
        );
        self.emit_as(PLAIN, &key, card, fields);
    }

    /// The NICs of private endpoints, whose addresses they have; by id in lower case.
    fn endpoint_cards(&self) -> HashSet<String> {
        let own = self.store.of("microsoft.network/networkinterfaces");
        let own = own.filter(|card| card.view().id("privateEndpoint").is_some());
        let named = self.store.of("microsoft.network/privateendpoints");
        own.map(|card| fold(&card.id))
            .chain(named.flat_map(|endpoint| {
                let ids = endpoint.view().ids("networkInterfaces");
                ids.into_iter().map(|id| fold(&id))
            }))
            .collect()
    }

    fn scale_sets(&mut self) {
        for item in self.take("microsoft.compute/virtualmachinescalesets") {
            let view = item.view();
            let what = described(item);
            let of = Object {
                what: &what,
                origin: &item.origin,
            };
            let template = view.object("virtualMachineProfile");
            let profile = template
                .as_ref()
                .and_then(|template| template.object("networkProfile"));
            let key = self.keys.key("virtualMachineScaleSets", item);
            let mut written = Vec::new();
            for (index, card) in inline(profile.as_ref()).iter().enumerate() {
                let name = card
                    .text("name")
                    .unwrap_or_else(|| format!("nic-{}", index + 1));
                let what = format!("{what}/networkInterfaceConfigurations/{name}");
                let Some(mut made) = self.interface(
                    card,
                    &Object {
                        what: &what,
                        origin: &item.origin,
                    },
                ) else {
                    continue;
                };
                if made.forwards {
                    self.leave(
                        of.origin,
                        of.what,
                        "a scale set whose guests forward is not modelled",
                    );
                }
                for user in made.used_by {
                    self.backends.entry(user).or_default().push(key.clone());
                }
                made.fields
                    .flag("primary", card.flag("primary").filter(|_| index > 0), false);
                written.push((name, made.fields.node()));
            }
            if written.is_empty() {
                self.leave(of.origin, of.what, "none of its NICs is known");
                continue;
            }
            let sku = view.object("sku");
            let capacity = sku.as_ref().and_then(|sku| sku.number("capacity"));
            if capacity.is_none() {
                self.leave(
                    of.origin,
                    format!("`capacity` of {what}"),
                    "it is not known; one instance is taken",
                );
            }
            let mut fields = Fields::default();
            fields.plain("capacity", Some(capacity.unwrap_or(1)));
            fields.list(
                "zones",
                view.texts("zones")
                    .iter()
                    .map(super::fields::text)
                    .collect(),
            );
            fields.text("vmSize", sku.and_then(|sku| sku.text("name")));
            let mode = view.text("orchestrationMode");
            fields.put(
                "orchestrationMode",
                mode.filter(|mode| !mode.eq_ignore_ascii_case("Uniform"))
                    .map(plain),
            );
            let group = view.id("proximityPlacementGroup");
            fields.text("proximityPlacementGroup", group.as_deref().map(last));
            fields.map("networkInterfaces", written);
            fields.put("guest", template.as_ref().and_then(guest));
            self.rest(&view, "virtualmachinescalesets", &of);
            self.emit_as("virtualMachineScaleSets", &key, item, fields);
        }
    }

    /// The machine or NIC that has an address in a network; in any, where none is named.
    pub(super) fn holder(&self, address: &str, network: Option<&str>) -> Option<String> {
        let same = |entry: &&NicEntry| {
            entry.addresses.iter().any(|own| own == address)
                && network.is_none_or(|network| entry.network.eq_ignore_ascii_case(network))
        };
        let mut found: Vec<&NicEntry> = self.nics.values().filter(same).collect();
        // The same address in two networks tells nothing.
        found.dedup_by_key(|entry| entry.network.clone());
        match found.as_slice() {
            [one] => Some(one.target.clone()),
            _ => None,
        }
    }
}

/// The NICs that name a machine, by the machine's id in lower case.
type Owned<'s> = HashMap<String, Vec<&'s Item>>;

/// The NICs of a machine, those that it names first, then those that name it; and whether each is the primary one.
fn cards_of(machine: &Item, owned: &Owned<'_>) -> Vec<(String, bool)> {
    let view = machine.view();
    let profile = view.object("networkProfile");
    let named = profile
        .map(|profile| profile.objects("networkInterfaces"))
        .unwrap_or_default();
    let mut found: Vec<(String, bool)> = named
        .iter()
        .filter_map(|card| Some((card.text("id")?, card.flag("primary") == Some(true))))
        .collect();
    for card in owned.get(&fold(&machine.id)).into_iter().flatten() {
        if !found.iter().any(|(id, _)| fold(id) == fold(&card.id)) {
            found.push((card.id.clone(), card.view().flag("primary") == Some(true)));
        }
    }
    found
}

/// NICs that are described in a machine or scale set itself.
fn inline<'v>(profile: Option<&View<'v>>) -> Vec<View<'v>> {
    profile
        .map(|profile| profile.objects("networkInterfaceConfigurations"))
        .unwrap_or_default()
}

/// A machine of which only a NIC tells.
fn absent(id: &str, card: &Item) -> Option<Item> {
    let parsed = ArmId::parse(id)?;
    let location = card.location.clone();
    Some(Item {
        location,
        ..Item::absent(&parsed, &card.origin)
    })
}

/// Whether a machine runs: as `az vm list -d`, an instance view, or Resource Graph says it.
fn power(view: &View<'_>) -> Option<&'static str> {
    let of_view = |view: View<'_>| {
        let statuses = view.objects("statuses");
        let codes = statuses.iter().filter_map(|status| status.text("code"));
        let own = view
            .object("powerState")
            .and_then(|state| state.text("code"));
        codes
            .chain(own)
            .find(|code| code.to_ascii_lowercase().starts_with("powerstate/"))
    };
    let stated = view.text("powerState");
    let text = stated
        .or_else(|| view.object("instanceView").and_then(of_view))
        .or_else(|| {
            view.object("extended")?
                .object("instanceView")
                .and_then(of_view)
        })?;
    let word = text.to_ascii_lowercase();
    Some(
        if word.ends_with("deallocated") || word.ends_with("deallocating") {
            "deallocated"
        } else if word.ends_with("stopped") || word.ends_with("stopping") {
            "stopped"
        } else {
            "running"
        },
    )
}

/// What is told of the operating system.
fn guest(view: &View<'_>) -> Option<Node> {
    let disk = view
        .object("storageProfile")
        .and_then(|storage| storage.object("osDisk"));
    let profile = view.object("osProfile");
    let configured = |key: &str| {
        profile
            .as_ref()
            .is_some_and(|profile| profile.get(key).is_some())
    };
    let os = disk.and_then(|disk| disk.text("osType")).or_else(|| {
        if configured("linuxConfiguration") {
            Some("Linux".to_owned())
        } else {
            configured("windowsConfiguration").then(|| "Windows".to_owned())
        }
    })?;
    let mut fields = Fields::default();
    fields.plain("os", Some(os));
    Some(fields.node())
}
