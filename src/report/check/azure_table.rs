//! The names of Microsoft's response table (`network-watcher/connection-troubleshoot-overview`,
//! "Response"): the same document with every member's name in capitals at the front, two of them renamed.

use serde_json::{Map, Value};

/// Names that differ by more than their first letter.
const RENAMED: &[(&str, &str)] = &[("evaluatedNetworkSecurityGroups", "EvaluatedSecurityGroups")];

/// What the table lists beside each group as well: all groups' evaluations in one list.
const SIBLING: (&str, &str, &str) = (
    "EvaluatedSecurityGroups",
    "RulesEvaluationResult",
    "SecurityRuleAccessResult",
);

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
pub fn azure_table(document: &impl serde::Serialize) -> Result<Value, serde_json::Error> {
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
                let member = if name == "context" {
                    member
                } else {
                    capitalized(member)
                };
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
    letters.next().map_or_else(String::new, |first| {
        first.to_ascii_uppercase().to_string() + letters.as_str()
    })
}

/// Lists the evaluations of all groups beside the groups.
fn beside(table: &mut Map<String, Value>) {
    let (groups, evaluations, _) = SIBLING;
    let Some(Value::Array(list)) = table.get(groups) else {
        return;
    };
    let all = list
        .iter()
        .filter_map(|group| group.get(evaluations)?.as_array())
        .flatten()
        .cloned();
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
            let members = members
                .into_iter()
                .filter(|(name, _)| !(repeated && name == evaluations));
            let own = members.map(|(name, member)| {
                let member = if name == "Context" {
                    member
                } else {
                    unmap(member)
                };
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
    letters.next().map_or_else(String::new, |first| {
        first.to_ascii_lowercase().to_string() + letters.as_str()
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::{Value, json};

    use super::super::document;
    use super::super::json::Document;
    use super::{azure_table, unmap};
    use crate::engine::{Engine, Question, check};
    use crate::load::load;
    use crate::net::Protocol;
    use crate::spec::read::Input;

    /// Documents of shipped topologies: source, destination and port.
    const ASKED: &[(&str, &str, &str, u16)] = &[
        (
            "hub-spoke",
            "vm-spoke-one-linux",
            "vm-spoke-two-windows",
            443,
        ),
        ("hub-spoke", "vm-spoke-one-linux", "10.200.0.4", 3389),
        ("hub-spoke", "vm-spoke-two-windows", "update-server", 443),
        ("hub-spoke", "nva-hub", "vm-spoke-one-linux", 22),
        ("hub-spoke", "vm-spoke-one-linux", "10.99.0.1", 443),
        ("dmz", "web-1", "db-1", 1433),
        ("dmz", "web-1", "db-1", 22),
        ("three-tier", "web-1", "db-1", 1433),
        ("private-subnet", "vm-private", "update-server", 443),
        ("two-regions", "customer", "20.50.50.4", 443),
        ("two-regions", "web-1", "api", 8080),
    ];

    fn documents() -> Vec<Document> {
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies");
        let answer = |&(folder, source, destination, port): &(&str, &str, &str, u16)| {
            let loaded = load(&[Input::Path(shipped.join(folder))], &[]);
            assert!(loaded.is_sound(), "{folder}: {:?}", loaded.diagnostics);
            let engine = Engine::new(&loaded.network);
            let question = Question::new(
                loaded.network.endpoint(source).unwrap(),
                loaded.network.endpoint(destination).unwrap(),
                Protocol::Tcp,
                Some(port),
            );
            let answers = check(&engine, &question).unwrap();
            document(
                &loaded.network,
                &loaded.sources,
                &answers,
                &[],
                destination == "api",
            )
        };
        ASKED.iter().map(answer).collect()
    }

    fn each(value: &Value) -> Vec<&Value> {
        match value {
            Value::Array(each) => each.iter().collect(),
            one => vec![one],
        }
    }

    /// Everything that the table has as the REST API has it, but for the two exceptions.
    fn comparable(mut value: Value) -> Value {
        let one = |value: &mut Value| {
            let members = value.as_object_mut().unwrap();
            members.remove("dryhop");
            if let Some(next) = members.get_mut("nextHopAnalysis") {
                next.as_object_mut().unwrap().remove("nextHopType");
            }
        };
        match &mut value {
            Value::Array(each) => each.iter_mut().for_each(one),
            value => one(value),
        }
        value
    }

    #[test]
    fn the_table_is_the_same_document() {
        for document in documents() {
            let table = azure_table(&document).unwrap();
            let rest = serde_json::to_value(&document).unwrap();
            assert_eq!(comparable(unmap(table)), comparable(rest));
        }
    }

    #[test]
    fn next_hops_are_of_the_closed_list() {
        let closed = [
            "HyperNetGateway",
            "Internet",
            "None",
            "VirtualAppliance",
            "VirtualNetworkGateway",
            "VnetLocal",
        ];
        for document in documents() {
            let table = azure_table(&document).unwrap();
            for one in each(&table) {
                if let Some(next) = one.get("NextHopAnalysis") {
                    assert!(
                        closed.contains(&next["NextHopType"].as_str().unwrap()),
                        "{next}"
                    );
                }
            }
        }
    }

    #[test]
    fn contexts_keep_their_pairs_and_evaluations_stand_beside_groups() {
        let document = json!({
            "context": [{ "key": "RuleName", "value": "x" }],
            "networkSecurityGroupResult": {
                "securityRuleAccessResult": "Deny",
                "evaluatedNetworkSecurityGroups": [{ "rulesEvaluationResult": [{ "name": "a" }] }],
            },
        });
        let table = super::capitalized(document.clone());
        assert_eq!(
            table["Context"][0],
            json!({ "key": "RuleName", "value": "x" })
        );
        let result = &table["NetworkSecurityGroupResult"];
        assert_eq!(result["RulesEvaluationResult"], json!([{ "Name": "a" }]));
        assert_eq!(
            result["EvaluatedSecurityGroups"][0]["RulesEvaluationResult"],
            json!([{ "Name": "a" }])
        );
        assert_eq!(unmap(table), document);
    }

    #[test]
    fn hops_are_a_graph_and_nothing_is_null() {
        fn no_nulls(value: &Value) {
            match value {
                Value::Null => panic!("a member is null"),
                Value::Array(items) => items.iter().for_each(no_nulls),
                Value::Object(members) => members.values().for_each(no_nulls),
                _ => {}
            }
        }
        for document in documents() {
            let value = serde_json::to_value(&document).unwrap();
            no_nulls(&value);
            for one in each(&value) {
                let hops = one["hops"].as_array().unwrap();
                let ids: Vec<&Value> = hops.iter().map(|hop| &hop["id"]).collect();
                for hop in hops {
                    assert_eq!(ids.iter().filter(|id| **id == &hop["id"]).count(), 1);
                    for next in hop["nextHopIds"].as_array().unwrap() {
                        let at = ids.iter().position(|id| *id == next).unwrap();
                        assert!(
                            hops[at]["previousHopIds"]
                                .as_array()
                                .unwrap()
                                .contains(&hop["id"])
                        );
                    }
                    for (ids, links) in
                        [("nextHopIds", "links"), ("previousHopIds", "previousLinks")]
                    {
                        let links = hop[links]
                            .as_array()
                            .unwrap()
                            .iter()
                            .map(|link| &link["nextHopId"]);
                        assert!(hop[ids].as_array().unwrap().iter().eq(links));
                    }
                }
                for path in one["dryhop"]["paths"].as_array().unwrap() {
                    for hop in path["hops"].as_array().unwrap() {
                        assert!(ids.contains(&&hop["id"]));
                    }
                }
            }
        }
    }
}
