//! The work that benchmarks and comparisons with other tools are given: the same with every run.

#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each who includes it takes a part; a benchmark may end so"
)]

use std::fmt::Write as _;

/// Whether this runs as a test, once and unmeasured, so that smaller work will do: unless `cargo bench` says
/// that it is to be measured.
pub fn tested() -> bool {
    let given = |name: &str| std::env::args().any(|argument| argument == name);
    given("--test") || !given("--bench")
}

/// The ports that rules and questions are about.
pub const PORTS: [u16; 10] = [22, 80, 443, 1433, 3306, 5432, 8080, 8443, 9090, 3389];

/// Numbers that look random and are the same with every run (xorshift).
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    pub fn new() -> Self {
        Self(88_172_645_463_325_252)
    }

    /// A number below `count`.
    pub fn below(&mut self, count: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) % count
    }

    /// One of `some`.
    pub fn one<T: Copy>(&mut self, some: &[T]) -> T {
        some[self.below(some.len() as u64) as usize]
    }
}

/// Spokes of ten machines around hubs with an appliance, four hundred a hub (Azure allows five hundred
/// peerings), as many as make about `bytes` of text (W4).
pub fn hubs(bytes: usize) -> String {
    let mut vnets = String::from("virtualNetworks:\n");
    let (mut groups, mut machines) = (String::new(), String::new());
    let (mut tables, mut appliances) = (String::new(), String::new());
    let mut spoke = 0_usize;
    while vnets.len() + groups.len() + machines.len() < bytes {
        let hub = spoke / 400;
        if spoke.is_multiple_of(400) {
            writeln!(
                tables,
                "  rt-{hub}: {{ routes: {{ default: {{ addressPrefix: 0.0.0.0/0, nextHopType: VirtualAppliance, nextHopIpAddress: 10.{hub}.1.4 }} }} }}"
            )
            .unwrap();
            writeln!(
                appliances,
                "  nva-{hub}: {{ networkInterface: {{ subnet: hub-{hub}/nva, privateIPAddress: 10.{hub}.1.4, enableIPForwarding: true }} }}"
            )
            .unwrap();
            let peerings: String = (spoke..spoke + 400)
                .map(|s| format!("      to-s{s}: {{ remoteVirtualNetwork: s{s} }}\n"))
                .collect();
            writeln!(
                vnets,
                "  hub-{hub}:\n    addressSpace: 10.{hub}.0.0/16\n    subnets: {{ nva: {{ addressPrefix: 10.{hub}.1.0/24 }} }}\n    peerings:\n{peerings}"
            )
            .unwrap();
        }
        // Each spoke a /24 of 11.0.0.0/8, so that none overlap however many there are.
        let (b, c) = (spoke / 256 % 256, spoke % 256);
        writeln!(
            vnets,
            "  s{spoke}:\n    addressSpace: 11.{b}.{c}.0/24\n    subnets: {{ work: {{ addressPrefix: 11.{b}.{c}.0/24, networkSecurityGroup: nsg-{spoke}, routeTable: rt-{hub} }} }}\n    peerings: {{ to-hub: {{ remoteVirtualNetwork: hub-{hub}, allowForwardedTraffic: true }} }}"
        )
        .unwrap();
        writeln!(groups, "  nsg-{spoke}:\n    securityRules:").unwrap();
        for rule in 0..10 {
            writeln!(
                groups,
                "      rule-{rule}: {{ priority: {}, direction: Inbound, access: Allow, protocol: Tcp, sourceAddressPrefixes: [11.{b}.{c}.{}/32, 12.{rule}.0.0/24], destinationPortRanges: [{}, 8000-{}] }}",
                100 + rule,
                rule + 4,
                440 + rule,
                8000 + rule
            )
            .unwrap();
        }
        for vm in 0..10 {
            writeln!(
                machines,
                "  vm-{spoke}-{vm}:\n    networkInterface: {{ subnet: s{spoke}/work, privateIPAddress: 11.{b}.{c}.{} }}\n    guest: {{ os: Linux, listeners: [tcp/443, tcp/22] }}",
                vm + 4
            )
            .unwrap();
        }
        spoke += 1;
    }
    // The last hub's peerings to spokes that were not made any more.
    let made = |line: &str| {
        let number = line
            .trim_start()
            .strip_prefix("to-s")
            .and_then(|rest| rest.split(':').next());
        number
            .and_then(|n| n.parse::<usize>().ok())
            .is_none_or(|n| n < spoke)
    };
    let vnets: Vec<&str> = vnets
        .lines()
        .filter(|line| !line.is_empty() && made(line))
        .collect();
    format!(
        "{}\nnetworkSecurityGroups:\n{groups}routeTables:\n{tables}virtualMachines:\n{machines}networkVirtualAppliances:\n{appliances}",
        vnets.join("\n")
    )
}

/// Subnets of five machines, each with a security group of fifty-six rules of its own, in one VNet (W2);
/// with `deny`, denied by default.
pub fn one_network(subnets: usize, deny: bool) -> String {
    let mut random = Random::new();
    let mut below = |count: u64| random.below(count);
    let (mut nets, mut groups, mut machines) = (String::new(), String::new(), String::new());
    for subnet in 0..subnets {
        writeln!(
            nets,
            "      s{subnet}: {{ addressPrefix: 10.{}.{}.0/24, networkSecurityGroup: nsg-{subnet} }}",
            subnet / 256,
            subnet % 256
        )
        .unwrap();
        writeln!(groups, "  nsg-{subnet}:\n    securityRules:").unwrap();
        for rule in 0..56 {
            let direction = if rule % 2 == 0 { "Inbound" } else { "Outbound" };
            let access = if below(10) < 7 { "Allow" } else { "Deny" };
            let other = below(subnets as u64);
            let port = PORTS[below(10) as usize];
            let (side, length) = if direction == "Inbound" {
                ("source", below(3))
            } else {
                ("destination", below(3))
            };
            let prefix = match length {
                0 => format!("10.{}.{}.{}", other / 256, other % 256, 4 + below(5)),
                1 => format!("10.{}.{}.0/24", other / 256, other % 256),
                _ => "10.0.0.0/8".to_owned(),
            };
            writeln!(
                groups,
                "      r{rule}: {{ priority: {}, direction: {direction}, access: {access}, protocol: Tcp, {side}AddressPrefix: {prefix}, destinationPortRange: \"{port}\" }}",
                100 + rule
            )
            .unwrap();
        }
        if deny {
            writeln!(
                groups,
                "      last: {{ priority: 4000, direction: Inbound, access: Deny }}"
            )
            .unwrap();
        }
        for vm in 0..5 {
            writeln!(
                machines,
                "  vm-{subnet}-{vm}: {{ networkInterface: {{ subnet: vnet/s{subnet}, privateIPAddress: 10.{}.{}.{} }} }}",
                subnet / 256,
                subnet % 256,
                vm + 4
            )
            .unwrap();
        }
    }
    format!(
        "virtualNetworks:\n  vnet:\n    addressSpace: 10.0.0.0/8\n    subnets:\n{nets}networkSecurityGroups:\n{groups}virtualMachines:\n{machines}"
    )
}

/// A way through layers of appliances, each behind a load balancer of its own that chooses one of `members` of
/// them: as many equally good paths from `vm-from` to `vm-to` as there are choices in all. Each layer sends on to
/// the next, and its own source makes replies come back the way they went.
pub fn layers(layers: usize, members: usize) -> String {
    let (mut subnets, mut tables) = (String::new(), String::new());
    let (mut balancers, mut appliances) = (String::new(), String::new());
    for layer in 0..=layers {
        // The last has nothing behind but the goal.
        let table = if layer < layers {
            writeln!(
                tables,
                "  to-{layer}: {{ routes: {{ on: {{ addressPrefix: 10.0.200.0/24, nextHopType: VirtualAppliance, nextHopIpAddress: 10.0.{}.254 }} }} }}",
                layer + 1
            )
            .unwrap();
            format!(", routeTable: to-{layer}")
        } else {
            String::new()
        };
        writeln!(
            subnets,
            "      s{layer}: {{ addressPrefix: 10.0.{layer}.0/24{table} }}"
        )
        .unwrap();
        if layer == 0 {
            continue;
        }
        let pool: Vec<String> = (0..members).map(|at| format!("nva-{layer}-{at}")).collect();
        for (at, name) in pool.iter().enumerate() {
            writeln!(
                appliances,
                "  {name}:\n    networkInterface: {{ subnet: vnet/s{layer}, privateIPAddress: 10.0.{layer}.{}, enableIPForwarding: true }}\n    forwarding: {{ enabled: true, sourceNat: All }}",
                at + 4
            )
            .unwrap();
        }
        writeln!(
            balancers,
            "  lb-{layer}:\n    sku: Standard\n    frontendIPConfigurations: {{ fe: {{ subnet: vnet/s{layer}, privateIPAddress: 10.0.{layer}.254 }} }}\n    backendAddressPools: {{ all: [{}] }}\n    probes: {{ ssh: {{ protocol: Tcp, port: 22 }} }}\n    loadBalancingRules: {{ ha: {{ frontendIPConfiguration: fe, backendAddressPool: all, protocol: All, frontendPort: 0, backendPort: 0, probe: ssh }} }}",
            pool.join(", ")
        )
        .unwrap();
    }
    format!(
        "virtualNetworks:\n  vnet:\n    addressSpace: 10.0.0.0/16\n    subnets:\n{subnets}      goal: {{ addressPrefix: 10.0.200.0/24 }}\nrouteTables:\n{tables}loadBalancers:\n{balancers}networkVirtualAppliances:\n{appliances}virtualMachines:\n  vm-from: {{ networkInterface: {{ subnet: vnet/s0, privateIPAddress: 10.0.0.4 }} }}\n  vm-to: {{ networkInterface: {{ subnet: vnet/goal, privateIPAddress: 10.0.200.4 }} }}\n"
    )
}

/// A rule of a security group.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupRule {
    pub allow: bool,
    pub protocol: &'static str,
    pub source: String,
    pub destination: String,
    pub ports: String,
}

/// A security group of `count` rules inbound (W1): hosts, subnets and VNets of 10.0.0.0/8, ports and ranges.
pub fn group(count: usize) -> Vec<GroupRule> {
    let mut random = Random::new();
    (0..count)
        .map(|_| {
            let [source, destination] = [(); 2].map(|()| {
                let [b, c, d] = [16, 16, 250].map(|count| random.below(count));
                match random.below(20) {
                    0..8 => format!("10.{b}.{c}.{}", d + 4),
                    8..15 => format!("10.{b}.{c}.0/24"),
                    15..18 => format!("10.{b}.0.0/16"),
                    18 => format!("{}.{b}.{c}.0/24", 20 + d % 100),
                    _ => "*".to_owned(),
                }
            });
            let first = random.below(4000) * 16 + 1;
            let ports = match random.below(10) {
                0..5 => random.one(&PORTS).to_string(),
                5..8 => first.to_string(),
                8 => format!("{first}-{}", first + random.below(500)),
                _ => "*".to_owned(),
            };
            GroupRule {
                allow: random.below(10) < 6,
                protocol: random.one(&["Tcp", "Tcp", "Tcp", "Udp", "*"]),
                source,
                destination,
                ports,
            }
        })
        .collect()
}

/// The same with one rule's action turned round (W1b).
pub fn flipped(rules: &[GroupRule]) -> Vec<GroupRule> {
    let mut rules = rules.to_vec();
    let middle = rules.len() / 2;
    rules[middle].allow = !rules[middle].allow;
    rules
}

/// The same in another order with the same meaning (W1c): neighbours that do the same change places.
pub fn reordered(rules: &[GroupRule]) -> Vec<GroupRule> {
    let mut rules = rules.to_vec();
    for at in 1..rules.len() {
        if rules[at - 1].allow == rules[at].allow {
            rules.swap(at - 1, at);
        }
    }
    rules
}

/// One VNet with a subnet, a machine and a security group for each list of rules.
pub fn groups(lists: &[(&str, Vec<GroupRule>)]) -> String {
    let (mut subnets, mut groups, mut machines) = (String::new(), String::new(), String::new());
    for (at, (name, rules)) in lists.iter().enumerate() {
        writeln!(
            subnets,
            "      {name}: {{ addressPrefix: 10.200.{at}.0/24, networkSecurityGroup: {name} }}"
        )
        .unwrap();
        writeln!(
            machines,
            "  {name}: {{ networkInterface: {{ subnet: vnet/{name}, privateIPAddress: 10.200.{at}.4 }} }}"
        )
        .unwrap();
        writeln!(groups, "  {name}:\n    securityRules:").unwrap();
        for (at, rule) in rules.iter().enumerate() {
            writeln!(
                groups,
                "      r{at}: {{ priority: {}, direction: Inbound, access: {}, protocol: \"{}\", sourceAddressPrefix: \"{}\", destinationAddressPrefix: \"{}\", destinationPortRange: \"{}\" }}",
                100 + at,
                if rule.allow { "Allow" } else { "Deny" },
                rule.protocol,
                rule.source,
                rule.destination,
                rule.ports
            )
            .unwrap();
        }
    }
    format!(
        "virtualNetworks:\n  vnet:\n    addressSpace: 10.0.0.0/8\n    subnets:\n{subnets}networkSecurityGroups:\n{groups}virtualMachines:\n{machines}"
    )
}

/// A flow as numbers: source, destination, their ports, and the protocol's number.
pub type PlainFlow = (u32, u32, u16, u16, u8);

/// Flows among which many meet a rule of [`group`], and many do not.
pub fn flows(count: usize) -> Vec<PlainFlow> {
    let mut random = Random::new();
    (0..count)
        .map(|_| {
            let [source, destination] = [(); 2].map(|()| {
                let a = if random.below(8) == 0 {
                    20 + random.below(100)
                } else {
                    10
                };
                let [b, c, d] = [17, 17, 250].map(|count| random.below(count));
                (a << 24 | b << 16 | c << 8 | (d + 4)) as u32
            });
            let port = match random.below(3) {
                0 => random.below(65_536) as u16,
                _ => random.one(&PORTS),
            };
            let from = 49_152 + random.below(16_384) as u16;
            (source, destination, from, port, random.one(&[6, 6, 6, 17]))
        })
        .collect()
}
