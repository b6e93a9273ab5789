//! Which rule of a security group of a thousand decides each of many flows (W1).

use std::fs;
use std::path::Path;
use std::sync::Arc;

use dryhop::effective::Effective;
use dryhop::net::RuleList;
use dryhop::network::Network;
use dryhop::spec::Direction;

use crate::{Fault, files, measured, work};

/// The groups: as it is, with one action turned round, and in another order.
const GROUPS: [&str; 3] = ["group", "flipped", "reordered"];

/// Writes the topology, the rules of each group and the flows.
pub fn work(count: usize, folder: &Path) -> Result<(), Fault> {
    let rules = work::group(1000);
    let [group, flipped, reordered] = GROUPS;
    let lists = [
        (flipped, work::flipped(&rules)),
        (reordered, work::reordered(&rules)),
        (group, rules),
    ];
    fs::write(folder.join("topology.yaml"), work::groups(&lists))?;
    let network = files::network(folder)?;
    for name in GROUPS {
        let text = files::rules(&*list(&network, name)?);
        fs::write(folder.join(format!("{name}.rules")), text)?;
    }
    files::write_flows(&folder.join("flows"), &work::flows(count))
}

/// What the group of the machine `name` lets in.
pub fn list(network: &Network, name: &str) -> Result<Arc<RuleList>, Fault> {
    let nic = network.nic(name).map_err(|_| "no such machine")?;
    let effective = Effective::new(network);
    let list = effective.security(nic, Direction::Inbound).first();
    Ok(Arc::clone(&list.ok_or("no security group")?.rules))
}

/// By dryhop: how many are let in, and the sum of the numbers of the rules that decide.
pub fn dryhop(count: usize, folder: &Path) -> Result<(), Fault> {
    let network = files::network(folder)?;
    let list = list(&network, "group")?;
    let flows = files::flows(&folder.join("flows"), count)?;
    measured(|| {
        let mut allowed = 0_u64;
        let mut sum = 0;
        // As many at once as fit the nearest caches.
        for flows in flows.chunks(1024) {
            for at in list.first_matches(flows).into_iter().flatten() {
                allowed += u64::from(list.access(at) == Some(true));
                sum += at;
            }
        }
        format!("{allowed} {sum}")
    });
    Ok(())
}
