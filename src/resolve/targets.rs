//! References to machines and their NICs: `vm`, `vm/nic`, a scale set, an instance of one, ARM ids
//! (topology-format, principle 3 and `backendAddressPools`).

use std::collections::HashMap;

use super::Resolver;
use super::fold;
use super::kind::Kind;
use super::references::{Miss, id};
use super::spot::Spot;
use crate::diagnostic::{Code, Diagnostic};
use crate::network::{Id, Machine, Nic, ScaleSet};

/// What a reference to something that runs names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// A machine, by its primary NIC.
    Machine(Id<Machine>),
    /// A NIC.
    Nic(Id<Nic>),
    /// Every instance.
    ScaleSet(Id<ScaleSet>),
}

/// The sections that machines stand in.
const KINDS: [Kind; 3] = [Kind::VirtualMachine, Kind::Appliance, Kind::ScaleSet];

impl<'a> Resolver<'a> {
    /// The NICs that `text` names; a fault where it names none. Empty where they were left out.
    pub(super) fn target(&mut self, text: &str, spot: Spot<'a>) -> Vec<Id<Nic>> {
        match self.find_target(text) {
            Ok(nics) => nics,
            Err(miss) => {
                if !self.missed_nic(text, spot) {
                    let names = KINDS.into_iter().flat_map(|kind| self.index.keys(kind));
                    let hint = self.index.suggest(text, names);
                    self.missed(&miss, "machine", text, hint, spot);
                }
                Vec::new()
            }
        }
    }

    /// Records that a machine has no NIC of a name, where that is what is wrong.
    fn missed_nic(&mut self, text: &str, spot: Spot<'a>) -> bool {
        let Some((head, name)) = text.rsplit_once('/').filter(|_| !text.starts_with('/')) else {
            return false;
        };
        let named = self.machines_named(head).unwrap_or_default();
        let [Some(Target::Machine(machine))] = named.as_slice() else {
            return false;
        };
        let nics = &self.network.machines[*machine].nics;
        let names = nics.iter().map(|nic| &*self.network.nics[*nic].name);
        let message = format!("`{head}` has no NIC `{name}`");
        let fault = Diagnostic::new(Code::UnresolvedReference, message).at(spot.path());
        let fault = match self.index.suggest(name, names) {
            Some(hint) => fault.help(hint),
            None => fault,
        };
        self.faults.push(fault);
        true
    }

    /// The one NIC that `text` names.
    pub(super) fn one_target(&mut self, text: &str, spot: Spot<'a>) -> Option<Id<Nic>> {
        let nics = self.target(text, spot);
        if nics.len() > 1 {
            let names = nics.iter().map(|nic| {
                let machine = self.network.nics[*nic].machine;
                self.network.machines[machine].identity.name.to_string()
            });
            let miss = Miss::Ambiguous(names.take(12).collect());
            self.missed(&miss, "machine", text, None, spot);
            return None;
        }
        nics.first().copied()
    }

    /// The NICs that `text` names, without a fault. `Ok` and empty where a fault was found before.
    pub(super) fn find_target(&mut self, text: &str) -> Result<Vec<Id<Nic>>, Miss> {
        if text.starts_with('/') {
            return self.find_target_id(text);
        }
        // `vm/nic` is the first reading of `a/b`; kinds and groups come after.
        if let Some((head, name)) = text.rsplit_once('/') {
            let owners = self.machines_named(head)?;
            let nics: Vec<Id<Nic>> = (owners.iter().flatten())
                .flat_map(|owner| self.nics_of(*owner, Some(name)))
                .collect();
            if !nics.is_empty() {
                return Ok(nics);
            }
            if owners.contains(&None) {
                return Ok(Vec::new());
            }
        }
        match self.machines_named(text)?.as_slice() {
            [] => Err(Miss::Unknown),
            [None] => Ok(Vec::new()),
            [Some(target)] => Ok(self.nics_of(*target, None)),
            several => Err(Miss::Ambiguous(
                several
                    .iter()
                    .flatten()
                    .map(|target| self.full_name(*target))
                    .collect(),
            )),
        }
    }

    /// Everything called so; `None` for what was left out.
    fn machines_named(&self, text: &str) -> Result<Vec<Option<Target>>, Miss> {
        let mut found = Vec::new();
        for kind in KINDS {
            match self.index.find(kind, text, &self.identities) {
                Ok(index) => found.push(self.machine_at(kind, index)),
                Err(Miss::Unknown) => {}
                Err(miss) => return Err(miss),
            }
        }
        let instance = text.rsplit_once('_').and_then(|(set, number)| {
            let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
            let number: usize = number.parse().ok().filter(|_| digits)?;
            let set = self
                .index
                .find(Kind::ScaleSet, set, &self.identities)
                .ok()?;
            let instances = &self.network.scale_sets[id(set)].instances;
            instances.get(number).copied()
        });
        found.extend(instance.map(|machine| Some(Target::Machine(machine))));
        Ok(found)
    }

    fn machine_at(&self, kind: Kind, index: usize) -> Option<Target> {
        let of = |list: usize| self.machine_ids[list].get(index).copied().flatten();
        match kind {
            Kind::VirtualMachine => of(0).map(Target::Machine),
            Kind::Appliance => of(1).map(Target::Machine),
            _ => Some(Target::ScaleSet(id(index))),
        }
    }

    /// The primary NICs of a target, or those of a name.
    fn nics_of(&self, target: Target, name: Option<&str>) -> Vec<Id<Nic>> {
        let machines = match target {
            Target::Nic(nic) => return vec![nic],
            Target::Machine(machine) => vec![machine],
            Target::ScaleSet(set) => self.network.scale_sets[set].instances.clone(),
        };
        let of = |machine: Id<Machine>| {
            let machine = &self.network.machines[machine];
            match name {
                None => Some(machine.primary_nic),
                Some(name) => (machine.nics.iter().copied())
                    .find(|nic| self.network.nics[*nic].name.eq_ignore_ascii_case(name)),
            }
        };
        machines.into_iter().filter_map(of).collect()
    }

    fn full_name(&self, target: Target) -> String {
        let identity = match target {
            Target::Nic(nic) => &self.network.machines[self.network.nics[nic].machine].identity,
            Target::Machine(machine) => &self.network.machines[machine].identity,
            Target::ScaleSet(set) => &self.network.scale_sets[set].identity,
        };
        format!("{}/{}", identity.section, identity.name)
    }

    /// By ARM id; that of an address means its NIC.
    fn find_target_id(&mut self, text: &str) -> Result<Vec<Id<Nic>>, Miss> {
        let folded = fold(text);
        let own = match folded.rsplit_once("/ipconfigurations/") {
            Some((nic, name)) if !name.contains('/') => nic,
            _ => folded.as_str(),
        };
        let known = self.targets_by_id();
        if let Some(target) = known.get(own).copied() {
            return Ok(self.nics_of(target, None));
        }
        let left_out = KINDS.into_iter().any(|kind| {
            let found = self.index.find(kind, own, &self.identities);
            found.is_ok_and(|index| self.machine_at(kind, index).is_none())
        });
        if left_out {
            Ok(Vec::new())
        } else {
            Err(Miss::Unknown)
        }
    }

    /// All ARM ids of what runs; few topologies refer by them, so they are only listed when asked for.
    fn targets_by_id(&mut self) -> &HashMap<String, Target> {
        let network = &self.network;
        self.targets.get_or_insert_with(|| {
            let machines = network.machines.iter();
            let machines = machines.map(|(id, m)| (fold(&m.identity.id), Target::Machine(id)));
            let sets = network.scale_sets.iter();
            let sets = sets.map(|(id, set)| (fold(&set.identity.id), Target::ScaleSet(id)));
            let nics = network.nics.iter();
            let nics = nics.map(|(id, nic)| (fold(&nic.id), Target::Nic(id)));
            machines.chain(sets).chain(nics).collect()
        })
    }
}
