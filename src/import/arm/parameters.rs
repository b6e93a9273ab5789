//! Parameters and variables: what a file or the template around gives, the defaults, and what
//! stands for a parameter that has neither (`parameters`, `parameter-files`, `variables`).

use serde_json::{Map, Value as Json};

use super::deployment::{Environment, Memo};
use super::evaluate::Frame;
use super::secrets;
use super::value::{Result, Value, escape, fail};
use super::world::World;
use super::{Fault, jsonc};

/// The most steps of a `$ref` from one type to the next (`definitions`).
const MOST_REFERENCES: usize = 8;

/// A parameter file, read.
#[derive(Debug, Clone, PartialEq)]
pub struct ParameterFile {
    /// The file as the user named it.
    pub file: String,
    /// The value of each parameter; `None` for one that is kept in a key vault.
    pub(super) values: Vec<(String, Option<Json>)>,
}

impl ParameterFile {
    /// A file in the `deploymentParameters` schema, one of plain `name: value`, or what
    /// `bicep build-params --stdout` prints.
    ///
    /// # Errors
    /// A text that is not JSON, or holds no object.
    pub fn read(file: &str, text: &str) -> Result<Self, Fault> {
        let value = jsonc::parse(text)?;
        if let Some(inner) = value.get("parametersJson").and_then(Json::as_str) {
            return Self::read(file, inner);
        }
        let Some(members) = value.as_object() else {
            return Err(Fault::NoParameters);
        };
        let values = match members.get("parameters") {
            Some(Json::Object(inner)) => entries(inner, true),
            _ => entries(members, false),
        };
        Ok(Self {
            file: file.to_owned(),
            values,
        })
    }
}

/// Whether a value is a parameter file of the `deploymentParameters` schema.
#[must_use]
pub fn is_parameters(value: &Json) -> bool {
    let schema = value.get("$schema").and_then(Json::as_str);
    schema.is_some_and(|schema| schema.to_lowercase().contains("deploymentparameters.json"))
        || value.get("parametersJson").is_some()
        || (value.get("contentVersion").is_some()
            && value.get("resources").is_none()
            && value.get("parameters").is_some_and(Json::is_object))
}

fn entries(members: &Map<String, Json>, by_schema: bool) -> Vec<(String, Option<Json>)> {
    members
        .iter()
        .filter(|(name, _)| by_schema || !matches!(name.as_str(), "$schema" | "contentVersion"))
        .map(|(name, entry)| {
            let value = match entry {
                Json::Object(entry) if entry.contains_key("value") => entry.get("value").cloned(),
                Json::Object(entry) if entry.contains_key("reference") => None,
                _ if by_schema => Some(Json::Null),
                _ => Some(entry.clone()),
            };
            (name.clone(), value)
        })
        .collect()
}

/// What a parameter of a deployment was given.
pub(super) enum Given {
    /// As a file has it.
    Plain(Json),
    /// As the deployment around gives it: an expression there.
    There(Json, Frame),
    /// The same, an object with the value in it.
    Entry(Json, Frame),
    /// From a key vault.
    Secret,
}

/// A member without case.
pub(super) fn find<'a>(members: &'a Json, name: &str) -> Option<(&'a str, &'a Json)> {
    let members = members.as_object()?;
    members
        .get_key_value(name)
        .or_else(|| {
            members
                .iter()
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
        })
        .map(|(key, value)| (key.as_str(), value))
}

impl World<'_> {
    /// `parameters('name')`.
    pub(super) fn parameter(&self, name: &str, frame: &Frame) -> Result<Value> {
        if let Some(arguments) = &frame.arguments {
            let found = arguments
                .iter()
                .find(|(there, _)| there.eq_ignore_ascii_case(name));
            return match found {
                Some((_, value)) => Ok(value.clone()),
                None => fail(format!("the function has no parameter `{name}`")),
            };
        }
        let environment = &frame.environment;
        let declared = environment.template.get("parameters");
        let Some((name, declared)) = declared.and_then(|all| find(all, name)) else {
            return fail(format!("the template has no parameter `{name}`"));
        };
        self.once(&environment.parameters, name, "parameter", || {
            self.parameter_value(name, declared, frame)
        })
    }

    fn parameter_value(&self, name: &str, declared: &Json, frame: &Frame) -> Result<Value> {
        let environment = &frame.environment;
        let place = format!("{}/parameters/{}", environment.place, escape(name));
        let kind = resolved(&environment.template, declared, "type")
            .and_then(Json::as_str)
            .unwrap_or("string")
            .to_lowercase();
        let secure = kind.starts_with("secure") || secrets::names_secret(name);
        let given = match environment.given.get(&name.to_lowercase()) {
            Some(Given::Secret) => return Ok(Value::secret()),
            Some(Given::Plain(value)) => Some(Value::from_json(value)),
            Some(Given::There(node, frame)) => Some(self.json(node, frame)?),
            Some(Given::Entry(node, frame)) => {
                let entry = self.json(node, frame)?;
                if entry.member("reference").is_some() {
                    return Ok(Value::secret());
                }
                entry.member("value").cloned()
            }
            None => None,
        };
        let value = match (given, declared.get("defaultValue")) {
            (Some(given), _) => given,
            (None, Some(default)) => self.json(default, &frame.outside())?,
            (None, None) if resolved(&environment.template, declared, "nullable").is_some() => {
                Value::null()
            }
            (None, None) if secure => Value::secret(),
            (None, None) => {
                let (value, stands) = self.placeholder(name, &kind, declared);
                self.leave(
                    &environment.file,
                    &place,
                    format!("parameter `{name}`"),
                    format!("it has no value and no default: {stands} stands for it"),
                );
                return Ok(value.mark(true));
            }
        };
        if secure {
            // Nothing is no secret: an empty token stands for "none is needed".
            let nothing = value.text() == Some("") || value.is_null();
            return Ok(if nothing { value } else { Value::secret() });
        }
        if let Some(allowed) = declared.get("allowedValues").and_then(Json::as_array)
            && !value.has_secret()
            && !allowed
                .iter()
                .any(|one| is_same(&Value::from_json(one), &value))
        {
            self.leave(
                &environment.file,
                &place,
                format!("parameter `{name}`"),
                "its value is none of its `allowedValues`; it is used as it is".to_owned(),
            );
        }
        Ok(value)
    }

    /// What stands for a parameter, and how that is said.
    fn placeholder(&self, name: &str, kind: &str, declared: &Json) -> (Value, String) {
        if let Some(first) = declared
            .get("allowedValues")
            .and_then(Json::as_array)
            .and_then(|allowed| allowed.first())
        {
            let value = Value::from_json(first);
            let said = format!("the first of its `allowedValues`, `{}`,", shown(&value));
            return (value, said);
        }
        let value: Value = match kind {
            "int" => {
                let least = declared.get("minValue").and_then(Json::as_i64);
                least.unwrap_or(1).into()
            }
            "bool" => true.into(),
            "array" => Value::array(Vec::new()),
            "object" => Value::of([]),
            _ if matches!(name.to_lowercase().as_str(), "location" | "region") => {
                self.location.as_str().into()
            }
            _ => name
                .chars()
                .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
                .collect::<String>()
                .into(),
        };
        let said = format!("`{}`", shown(&value));
        (value, said)
    }

    /// `variables('name')`.
    pub(super) fn variable(&self, name: &str, frame: &Frame) -> Result<Value> {
        if frame.arguments.is_some() {
            return fail("a user-defined function has no variables");
        }
        let environment = &frame.environment;
        let Some(all) = environment.template.get("variables") else {
            return fail(format!("the template has no variable `{name}`"));
        };
        let frame = frame.outside();
        if let Some((name, node)) = find(all, name)
            && !name.eq_ignore_ascii_case("copy")
        {
            return self.once(&environment.variables, name, "variable", || {
                self.deeper(|| self.json(node, &frame))
            });
        }
        let loops = find(all, "copy").and_then(|(_, loops)| loops.as_array());
        let each = loops.into_iter().flatten().find(|each| {
            let there = each.get("name").and_then(Json::as_str);
            there.is_some_and(|there| there.eq_ignore_ascii_case(name))
        });
        let Some(each) = each else {
            return fail(format!("the template has no variable `{name}`"));
        };
        self.once(&environment.variables, name, "variable", || {
            let (count, predicted) = self.count(each, &frame)?;
            let Some(input) = each.get("input") else {
                return fail("a loop needs an input");
            };
            let values: Result<Vec<Value>> = (0..count)
                .map(|index| self.deeper(|| self.json(input, &frame.inside(name, index, false))))
                .collect();
            Ok(Value::array(values?).mark(predicted))
        })
    }

    /// Computes a value once; one that needs itself is a failure.
    fn once(
        &self,
        memory: &Memo,
        name: &str,
        kind: &str,
        compute: impl FnOnce() -> Result<Value>,
    ) -> Result<Value> {
        let key = name.to_lowercase();
        match memory.borrow().get(&key) {
            Some(Some(known)) => return known.clone(),
            Some(None) => return fail(format!("the {kind} `{name}` needs itself")),
            None => {}
        }
        memory.borrow_mut().insert(key.clone(), None);
        let value = compute();
        memory.borrow_mut().insert(key, Some(value.clone()));
        value
    }

    /// Names that a parameter file gives and the template has not, and those that a later file gives otherwise.
    pub(super) fn check_parameter_files(&self, files: &[ParameterFile], environment: &Environment) {
        let declared = environment.template.get("parameters");
        for (at, file) in files.iter().enumerate() {
            for (name, value) in &file.values {
                let later = files.iter().skip(at + 1).find(|later| {
                    let mut values = later.values.iter();
                    values.any(|(other, given)| other.eq_ignore_ascii_case(name) && given != value)
                });
                if let Some(later) = later {
                    self.leave(
                        &file.file,
                        &format!("/parameters/{}", escape(name)),
                        format!("parameter `{name}`"),
                        format!("`{}` gives another value, which is used", later.file),
                    );
                }
                if declared.and_then(|all| find(all, name)).is_none() {
                    self.leave(
                        &file.file,
                        &format!("/parameters/{}", escape(name)),
                        format!("parameter `{name}`"),
                        "the template has no parameter of that name".to_owned(),
                    );
                }
            }
        }
    }
}

/// A value as a message shows it.
fn shown(value: &Value) -> String {
    match value.text() {
        Some(text) => text.to_owned(),
        None => value.plain().to_string(),
    }
}

/// Whether a value is an allowed one; case is taken not to matter, so that only what surely is none
/// is reported.
fn is_same(allowed: &Value, value: &Value) -> bool {
    match (allowed.text(), value.text()) {
        (Some(allowed), Some(value)) => allowed.eq_ignore_ascii_case(value),
        _ => allowed == value,
    }
}

/// A member of a parameter's declaration, or of the type that it refers to.
fn resolved<'a>(template: &'a Json, declared: &'a Json, key: &str) -> Option<&'a Json> {
    let mut at = declared;
    for _ in 0..MOST_REFERENCES {
        if let Some(found) = at.get(key) {
            return Some(found);
        }
        let reference = at.get("$ref")?.as_str()?;
        at = template.pointer(reference.strip_prefix('#')?)?;
    }
    None
}
