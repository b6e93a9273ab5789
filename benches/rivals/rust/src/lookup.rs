//! The longest prefix of a route table.

use std::net::Ipv4Addr;

use dryhop::net::AddressMap;
use ipnet::{IpNet, Ipv4Net};

use crate::work::Random;
use crate::{Fault, measured};

/// A million look-ups in a table of `count` routes; the sum of what is found.
pub fn look_up(how: &str, count: usize) -> Result<(), Fault> {
    let mut random = Random::new();
    let mut routes = vec![(Ipv4Net::new(Ipv4Addr::UNSPECIFIED, 0)?, 0)];
    for value in 1..count as u32 {
        let [b, c] = [256; 2].map(|count| random.below(count) as u8);
        let length = random.one(&[16, 24, 24, 24, 28, 32]);
        let net = Ipv4Net::new(Ipv4Addr::new(10, b % 32, c, 128), length)?.trunc();
        if routes.iter().all(|(known, _)| *known != net) {
            routes.push((net, value));
        }
    }
    let addresses: Vec<Ipv4Addr> = (0..1_000_000)
        .map(|_| Ipv4Addr::from(0x0a00_0000 | random.below(1 << 21) as u32))
        .collect();
    let sum = |of: &dyn Fn(Ipv4Addr) -> u32| {
        let found = addresses.iter().map(|address| u64::from(of(*address)));
        found.sum::<u64>()
    };
    match how {
        "dryhop" => {
            let routes = routes.iter().map(|(net, value)| (IpNet::V4(*net), *value));
            let map = AddressMap::longest_prefix(routes);
            measured(|| {
                let found = addresses.iter().map(|address| map.get((*address).into()));
                found
                    .map(|value| u64::from(value.unwrap_or(0)))
                    .sum::<u64>()
            });
        }
        "prefix-trie" => {
            let map: prefix_trie::PrefixMap<Ipv4Net, u32> = routes.into_iter().collect();
            measured(|| {
                sum(&|address| {
                    map.get_lpm(&Ipv4Net::from(address))
                        .map_or(0, |(_, value)| *value)
                })
            });
        }
        "iptrie" => {
            let mut map = iptrie::Ipv4RTrieMap::with_root(0);
            for (net, value) in routes {
                map.insert(net.to_string().parse::<iptrie::Ipv4Prefix>()?, value);
            }
            let map = map.compress();
            measured(|| sum(&|address| *map.lookup(&address).1));
        }
        _ => return Err(format!("`{how}` is not known").into()),
    }
    Ok(())
}
