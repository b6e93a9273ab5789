//! The names of Microsoft's response table (`network-watcher/connection-troubleshoot-overview`,
//! "Response"): the same document with every member's name in capitals at the front, two of them renamed.

use serde_json::{Map, Value};

use super::json::Document;

/// Names that differ by more than their first letter.
const RENAMED: &[(&str, &str)] = &[("evaluatedNetworkSecurityGroups", "EvaluatedSecurityGroups")];

/// What the table lists beside each group as well: all groups' evaluations in one list.
const SIBLING: (&str, &str, &str) =
    ("EvaluatedSecurityGroups", "RulesEvaluationResult", "SecurityRuleAccessResult");

/// The table's closed list of next-hop types, and what stands for each that it does not have.
const NEXT_HOPS: &[(&str, &str)] = &[
    ("VNetPeering", "VnetLocal"),
    ("VNetGlobalPeering", "VnetLocal"),
    ("InterfaceEndpoint", "VnetLocal"),
    ("VirtualNetworkServiceEndpoint", "VnetLocal"),
];

/// The table's form of a document. What only dryhop knows is left out, and hop types that the table does
/// not list stand as Azure's own samples have them (`Destination`).
///
/// # Errors
/// Where the document has no form in JSON, which none has.
pub fn azure_table(document: &Document) -> Result<Value, serde_json::Error> {
    let mut value = serde_json::to_value(document)?;
    let each = match &mut value {
        Value::Array(each) => each.iter_mut().collect(),
        one => vec![one],
    };
    for one in each {
        if let Value::Object(members) = one {
            members.shift_remove("dryhop");
            let analysis = members.get_mut("nextHopAnalysis");
            if let Some(Value::String(word)) = analysis.and_then(|next| next.get_mut("nextHopType"))
                && let Some((_, listed)) = NEXT_HOPS.iter().find(|(own, _)| own == word)
            {
                *word = (*listed).to_owned();
            }
        }
    }
    Ok(capitalized(value))
}

fn capitalized(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(capitalized).collect(),
        Value::Object(members) => {
            let mut table = Map::new();
            for (name, member) in members {
                // The pairs of a context are data, and the table itself has them in small letters.
                let member = if name == "context" { member } else { capitalized(member) };
                table.insert(table_name(&name), member);
            }
            beside(&mut table);
            Value::Object(table)
        }
        other => other,
    }
}

fn table_name(name: &str) -> String {
    if let Some((_, renamed)) = RENAMED.iter().find(|(own, _)| *own == name) {
        return (*renamed).to_owned();
    }
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}

/// Lists the evaluations of all groups beside the groups.
fn beside(table: &mut Map<String, Value>) {
    let (groups, evaluations, _) = SIBLING;
    let Some(Value::Array(list)) = table.get(groups) else { return };
    let all = list.iter().filter_map(|group| group.get(evaluations)?.as_array()).flatten().cloned();
    let all: Vec<Value> = all.collect();
    table.insert(evaluations.to_owned(), Value::Array(all));
}

/// The way back: from the table's names to those of the REST API.
#[must_use]
pub fn unmap(table: Value) -> Value {
    match table {
        Value::Array(items) => items.into_iter().map(unmap).collect(),
        Value::Object(members) => {
            let (_, evaluations, result) = SIBLING;
            let repeated = members.contains_key(result);
            let members = members.into_iter().filter(|(name, _)| !(repeated && name == evaluations));
            let own = members.map(|(name, member)| {
                let member = if name == "Context" { member } else { unmap(member) };
                (rest_name(&name), member)
            });
            Value::Object(own.collect())
        }
        other => other,
    }
}

fn rest_name(name: &str) -> String {
    if let Some((own, _)) = RENAMED.iter().find(|(_, renamed)| *renamed == name) {
        return (*own).to_owned();
    }
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_lowercase().to_string() + letters.as_str())
}
