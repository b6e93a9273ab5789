//! Resolved resources as they come from `az … show`, `list` and `create`, Azure Resource Graph (`data`), the
//! REST API (`value`), the portal's JSON view, `bicep snapshot` (`predictedResources`) and `what-if` (`changes`).

use serde_json::{Map, Value};

use super::expressions;
use super::resource::{Left, Origin, Read, Resource};
use super::view::{entry, is_empty};

/// Lists may stand in lists so deep (several answers put together).
const DEEPEST: usize = 8;

/// Whether a document is one of these shapes.
pub(super) fn is_one(document: &Value) -> bool {
    match document {
        // A list of nothing is what `az … list` says where there is nothing.
        Value::Array(values) => values.is_empty() || values.iter().any(is_one),
        Value::Object(object) => {
            is_resource(object) || envelope(object).is_some() || !wrapped(object).is_empty()
        }
        _ => false,
    }
}

/// Reads a document.
pub(super) fn read(file: &str, document: &Value) -> Read {
    let mut reader = Reader {
        file,
        read: Read::default(),
    };
    reader.value(document, String::new(), 0);
    expressions::evaluate(&mut reader.read);
    reader.read
}

struct Reader<'f> {
    file: &'f str,
    read: Read,
}

/// The lists that answers wrap resources in.
const ENVELOPES: [&str; 4] = ["value", "data", "predictedResources", "changes"];

/// Keys of an answer that say that there is more of it.
const MORE: [&str; 4] = ["nextLink", "skip_token", "$skipToken", "skipToken"];

fn envelope(object: &Map<String, Value>) -> Option<(&'static str, &Value)> {
    ENVELOPES.into_iter().find_map(|key| {
        let list = object.get(key)?;
        let tabular = key == "data" && list.get("rows").is_some();
        (list.is_array() || tabular).then_some((key, list))
    })
}

/// An id of a provider's resource, or a type of Microsoft's.
fn is_resource(object: &Map<String, Value>) -> bool {
    let text = |key| {
        entry(object, key)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    text("id").to_ascii_lowercase().contains("/providers/")
        || text("type").to_ascii_lowercase().starts_with("microsoft.")
}

/// What `az … create` wraps: `{"publicIp": {…}}`.
fn wrapped(object: &Map<String, Value>) -> Vec<(&String, &Value)> {
    object
        .iter()
        .filter(|(_, value)| value.as_object().is_some_and(is_resource))
        .collect()
}

impl Reader<'_> {
    fn value(&mut self, value: &Value, place: String, depth: usize) {
        match value {
            Value::Array(values) if depth < DEEPEST => {
                for (index, value) in values.iter().enumerate() {
                    self.value(value, format!("{place}/{index}"), depth + 1);
                }
            }
            Value::Object(object) => self.object(object, place, depth),
            _ if is_empty(value) => {}
            _ => self.left(place, "a value", "it is no resource"),
        }
    }

    fn object(&mut self, object: &Map<String, Value>, place: String, depth: usize) {
        if is_resource(object) {
            self.read.resources.push(Resource {
                body: object.clone(),
                origin: self.origin(place),
                predicted: Vec::new(),
            });
            return;
        }
        if let Some((key, list)) = envelope(object).filter(|_| depth < DEEPEST) {
            for more in MORE {
                if object.get(more).is_some_and(|link| !is_empty(link)) {
                    self.left(
                        format!("{place}/{more}"),
                        "further pages",
                        "the answer says that there are more of them; save those, too",
                    );
                }
            }
            let place = format!("{place}/{key}");
            match key {
                "changes" => self.changes(list, &place),
                "data" if list.is_object() => self.table(list, &place, depth),
                _ => self.value(list, place, depth + 1),
            }
            return;
        }
        let wrapped = wrapped(object);
        if wrapped.is_empty() && !object.is_empty() {
            self.left(place, "an object", "it has neither an `id` nor a `type`");
            return;
        }
        for (key, value) in wrapped {
            self.value(value, format!("{place}/{}", escape(key)), depth + 1);
        }
    }

    /// What a deployment would change: each resource as it is afterwards.
    fn changes(&mut self, list: &Value, place: &str) {
        for (index, change) in list.as_array().into_iter().flatten().enumerate() {
            let kind = change
                .get("changeType")
                .and_then(Value::as_str)
                .unwrap_or_default();
            if kind.eq_ignore_ascii_case("Delete") {
                continue;
            }
            let sides = ["after", "before"].into_iter();
            let found = sides
                .filter_map(|side| Some((side, change.get(side)?.as_object()?)))
                .next();
            match found {
                Some((side, object)) => {
                    self.object(object, format!("{place}/{index}/{side}"), DEEPEST);
                }
                None => self.left(
                    format!("{place}/{index}"),
                    "a change",
                    "it shows no resource",
                ),
            }
        }
    }

    /// Resource Graph's older table: columns and rows.
    fn table(&mut self, table: &Value, place: &str, depth: usize) {
        let list = |key: &str| {
            table
                .get(key)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
        };
        let columns: Vec<&str> = list("columns")
            .map(|column| {
                column
                    .get("name")
                    .and_then(Value::as_str)
                    .unwrap_or_default()
            })
            .collect();
        for (index, row) in list("rows").enumerate() {
            let cells = row.as_array().into_iter().flatten().cloned();
            let object: Map<String, Value> = columns
                .iter()
                .map(|column| (*column).to_owned())
                .zip(cells)
                .collect();
            self.object(&object, format!("{place}/rows/{index}"), depth + 1);
        }
    }

    fn origin(&self, place: String) -> Origin {
        Origin {
            file: self.file.to_owned(),
            place,
        }
    }

    fn left(&mut self, place: String, what: &str, reason: &str) {
        let left = Left {
            origin: self.origin(place),
            what: what.to_owned(),
            reason: reason.to_owned(),
        };
        self.read.left.push(left);
    }
}

/// A key as a step of a JSON pointer (RFC 6901).
pub(super) fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn places(document: &Value) -> Vec<String> {
        let read = read("f", document);
        assert!(read.left.is_empty(), "{:?}", read.left);
        read.resources
            .into_iter()
            .map(|it| it.origin.place)
            .collect()
    }

    // The four envelopes, and what az and bicep add to them.
    #[test]
    fn every_envelope_is_opened() {
        let one = json!({"id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v"});
        assert_eq!(places(&one), [""]);
        assert_eq!(places(&json!([one, one])), ["/0", "/1"]);
        assert_eq!(places(&json!([[one], [one]])), ["/0/0", "/1/0"]);
        assert_eq!(places(&json!({"value": [one]})), ["/value/0"]);
        assert_eq!(
            places(&json!({"count": 1, "data": [one], "skip_token": null})),
            ["/data/0"]
        );
        assert_eq!(
            places(&json!({"predictedResources": [one], "outputs": {}})),
            ["/predictedResources/0"]
        );
        assert_eq!(places(&json!({"newVNet": one})), ["/newVNet"]);
        let changes = json!({"changes": [{"changeType": "Create", "after": one}, {"changeType": "Delete", "before": one}]});
        assert_eq!(places(&changes), ["/changes/0/after"]);
        let table = json!({"data": {"columns": [{"name": "id"}], "rows": [[one["id"]]]}});
        assert_eq!(places(&table), ["/data/rows/0"]);
    }

    #[test]
    fn further_pages_and_strange_objects_are_reported() {
        let read = read(
            "f",
            &json!({"value": [{"network": "10.0.0.0/8"}], "nextLink": "https://x?sig=secret"}),
        );
        let what: Vec<&str> = read.left.iter().map(|left| left.what.as_str()).collect();
        assert_eq!(what, ["further pages", "an object"]);
    }

    #[test]
    fn a_topology_is_none_of_them() {
        assert!(!is_one(
            &json!({"virtualNetworks": {"hub": {"addressSpace": "10.0.0.0/16"}}})
        ));
        assert!(!is_one(&json!({"name": "x"})));
        assert!(!is_one(&json!(["x"])));
        assert!(is_one(&json!([])));
    }
}
