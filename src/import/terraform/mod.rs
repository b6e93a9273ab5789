//! Terraform: plans and states by `terraform show -json`, and state files (format 4), with azurerm 3, 4 and 5
//! (`internals/json-format`; attributes as in the provider's documentation).
//!
//! Each azurerm resource becomes the ARM resource that it makes; associations become members of what they
//! associate. What is known only after apply is linked by the references of `configuration`; an address that
//! something else depends on is predicted.

mod associations;
mod finish;
mod ids;
mod instances;
mod links;
mod map;
mod tables;

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};

use super::predict::{Wanted, predict};
use super::resource::{Left, Origin, Read, Resource};
use ids::Ids;
use instances::{Instance, State};
use map::Mapper;

/// Whether a document is a plan or a state.
pub(super) fn is_one(document: &Value) -> bool {
    let has = |key: &str| document.get(key).is_some();
    let shown = has("format_version")
        && (has("planned_values") || has("values") || has("resource_changes"));
    let empty = has("format_version") && has("terraform_version");
    let file = has("terraform_version") && has("serial") && has("resources");
    shown || empty || file
}

/// Reads a plan or a state.
pub(super) fn read(file: &str, document: &Value) -> Read {
    let state = State::of(document);
    let ids = Ids::of(&state);
    let mut read = Read::default();
    let origin = |instance: &Instance| Origin {
        file: file.to_owned(),
        place: instance.address.clone(),
    };
    let mut made: Vec<(usize, Map<String, Value>)> = Vec::new();
    let mut mapper = Mapper::new(&state, &ids);
    for (index, instance) in state.instances.iter().enumerate() {
        if let Some(table) = tables::table(&instance.kind) {
            let body = mapper.resource(index, table);
            for (what, reason) in mapper.left.drain(..) {
                let what = format!("{what}{}", instance.address);
                read.left.push(Left {
                    origin: origin(instance),
                    what,
                    reason,
                });
            }
            made.extend(body.map(|body| (index, body)));
        } else if !associations::is_one(&instance.kind)
            && !tables::is_harmless(&instance.kind)
            && instance.kind.starts_with("azurerm_")
            && !instance.data
        {
            read.left.push(Left {
                origin: origin(instance),
                what: instance.address.clone(),
                reason: tables::refused(&instance.kind).to_owned(),
            });
        }
    }
    for (index, what, reason) in associations::apply(&state, &ids, &mut made) {
        if let Some(instance) = state.instances.get(index) {
            read.left.push(Left {
                origin: origin(instance),
                what,
                reason,
            });
        }
    }
    let predicted = predicted(&mapper.wanted, &mut made);
    for (index, mut body) in made {
        if let Some(instance) = state.instances.get(index) {
            finish::finish(&instance.kind, &mut body);
            read.resources.push(Resource {
                body,
                origin: origin(instance),
                predicted: predicted.get(&index).cloned().unwrap_or_default(),
            });
        }
    }
    read
}

/// Predicts addresses; what is predicted of each instance.
fn predicted(
    wanted: &[Wanted],
    made: &mut [(usize, Map<String, Value>)],
) -> BTreeMap<usize, Vec<String>> {
    let places: HashMap<usize, usize> = made
        .iter()
        .enumerate()
        .map(|(place, (index, _))| (*index, place))
        .collect();
    let wanted: Vec<Wanted> = wanted
        .iter()
        .filter_map(|want| {
            Some(Wanted {
                by: *places.get(&want.by)?,
                of: *places.get(&want.of)?,
                pointer: want.pointer.clone(),
            })
        })
        .collect();
    let indexes: Vec<usize> = made.iter().map(|(index, _)| *index).collect();
    let mut bodies: Vec<&mut Map<String, Value>> = made.iter_mut().map(|(_, body)| body).collect();
    let found = predict(&wanted, &mut bodies).into_iter();
    found
        .filter_map(|(place, pointers)| Some((*indexes.get(place)?, pointers)))
        .collect()
}
