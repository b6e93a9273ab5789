//! Private addresses: stated ones first, then the first free one of the subnet for each that is not
//! stated, in the order of the format (`virtual-networks-faq`: the first four and the last address of
//! a subnet are reserved).

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::Resolver;
use super::spot::Spot;
use crate::diagnostic::{Code, Diagnostic};
use crate::network::{Fixture, Id, Nic, Subnet};

/// How many addresses at the start of a subnet are Azure's: the network's, the gateway's, two for DNS.
const RESERVED: u128 = 4;

/// Somebody who needs an address of a subnet.
#[derive(Debug)]
pub(super) struct Claim<'a> {
    /// The subnet.
    pub(super) subnet: Id<Subnet>,
    /// The address, where it is stated.
    pub(super) stated: Option<IpAddr>,
    /// Whether one of IPv6 is wanted.
    pub(super) v6: bool,
    /// Where the address stands, or would.
    pub(super) spot: Spot<'a>,
    /// Whose it will be.
    pub(super) holder: Holder,
}

/// Whose an address is, and the how many-th of its addresses.
#[derive(Debug, Clone, Copy)]
pub(super) enum Holder {
    Nic(Id<Nic>, usize),
    Fixture(Id<Fixture>, usize),
}

/// How far the addresses of a subnet are handed out.
#[derive(Debug, Default)]
struct Cursor {
    prefix: usize,
    offset: u128,
}

impl<'a> Resolver<'a> {
    /// Gives every claim its address.
    pub(super) fn settle_addresses(&mut self) {
        let claims = std::mem::take(&mut self.claims);
        let mut taken: HashMap<(Id<Subnet>, IpAddr), usize> = HashMap::with_capacity(claims.len());
        for (index, claim) in claims.iter().enumerate() {
            let Some(address) = claim.stated else {
                continue;
            };
            self.assign(claim.holder, address, false);
            if !self.fits(claim, address) {
                continue;
            }
            if let Some(first) = taken.get(&(claim.subnet, address)) {
                let fault =
                    Diagnostic::new(Code::AddressTaken, format!("`{address}` is taken already"))
                        .at(claim.spot.path())
                        .also(claims[*first].spot.path(), "by this")
                        .help("leave it out, and the first free address is assigned");
                self.faults.push(fault);
            } else {
                taken.insert((claim.subnet, address), index);
            }
        }
        let mut cursors: HashMap<(Id<Subnet>, bool), Cursor> = HashMap::new();
        let mut full: HashSet<(Id<Subnet>, bool)> = HashSet::new();
        for (index, claim) in claims.iter().enumerate() {
            if claim.stated.is_some() {
                continue;
            }
            let prefixes = &self.network.subnets[claim.subnet].prefixes;
            // A subnet of IPv6 alone has nothing else to give.
            let v6 = claim.v6 || prefixes.iter().all(|prefix| prefix.addr().is_ipv6());
            let cursor = cursors.entry((claim.subnet, v6)).or_default();
            let free = next_free(prefixes, v6, cursor, |address| {
                taken.contains_key(&(claim.subnet, address))
            });
            match free {
                Some(address) => {
                    taken.insert((claim.subnet, address), index);
                    self.assign(claim.holder, address, true);
                }
                None if full.insert((claim.subnet, v6)) => self.subnet_full(claim, v6),
                None => {}
            }
        }
    }

    fn assign(&mut self, holder: Holder, address: IpAddr, assumed: bool) {
        match holder {
            Holder::Nic(nic, index) => {
                if let Some(own) = self.network.nics[nic].addresses.get_mut(index) {
                    own.address = address;
                    own.assumed = assumed;
                }
            }
            Holder::Fixture(fixture, index) => {
                if let Some(own) = self.network.fixtures[fixture].addresses.get_mut(index) {
                    *own = address;
                }
            }
        }
    }

    /// Whether a stated address may be used in its subnet.
    fn fits(&mut self, claim: &Claim<'a>, address: IpAddr) -> bool {
        let subnet = &self.network.subnets[claim.subnet];
        let Some(prefix) = subnet
            .prefixes
            .iter()
            .find(|prefix| prefix.contains(&address))
        else {
            let ranges: Vec<String> = subnet.prefixes.iter().map(|p| format!("`{p}`")).collect();
            let message = format!(
                "`{address}` lies outside the subnet `{}`",
                self.subnet_name(claim.subnet)
            );
            let fault = Diagnostic::new(Code::AddressOutsideSubnet, message)
                .at(claim.spot.path())
                .also(self.prefix_spot(claim.subnet).path(), "the subnet's range")
                .help(format!("the subnet has {}", ranges.join(", ")));
            self.faults.push(fault);
            return false;
        };
        let (first, last) = bounds(prefix);
        let at = number(address);
        if at < first.saturating_add(RESERVED) || at == last {
            let message = format!("`{address}` is one of those that Azure keeps in `{prefix}`");
            let fault = Diagnostic::new(Code::AddressReserved, message)
                .at(claim.spot.path())
                .also(self.prefix_spot(claim.subnet).path(), "the subnet's range")
                .help("the first four and the last address of a subnet are Azure's");
            self.faults.push(fault);
            return false;
        }
        true
    }

    fn subnet_full(&mut self, claim: &Claim<'a>, v6: bool) {
        let name = self.subnet_name(claim.subnet);
        let family = if v6 { "IPv6" } else { "IPv4" };
        let message = format!("the subnet `{name}` has no free {family} address left");
        let fault = Diagnostic::new(Code::SubnetFull, message)
            .at(claim.spot.path())
            .also(self.prefix_spot(claim.subnet).path(), "the subnet's range");
        self.faults.push(fault);
    }
}

fn next_free(
    prefixes: &[IpNet],
    v6: bool,
    cursor: &mut Cursor,
    taken: impl Fn(IpAddr) -> bool,
) -> Option<IpAddr> {
    while let Some(prefix) = prefixes.get(cursor.prefix) {
        let (first, last) = bounds(prefix);
        if prefix.addr().is_ipv6() == v6 {
            loop {
                let at = first.saturating_add(RESERVED).saturating_add(cursor.offset);
                if at >= last {
                    break;
                }
                cursor.offset += 1;
                let address = address(at, v6);
                if !taken(address) {
                    return Some(address);
                }
            }
        }
        cursor.prefix += 1;
        cursor.offset = 0;
    }
    None
}

fn bounds(prefix: &IpNet) -> (u128, u128) {
    (number(prefix.network()), number(prefix.broadcast()))
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    }
}

fn address(number: u128, v6: bool) -> IpAddr {
    match u32::try_from(number) {
        Ok(number) if !v6 => IpAddr::V4(Ipv4Addr::from(number)),
        _ => IpAddr::V6(Ipv6Addr::from(number)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // `virtual-networks-faq`.
    #[test]
    fn the_first_free_address_is_the_fourth() {
        let prefixes = [
            "10.0.0.0/29".parse().unwrap(),
            "10.0.1.0/29".parse().unwrap(),
        ];
        let mut cursor = Cursor::default();
        let mut found = Vec::new();
        while let Some(next) = next_free(&prefixes, false, &mut cursor, |a| {
            a.to_string() == "10.0.0.5"
        }) {
            found.push(next.to_string());
        }
        assert_eq!(
            found,
            ["10.0.0.4", "10.0.0.6", "10.0.1.4", "10.0.1.5", "10.0.1.6"]
        );
        assert_eq!(
            next_free(&prefixes, true, &mut Cursor::default(), |_| false),
            None
        );
    }
}
