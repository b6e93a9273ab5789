//! The JSON Schema (draft-07) of what `check --format json` writes.

use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};

use super::wire::ConnectivityInformation;

/// Either form of the document.
#[derive(JsonSchema)]
#[schemars(untagged, title = "The answer of `dryhop check`")]
#[expect(dead_code, reason = "it is only described")]
enum Answer {
    /// Of one connection.
    One(Box<ConnectivityInformation>),
    /// Of every connection between two ends of which one is a set.
    Each(Vec<ConnectivityInformation>),
}

/// The schema of the answer.
#[must_use]
pub fn answer() -> Value {
    let settings = SchemaSettings::draft07().with_transform(Closed);
    settings
        .into_generator()
        .into_root_schema_for::<Answer>()
        .into()
}

/// What is absent is not null, and what is not named is not written.
#[derive(Debug, Clone)]
struct Closed;

impl Transform for Closed {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        without_null(schema);
        let properties = schema.get("properties").is_some_and(Value::is_object);
        let composed = ["oneOf", "anyOf", "allOf"]
            .iter()
            .any(|key| schema.get(*key).is_some());
        if properties && !composed && schema.get("additionalProperties").is_none() {
            schema.insert("additionalProperties".to_owned(), json!(false));
        }
    }
}

fn without_null(schema: &mut Schema) {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|word| word != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(choices)) = schema.get_mut("anyOf") {
        choices.retain(|choice| choice.get("type").is_none_or(|word| word != "null"));
        if let [only] = choices.as_slice() {
            let only = only.clone();
            schema.remove("anyOf");
            // Beside a reference draft-07 reads nothing.
            schema.insert("allOf".to_owned(), json!([only]));
        }
    }
}
