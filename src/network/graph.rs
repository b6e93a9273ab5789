//! The graph of places that a packet can be and links that it can cross.
//!
//! A VNet is a place too, the fabric between its NICs: with a link from every NIC to every other the
//! graph would grow with the square of the NICs. That each step of a path follows links of this graph
//! is an invariant.

use std::collections::HashMap;

use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;

use super::arena::Id;
use super::edge::{Connection, Fixture, InternetHost, Site};
use super::resources::{Nic, Peering, VirtualNetwork};

/// Where a packet can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// At a machine's NIC.
    Nic(Id<Nic>),
    /// In the fabric of a VNet.
    Network(Id<VirtualNetwork>),
    /// At a platform resource.
    Fixture(Id<Fixture>),
    /// At a site on premises.
    Site(Id<Site>),
    /// On the Internet.
    Internet,
    /// At a listed host on the Internet.
    InternetHost(Id<InternetHost>),
}

/// What a packet crosses from one place to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Link {
    /// Between a NIC or a platform resource and its VNet.
    Local,
    /// From one VNet to its peer; the object of the VNet that is left.
    Peering(Id<Peering>),
    /// Between two NICs of one appliance.
    Inside,
    /// Between a VNet and the Internet, or the Internet and a host on it.
    Internet,
    /// Between a gateway and a site.
    Connection(Id<Connection>),
}

/// The places and links of a network.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    graph: DiGraph<Place, Link>,
    nodes: HashMap<Place, NodeIndex>,
}

impl Graph {
    /// Adds a place, once.
    pub fn place(&mut self, place: Place) -> NodeIndex {
        *self
            .nodes
            .entry(place)
            .or_insert_with(|| self.graph.add_node(place))
    }

    /// Adds a link from one place to another.
    pub fn link(&mut self, from: Place, to: Place, link: Link) {
        if self.between(from, to).is_none() {
            let (from, to) = (self.place(from), self.place(to));
            self.graph.add_edge(from, to, link);
        }
    }

    /// Adds the same link both ways.
    pub fn link_both(&mut self, a: Place, b: Place, link: Link) {
        self.link(a, b, link);
        self.link(b, a, link);
    }

    /// The link from one place to another, where there is one.
    #[must_use]
    pub fn between(&self, from: Place, to: Place) -> Option<Link> {
        let (start, end) = (*self.nodes.get(&from)?, *self.nodes.get(&to)?);
        // A VNet and the Internet have as many links as there are NICs; what is at the other end has few.
        let hub = matches!(from, Place::Network(_) | Place::Internet);
        let edge = if hub {
            self.graph
                .edges_directed(end, Direction::Incoming)
                .find(|edge| edge.source() == start)
        } else {
            self.graph.edges(start).find(|edge| edge.target() == end)
        };
        edge.map(|edge| *edge.weight())
    }

    /// The graph itself.
    #[must_use]
    pub const fn petgraph(&self) -> &DiGraph<Place, Link> {
        &self.graph
    }
}
