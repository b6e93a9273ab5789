//! Whether two networks have the same ends, in the same order: then nothing needs to be looked up by its name.

use crate::network::{Arena, Identity, Network};

/// Whether everything that flows start and end at is on one network what it is on another, under the same number.
/// What is not in the same order is looked up by name, and so is no twin.
#[must_use]
pub fn are_twins(was: &Network, is: &Network) -> bool {
    // First the NICs, of which there are most.
    alike(&was.nics, &is.nics, |a, b| {
        a.machine == b.machine
            && a.name == b.name
            && a.addresses.len() == b.addresses.len()
            && a.addresses
                .iter()
                .zip(&b.addresses)
                .all(|(a, b)| a.address == b.address && a.public_ip == b.public_ip)
    }) && alike(&was.machines, &is.machines, |a, b| {
        named(&a.identity, &b.identity)
            && (&a.nics, a.primary_nic, a.kind) == (&b.nics, b.primary_nic, b.kind)
    }) && alike(&was.fixtures, &is.fixtures, |a, b| {
        named(&a.identity, &b.identity)
            && (&a.addresses, a.kind, a.down) == (&b.addresses, b.kind, b.down)
            && a.public_ips == b.public_ips
    }) && alike(&was.public_ips, &is.public_ips, |a, b| {
        named(&a.identity, &b.identity) && a.address == b.address
    }) && was.public_owners == is.public_owners
        && alike(&was.nat_gateways, &is.nat_gateways, |a, b| {
            named(&a.identity, &b.identity)
        })
        && alike(&was.sites, &is.sites, |a, b| {
            (&a.name, &a.address_space) == (&b.name, &b.address_space)
        })
        && alike(&was.site_hosts, &is.site_hosts, |a, b| {
            (a.site, &a.name, a.address) == (b.site, &b.name, b.address)
        })
        && alike(&was.internet_hosts, &is.internet_hosts, |a, b| {
            (&a.name, &a.addresses) == (&b.name, &b.addresses)
        })
        && alike(&was.services, &is.services, |a, b| {
            named(&a.identity, &b.identity) && a.public_ip_address == b.public_ip_address
        })
        && alike(&was.gateways, &is.gateways, |a, b| {
            named(&a.identity, &b.identity)
                && (&a.clients, &a.client_pool) == (&b.clients, &b.client_pool)
        })
}

fn alike<T>(was: &Arena<T>, is: &Arena<T>, same: impl Fn(&T, &T) -> bool) -> bool {
    let both = || was.iter().zip(is.iter());
    was.len() == is.len() && both().all(|((_, a), (_, b))| same(a, b))
}

fn named(a: &Identity, b: &Identity) -> bool {
    a.section == b.section && a.name == b.name
}
