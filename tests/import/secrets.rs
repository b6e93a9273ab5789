//! Secrets never get through: not into the written topology, not into the list of what was left, not into a
//! diagnostic or an answer.

use dryhop::diagnostic::{render, render_concise};
use dryhop::report::Style;

use super::support::{import, import_text, load_files, load_text, own, written};

/// Every text of a JSON document, with the key that it stands under.
fn texts<'v>(value: &'v serde_json::Value, found: &mut Vec<&'v str>) {
    match value {
        serde_json::Value::String(text) => found.push(text),
        serde_json::Value::Array(values) => values.iter().for_each(|value| texts(value, found)),
        serde_json::Value::Object(map) => map.values().for_each(|value| texts(value, found)),
        _ => {}
    }
}

#[test]
fn no_canary_gets_out() {
    for name in ["estate.json", "hub-spoke.plan.json", "estate.state.json"] {
        let files = [own(name)];
        let input = std::fs::read_to_string(&files[0]).unwrap();
        let document: serde_json::Value = serde_json::from_str(&input).unwrap();
        let mut all = Vec::new();
        texts(&document, &mut all);
        assert!(
            all.iter().filter(|text| text.contains("canary-")).count() >= 6,
            "{name} has no canaries"
        );
        let converted = import(&files);
        let loaded = load_files(&files);
        let mut out = written(&converted, &files);
        out.push_str(&format!(
            "{:?}{:?}{:?}",
            converted.left, converted.notes, converted.tree
        ));
        out.push_str(&render(&loaded.diagnostics, &loaded.sources, false));
        out.push_str(&render_concise(&loaded.diagnostics, &loaded.sources));
        out.push_str(&format!("{:?}", loaded.topology));
        assert!(!out.contains("canary"), "{name}: {out}");
    }
}

// A fault in an input is shown without what stands beside it, also where the whole is one line.
#[test]
fn a_fault_in_an_input_shows_only_its_object() {
    let resource = r#"{"id":"/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/networkSecurityGroups/nsg","name":"nsg","x":"canary-1","properties":{"securityRules":[{"name":"r","properties":{"description":"canary-2","priority":7,"direction":"Inbound","access":"Allow","protocol":"Tcp","sourceAddressPrefix":"nonsense/99"}}]},"adminPassword":"canary-3"}"#;
    for input in [resource.to_owned(), format!("[\n{resource}\n]")] {
        let loaded = load_text(&input);
        let shown = render(&loaded.diagnostics, &loaded.sources, false);
        assert!(shown.contains("nonsense/99"), "{shown}");
        assert!(
            shown.contains("\"r\"") && !shown.contains("canary"),
            "{shown}"
        );
        assert!(!loaded.is_sound());
    }
}

// An issue of an answer points into the input, and shows nothing of it but the place.
#[test]
fn an_answer_shows_no_line_of_an_input() {
    let files = [own("hub-spoke.plan.json")];
    let loaded = load_files(&files);
    let network = &loaded.network;
    let question = dryhop::engine::Question {
        probes: Some(1),
        ..dryhop::engine::Question::new(
            network.endpoint("vm-web-0").unwrap(),
            network.endpoint("vm-data-0").unwrap(),
            dryhop::net::Protocol::Tcp,
            Some(22),
        )
    };
    let answers = dryhop::engine::check(&dryhop::engine::Engine::new(network), &question).unwrap();
    let style = Style {
        color: false,
        unicode: true,
    };
    let text = dryhop::report::check::text(network, &loaded.sources, &answers, &[], style);
    assert!(
        text.contains("hub-spoke.plan.json:") && !text.contains("\"address\""),
        "{text}"
    );
}

// Every text of an input replaced by a canary, but for those that the network is made of.
#[test]
fn only_named_members_are_carried_over() {
    let mut document: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(own("estate.json")).unwrap()).unwrap();
    for resource in document["data"].as_array_mut().unwrap() {
        let added = serde_json::json!({
            "adminPassword": "canary-a", "customData": "canary-b", "connectionString": "canary-c",
            "keys": [{"value": "canary-d"}], "protectedSettings": {"storageAccountKey": "canary-e"}
        });
        for (key, value) in added.as_object().unwrap() {
            resource[key] = value.clone();
            resource["properties"][key] = value.clone();
        }
    }
    let converted = import_text(&document.to_string());
    let out = format!(
        "{:?}{:?}{:?}",
        converted.tree, converted.left, converted.notes
    );
    assert!(!out.contains("canary"), "{out}");
    // Each of them is something unknown, and said to be.
    assert!(
        converted
            .left
            .iter()
            .any(|left| left.what.contains("`connectionString` of "))
    );
}
