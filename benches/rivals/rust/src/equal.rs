//! What two security groups of a thousand rules do otherwise (W1 beside W1b and W1c).

use std::path::Path;

use oxidd::bdd::{BDDFunction, BDDManagerRef};
use oxidd::{BooleanFunction, Manager, ManagerRef};

use crate::classify::list;
use crate::{Fault, files, measured};

/// By dryhop, from the two lists to whether and where they differ.
pub fn dryhop(other: &str, folder: &Path) -> Result<(), Fault> {
    let network = files::network(folder)?;
    let (group, other) = (list(&network, "group")?, list(&network, other)?);
    measured(|| match group.differences(&other).as_slice() {
        [] => "equal",
        _ => "differ",
    });
    Ok(())
}

/// By binary decision diagrams, on one thread.
pub fn oxidd(other: &str, folder: &Path) -> Result<(), Fault> {
    let text = |name: &str| std::fs::read_to_string(folder.join(format!("{name}.rules")));
    let [group, other] = [parse(&text("group")?)?, parse(&text(other)?)?];
    measured(|| {
        let diagrams = Diagrams::new();
        let [a, b] = [&group, &other].map(|rules| diagrams.allowed(rules));
        if a == b { "equal" } else { "differ" }
    });
    Ok(())
}

/// A line of a file of rules.
struct Line {
    rule: u32,
    allow: bool,
    protocol: u8,
    source: (u32, u8),
    destination: (u32, u8),
    ports: (u16, u16),
}

fn parse(text: &str) -> Result<Vec<Line>, Fault> {
    let prefix = |text: &str| -> Result<(u32, u8), Fault> {
        let net: ipnet::Ipv4Net = text.parse()?;
        Ok((net.network().into(), net.prefix_len()))
    };
    text.lines()
        .map(|line| {
            let words: Vec<&str> = line.split(' ').collect();
            Ok(Line {
                rule: words[0].parse()?,
                allow: words[1] == "1",
                protocol: words[2].parse()?,
                source: prefix(words[3])?,
                destination: prefix(words[4])?,
                ports: (words[5].parse()?, words[6].parse()?),
            })
        })
        .collect()
}

/// The variables: one for the protocol, then destination, port and source, each from its highest bit.
struct Diagrams {
    manager: BDDManagerRef,
    variables: Vec<BDDFunction>,
}

const DESTINATION: usize = 1;
const PORT: usize = 33;
const SOURCE: usize = 49;

impl Diagrams {
    fn new() -> Self {
        let manager = oxidd::bdd::new_manager(1 << 22, 1 << 20, 1);
        let variables = manager.with_manager_exclusive(|manager| {
            manager.add_vars(81);
            (0..81)
                .map(|at| BDDFunction::var(manager, at).expect("room for variables"))
                .collect()
        });
        Self { manager, variables }
    }

    fn constant(&self, value: bool) -> BDDFunction {
        self.manager.with_manager_shared(|manager| match value {
            true => BDDFunction::t(manager),
            false => BDDFunction::f(manager),
        })
    }

    /// Whether the first `length` bits of some variables are those of `value`.
    fn prefix(&self, first: usize, width: u8, value: u32, length: u8) -> BDDFunction {
        let bits = (0..length).rev();
        bits.fold(self.constant(true), |all, bit| {
            let variable = &self.variables[first + usize::from(bit)];
            let is = if value >> (width - 1 - bit) & 1 == 1 {
                variable.clone()
            } else {
                variable.not().expect("room")
            };
            is.and(&all).expect("room")
        })
    }

    /// Whether the port is at least, or at most, `bound`.
    fn bound(&self, bound: u16, least: bool) -> BDDFunction {
        (0..16).rev().fold(self.constant(true), |all, bit| {
            let variable = &self.variables[PORT + bit];
            let set = bound >> (15 - bit) & 1 == 1;
            let (one, zero) = match (least, set) {
                (true, true) => (all, self.constant(false)),
                (true, false) => (self.constant(true), all),
                (false, true) => (all, self.constant(true)),
                (false, false) => (self.constant(false), all),
            };
            variable.ite(&one, &zero).expect("room")
        })
    }

    fn line(&self, line: &Line) -> BDDFunction {
        let tcp = &self.variables[0];
        let protocol = match line.protocol {
            6 => tcp.clone(),
            17 => tcp.not().expect("room"),
            _ => self.constant(true),
        };
        let source = self.prefix(SOURCE, 32, line.source.0, line.source.1);
        let to = self.prefix(DESTINATION, 32, line.destination.0, line.destination.1);
        let ports = self
            .bound(line.ports.0, true)
            .and(&self.bound(line.ports.1, false));
        let ports = ports.expect("room").and(&source).expect("room");
        protocol.and(&to.and(&ports).expect("room")).expect("room")
    }

    /// What the rules let through, from the last to the first.
    fn allowed(&self, rules: &[Line]) -> BDDFunction {
        let mut allowed = self.constant(false);
        for lines in rules.chunk_by(|a, b| a.rule == b.rule).rev() {
            let matches = lines.iter().fold(self.constant(false), |all, line| {
                all.or(&self.line(line)).expect("room")
            });
            allowed = match lines.first().is_some_and(|line| line.allow) {
                true => matches.or(&allowed),
                false => matches.imp_strict(&allowed),
            }
            .expect("room");
        }
        allowed
    }
}
