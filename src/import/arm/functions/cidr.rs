//! `template-functions-cidr`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::super::value::{Data, Result, Value, fail};
use super::Arguments;

pub(super) const NAMES: &[&str] = &["cidrhost", "cidrsubnet", "parsecidr"];

pub(super) fn call(name: &str, values: &[Value]) -> Option<Result<Value>> {
    let a = Arguments::new(name, values);
    Some(match name {
        "cidrhost" => host(&a).map(Value::from),
        "cidrsubnet" => subnet(&a).map(Value::from),
        "parsecidr" => parse(&a),
        _ => return None,
    })
}

fn network(a: &Arguments<'_>) -> Result<IpNet> {
    match a.text(0)?.parse::<IpNet>() {
        Ok(network) => Ok(network.trunc()),
        Err(_) => fail("the first argument is not an address range in CIDR notation"),
    }
}

/// The address as a number, and back.
fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u32::from(address).into(),
        IpAddr::V6(address) => address.into(),
    }
}

fn address(number: u128, like: IpAddr) -> Option<IpAddr> {
    match like {
        IpAddr::V4(_) => u32::try_from(number).ok().map(|n| Ipv4Addr::from(n).into()),
        IpAddr::V6(_) => Some(Ipv6Addr::from(number).into()),
    }
}

/// The usable addresses of a range: IPv4 has a network and a broadcast address, IPv6 has not.
fn usable(network: IpNet) -> (IpAddr, IpAddr) {
    match network {
        IpNet::V4(v4) if v4.prefix_len() < 31 => {
            let (first, last) = (u32::from(v4.network()), u32::from(v4.broadcast()));
            (
                Ipv4Addr::from(first + 1).into(),
                Ipv4Addr::from(last - 1).into(),
            )
        }
        _ => (network.network(), network.broadcast()),
    }
}

fn parse(a: &Arguments<'_>) -> Result<Value> {
    a.count(1, 1)?;
    let network = network(a)?;
    let (first, last) = usable(network);
    let text = |address: IpAddr| Value::from(address.to_string());
    let mut members = vec![
        ("network", text(network.network())),
        ("netmask", text(network.netmask())),
    ];
    if matches!(network, IpNet::V4(_)) {
        members.push(("broadcast", text(network.broadcast())));
    }
    members.extend([
        ("firstUsable", text(first)),
        ("lastUsable", text(last)),
        ("cidr", Value::new(Data::Int(network.prefix_len().into()))),
    ]);
    Ok(Value::object(
        members
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect(),
    ))
}

fn subnet(a: &Arguments<'_>) -> Result<String> {
    a.count(3, 3)?;
    let network = network(a)?;
    let length = u8::try_from(a.int(1)?)
        .ok()
        .filter(|length| (network.prefix_len()..=network.max_prefix_len()).contains(length));
    let (Some(length), Ok(index)) = (length, u128::try_from(a.int(2)?)) else {
        return fail("the new prefix is shorter than the range's, or the index is below 0");
    };
    let bits = u32::from(network.max_prefix_len() - length);
    let start = index
        .checked_shl(bits)
        .filter(|shifted| shifted >> bits == index)
        .and_then(|shifted| shifted.checked_add(number(network.network())))
        .and_then(|start| address(start, network.addr()));
    // A shift by all 128 bits: the one range of prefix 0.
    let start = if bits == 128 && index == 0 {
        Some(network.network())
    } else {
        start
    };
    match start.filter(|start| network.contains(start)) {
        Some(start) => Ok(format!("{start}/{length}")),
        None => fail(format!("the range has no subnet {index} of that size")),
    }
}

fn host(a: &Arguments<'_>) -> Result<String> {
    a.count(2, 2)?;
    let network = network(a)?;
    let (first, last) = usable(network);
    // The page counts IPv6 hosts from 1 as it does IPv4's.
    let first = match first {
        IpAddr::V6(_) if network.prefix_len() < 127 => number(first) + 1,
        _ => number(first),
    };
    let host = u128::try_from(a.int(1)?)
        .ok()
        .and_then(|index| first.checked_add(index))
        .filter(|&host| host <= number(last))
        .and_then(|host| address(host, network.addr()));
    match host {
        Some(host) => Ok(host.to_string()),
        None => fail("the range has no host of that index"),
    }
}
