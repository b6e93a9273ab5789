//! What places are called on every side, each looked up when it is first asked for.

use std::sync::{Arc, OnceLock};

use super::world::{Cards, Key};
use crate::network::{Id, Network, Nic, Place};

/// The names of a network's places.
#[derive(Debug)]
pub struct Labels<'n> {
    /// The network.
    pub network: &'n Network,
    /// What NICs are called.
    pub cards: Arc<Cards>,
    nics: Vec<OnceLock<Key>>,
    vnets: Vec<OnceLock<Key>>,
    fixtures: Vec<OnceLock<Key>>,
}

impl<'n> Labels<'n> {
    /// Of a network, its NICs named as `cards` says.
    #[must_use]
    pub fn of(network: &'n Network, cards: &Arc<Cards>) -> Self {
        let cells = |count| std::iter::repeat_with(OnceLock::new).take(count).collect();
        Self {
            network,
            cards: Arc::clone(cards),
            nics: cells(network.nics.len()),
            vnets: cells(network.vnets.len()),
            fixtures: cells(network.fixtures.len()),
        }
    }

    /// What a place is called.
    #[must_use]
    pub fn get(&self, place: Place) -> Key {
        let other = || -> Key { self.network.place_name(place).to_lowercase().into() };
        let kept = match place {
            Place::Nic(id) => self.nics.get(id.index()),
            Place::Network(id) => self.vnets.get(id.index()),
            Place::Fixture(id) => self.fixtures.get(id.index()),
            _ => None,
        };
        let make = || match place {
            Place::Nic(id) => self.of_nic(id),
            _ => other(),
        };
        kept.map_or_else(make, |kept| Arc::clone(kept.get_or_init(make)))
    }

    fn of_nic(&self, id: Id<Nic>) -> Key {
        let machine = self.network.nics[id].machine;
        let machine = self.network.machines[machine].identity.name.to_lowercase();
        match self.cards.suffix(self.network, id) {
            None => machine.into(),
            Some(name) => format!("{machine}/{name}").into(),
        }
    }

    /// Every place, with what it is called.
    pub fn all(&self) -> impl Iterator<Item = (Place, Key)> + '_ {
        let network = self.network;
        let nics = network.nics.iter().map(|(id, _)| Place::Nic(id));
        let vnets = network.vnets.iter().map(|(id, _)| Place::Network(id));
        let fixtures = network.fixtures.iter().map(|(id, _)| Place::Fixture(id));
        let sites = network.sites.iter().map(|(id, _)| Place::Site(id));
        let hosts = network.internet_hosts.iter();
        let hosts = hosts.map(|(id, _)| Place::InternetHost(id));
        let all = nics.chain(vnets).chain(fixtures).chain(sites).chain(hosts);
        let all = all.chain([Place::Internet]);
        all.map(|place| (place, self.get(place)))
    }
}
