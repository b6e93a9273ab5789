//! The ARM ids of resources: those that are known, and for what is yet to be made those that it will have.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::instances::{Instance, State};
use super::links::Target;
use super::tables::{self, Parent};
use crate::import::id::{ArmId, fold, last};

/// The subscription of what does not say it.
const NO_SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000000";

/// The ids of all instances.
#[derive(Debug)]
pub(super) struct Ids {
    ids: Vec<Option<String>>,
    /// Which instance has an id, in lower case.
    owners: HashMap<String, usize>,
}

impl Ids {
    /// Those of a state.
    pub(super) fn of(state: &State<'_>) -> Self {
        let known = state.instances.iter().filter_map(stated);
        let subscription = known
            .filter_map(|id| ArmId::parse(id)?.subscription.map(str::to_owned))
            .next()
            .unwrap_or_else(|| NO_SUBSCRIPTION.to_owned());
        let mut maker = Maker {
            state,
            subscription,
            made: vec![None; state.instances.len()],
            used: HashSet::new(),
            named: HashMap::new(),
        };
        for (index, instance) in state.instances.iter().enumerate() {
            let name = instance.values.get("name").and_then(Value::as_str);
            if let Some(name) = name.filter(|_| !instance.data) {
                let key = (instance.kind.clone(), name.to_owned(), group_of(instance));
                maker.named.entry(key).or_insert(index);
            }
        }
        for instance in &state.instances {
            maker.used.extend(stated(instance).map(fold));
        }
        for index in 0..state.instances.len() {
            maker.id(index, 0);
        }
        let mut owners = HashMap::new();
        // What is looked up may be made here, too; then the latter says more.
        for data in [false, true] {
            for (index, (id, instance)) in maker.made.iter().zip(&state.instances).enumerate() {
                if let Some(id) = id.as_ref().filter(|_| instance.data == data) {
                    owners.entry(fold(id)).or_insert(index);
                }
            }
        }
        Self {
            ids: maker.made,
            owners,
        }
    }

    /// The id of an instance; `None` for what is no ARM resource.
    pub(super) fn get(&self, index: usize) -> Option<&str> {
        self.ids.get(index)?.as_deref()
    }

    /// The instance of an id.
    pub(super) fn owner(&self, id: &str) -> Option<usize> {
        self.owners.get(&fold(id)).copied()
    }

    /// The ids that an attribute holds, or will hold: `kinds` are the resources that it may lead to.
    pub(super) fn links(
        &self,
        state: &State<'_>,
        from: usize,
        path: &[&str],
        blocks: &[usize],
        kinds: &[&str],
    ) -> Vec<String> {
        let Some(instance) = state.instances.get(from) else {
            return Vec::new();
        };
        let targets = state.targets(instance, path, blocks);
        let mut ids: Vec<String> = Vec::new();
        for target in targets {
            match target {
                Target::Instance(index, attribute) => {
                    let Some(found) = state.instances.get(index) else {
                        continue;
                    };
                    let kind = found.kind.as_str();
                    if kinds.contains(&kind) {
                        ids.extend(self.get(index).map(str::to_owned));
                    } else if kinds.contains(&"azurerm_subnet") && kind == "azurerm_virtual_network"
                    {
                        ids.extend(self.inline_subnet(found, index, &attribute));
                    }
                }
                Target::Literal(Value::String(text)) if text.starts_with('/') => ids.push(text),
                Target::Literal(Value::Array(all)) => {
                    ids.extend(
                        all.iter()
                            .filter_map(Value::as_str)
                            .filter(|it| it.starts_with('/'))
                            .map(str::to_owned),
                    );
                }
                Target::Literal(_) => {}
            }
        }
        let mut seen = HashSet::new();
        ids.retain(|id| seen.insert(fold(id)));
        ids
    }

    /// The one subnet that stands in a virtual network itself.
    fn inline_subnet(&self, network: &Instance, index: usize, attribute: &str) -> Option<String> {
        let subnets = network.values.get("subnet")?.as_array()?;
        let [only] = subnets.as_slice() else {
            return None;
        };
        let name = only.get("name")?.as_str()?;
        attribute
            .starts_with("subnet")
            .then(|| format!("{}/subnets/{name}", self.get(index).unwrap_or_default()))
    }
}

fn stated(instance: &Instance) -> Option<&str> {
    let id = instance.values.get("id")?.as_str()?;
    ArmId::parse(id).is_some().then_some(id)
}

struct Maker<'s, 'd> {
    state: &'s State<'d>,
    subscription: String,
    made: Vec<Option<String>>,
    used: HashSet<String>,
    /// The instances by type, name and group.
    named: HashMap<(String, String, String), usize>,
}

impl Maker<'_, '_> {
    fn id(&mut self, index: usize, depth: usize) -> Option<String> {
        if let Some(Some(id)) = self.made.get(index) {
            return Some(id.clone());
        }
        if depth > 8 {
            return None;
        }
        let state = self.state;
        let instance = state.instances.get(index)?;
        let table = tables::table(&instance.kind)?;
        let id = match stated(instance) {
            // Old providers put `|` between two ids, or end in a name of their own.
            Some(id)
                if ArmId::parse(id).is_some_and(|it| it.kind.eq_ignore_ascii_case(table.arm)) =>
            {
                id.to_owned()
            }
            _ => self.invented(index, instance, table, depth)?,
        };
        if let Some(made) = self.made.get_mut(index) {
            *made = Some(id.clone());
        }
        Some(id)
    }

    fn invented(
        &mut self,
        index: usize,
        instance: &Instance,
        table: &tables::Table,
        depth: usize,
    ) -> Option<String> {
        let text = |key: &str| {
            instance
                .values
                .get(key)
                .and_then(Value::as_str)
                .filter(|it| !it.is_empty())
        };
        let name = text("name").unwrap_or(&instance.label).to_owned();
        let base = match table.parent {
            Parent::None => {
                let group = self.group(index, instance);
                let (namespace, kind) = table.arm.split_once('/')?;
                let scope = format!(
                    "/subscriptions/{}/resourceGroups/{group}",
                    self.subscription
                );
                format!("{scope}/providers/{namespace}/{kind}")
            }
            Parent::Of(attribute, kinds) => {
                let parent = self.parent(index, instance, attribute, kinds, depth)?;
                format!("{parent}/{}", last(table.arm))
            }
        };
        let mut id = format!("{base}/{name}");
        // Two resources of one name: the plan could not be carried out, and still both are to be seen.
        let key = instance
            .key
            .as_deref()
            .map(|key| format!("-{key}"))
            .unwrap_or_default();
        let label = format!("{base}/{}{key}", instance.label);
        let mut others =
            std::iter::once(label.clone()).chain((2..).map(|number| format!("{label}-{number}")));
        while !instance.data && !self.used.insert(fold(&id)) {
            id = others.next()?;
        }
        Some(id)
    }

    /// The id of the parent, which is given by its id, by its name, or known only after apply.
    fn parent(
        &mut self,
        index: usize,
        instance: &Instance,
        attribute: &str,
        kinds: &[&str],
        depth: usize,
    ) -> Option<String> {
        let stated = instance
            .values
            .get(attribute)
            .and_then(Value::as_str)
            .filter(|it| !it.is_empty());
        if let Some(id) = stated.filter(|text| text.starts_with('/')) {
            return Some(id.to_owned());
        }
        let by_reference = self
            .state
            .targets(instance, &[attribute], &[])
            .into_iter()
            .find_map(|target| match target {
                Target::Instance(found, _) => {
                    let kind = &self.state.instances.get(found)?.kind;
                    kinds.contains(&kind.as_str()).then_some(found)
                }
                Target::Literal(_) => None,
            });
        if let Some(found) = by_reference {
            return self.id(found, depth + 1);
        }
        let name = stated?;
        let group = self.group(index, instance);
        let same = kinds.iter().find_map(|kind| {
            let key = ((*kind).to_owned(), name.to_owned(), group_of(instance));
            self.named.get(&key).copied()
        });
        if let Some(found) = same {
            return self.id(found, depth + 1);
        }
        let arm = kinds.first().and_then(|kind| tables::table(kind))?.arm;
        Some(format!(
            "/subscriptions/{}/resourceGroups/{group}/providers/{arm}/{name}",
            self.subscription
        ))
    }

    /// The resource group: as stated, as referred to, or none that is known.
    fn group(&self, _: usize, instance: &Instance) -> String {
        if let Some(group) = instance
            .values
            .get("resource_group_name")
            .and_then(Value::as_str)
        {
            return group.to_owned();
        }
        let targets = self.state.targets(instance, &["resource_group_name"], &[]);
        let found = targets.into_iter().find_map(|target| match target {
            Target::Instance(found, _) => {
                let values = &self.state.instances.get(found)?.values;
                let own = values
                    .get("resource_group_name")
                    .or_else(|| values.get("name"))?;
                own.as_str().map(str::to_owned)
            }
            Target::Literal(value) => value.as_str().map(str::to_owned),
        });
        found.unwrap_or_else(|| "rg".to_owned())
    }
}

fn stated_id(instance: &Instance) -> Option<&str> {
    instance.values.get("id")?.as_str()
}

/// The group of an instance in lower case, as far as it is known.
fn group_of(instance: &Instance) -> String {
    let stated = instance
        .values
        .get("resource_group_name")
        .and_then(Value::as_str);
    let from_id = || Some(ArmId::parse(stated_id(instance)?)?.group?.to_owned());
    let group = stated.map(str::to_owned).or_else(from_id);
    group.unwrap_or_default().to_ascii_lowercase()
}
