//! Whether connections between any two of a thousand machines work, from end to end (W2, denied by default).

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use dryhop::engine::{Engine, Origin, Policy, Walk};
use dryhop::net::{Flow, Protocol};
use dryhop::network::{Id, Nic};
use dryhop::spec::Direction;
use dryhop::trace::{Disposition, ReplyKind, Silent};

use crate::{Fault, files, measured, work};

/// Writes the topology, its machines and rules for those that do not read topologies, and the questions.
pub fn work(count: usize, folder: &Path) -> Result<(), Fault> {
    fs::write(folder.join("topology.yaml"), work::one_network(200, true))?;
    let network = files::network(folder)?;
    let engine = Engine::new(&network);
    let mut machines = String::new();
    for (id, nic) in network.nics.iter() {
        let subnet = nic.subnet.index();
        writeln!(machines, "{subnet} {}", nic.addresses[0].address)?;
        for (name, direction) in [("in", Direction::Inbound), ("out", Direction::Outbound)] {
            let file = folder.join(format!("{subnet}.{name}.rules"));
            if let Some(list) = engine.effective().security(id, direction).first()
                && !file.exists()
            {
                fs::write(file, files::rules(&list.rules))?;
            }
        }
    }
    fs::write(folder.join("machines"), machines)?;
    let mut random = work::Random::new();
    let nics: Vec<_> = network.nics.iter().collect();
    let mut questions = String::new();
    for _ in 0..count {
        let [(_, from), (_, to)] = [random.one(&nics), random.one(&nics)];
        let addresses = [from, to].map(|nic| nic.addresses[0].address);
        let port = random.one(&work::PORTS);
        writeln!(questions, "{} {} {port}", addresses[0], addresses[1])?;
    }
    Ok(fs::write(folder.join("questions"), questions)?)
}

/// By dryhop: how many work.
pub fn dryhop(count: usize, folder: &Path) -> Result<(), Fault> {
    let network = files::network(folder)?;
    let engine = Engine::new(&network);
    let nics: Vec<_> = network.nics.iter().collect();
    let text = fs::read_to_string(folder.join("questions"))?;
    let mut questions: Vec<(Id<Nic>, Flow)> = Vec::new();
    for line in text.lines().take(count) {
        let words: Vec<&str> = line.split(' ').collect();
        let [source, destination] = [words[0].parse()?, words[1].parse()?];
        let nic = nics
            .iter()
            .find(|(_, nic)| nic.addresses[0].address == source);
        let flow = Flow {
            protocol: Protocol::Tcp,
            source,
            source_port: 50_000,
            destination,
            destination_port: words[2].parse()?,
        };
        questions.push((nic.ok_or("no such machine")?.0, flow));
    }
    measured(|| {
        let works = questions.iter().filter(|(nic, flow)| {
            let walk = Walk::new(&engine, Policy::StopAtFirst, Silent);
            walk.run(Origin::Nic(*nic), *flow, None).iter().any(|end| {
                let mut back = end.fate.replies.iter();
                end.fate.disposition == Disposition::Delivered
                    && back.all(|back| back.kind != ReplyKind::Broken)
            })
        });
        works.count()
    });
    Ok(())
}
