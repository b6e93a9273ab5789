//! What a value refers to that is known only after apply: the references of `configuration`, followed through
//! variables, modules and their outputs. What `locals` do with them is in no plan.

use serde_json::Value;

use super::instances::{Instance, State};

/// References are followed so far.
const DEEPEST: usize = 24;

/// What a reference leads to.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Target {
    /// A resource, and what of it: `ip_configuration[0].private_ip_address`.
    Instance(usize, String),
    /// A value that a variable or a call of a module has.
    Literal(Value),
}

/// The scope of a reference: a module, and the instance that asks.
struct Scope<'s> {
    module: &'s str,
    config: &'s Value,
    key: Option<&'s str>,
    each: Option<&'s Value>,
}

impl State<'_> {
    /// What the expression at a path of attributes of an instance refers to, in its order; `blocks` are the
    /// positions of the blocks on the way.
    pub(super) fn targets(
        &self,
        instance: &Instance,
        path: &[&str],
        blocks: &[usize],
    ) -> Vec<Target> {
        let Some(expression) = self.expression(instance, path, blocks) else {
            return Vec::new();
        };
        self.follow_expression(instance, expression)
    }

    /// Whether the configuration gives an attribute.
    pub(super) fn is_given(&self, instance: &Instance, path: &[&str], blocks: &[usize]) -> bool {
        self.expression(instance, path, blocks).is_some()
    }

    fn expression(&self, instance: &Instance, path: &[&str], blocks: &[usize]) -> Option<&Value> {
        let config = self.config_of(&instance.module)?;
        let resource = resource(config, instance)?;
        let mut at = resource.get("expressions")?;
        for (depth, step) in path.iter().enumerate() {
            at = at.get(step)?;
            if let (Value::Array(all), true) = (at, depth + 1 < path.len()) {
                // Dynamic blocks are written once.
                let index = blocks.get(depth).copied().unwrap_or(0);
                at = all.get(index).or_else(|| all.first())?;
            }
        }
        Some(at)
    }

    fn follow_expression(&self, instance: &Instance, expression: &Value) -> Vec<Target> {
        let Some(config) = self.config_of(&instance.module) else {
            return Vec::new();
        };
        let own = resource(config, instance);
        let scope = Scope {
            module: &instance.module,
            config,
            key: instance.key.as_deref(),
            each: own.and_then(|own| own.get("for_each_expression")),
        };
        let mut found = Vec::new();
        self.follow(expression, &scope, 0, &mut found);
        found
    }

    fn follow(&self, expression: &Value, scope: &Scope<'_>, depth: usize, found: &mut Vec<Target>) {
        if depth > DEEPEST {
            return;
        }
        if let Some(value) = expression.get("constant_value") {
            found.push(Target::Literal(value.clone()));
            return;
        }
        let references = expression.get("references").and_then(Value::as_array);
        let texts: Vec<&str> = references
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        for (position, text) in texts.iter().enumerate() {
            // `azurerm_subnet.a.id` is followed by what it is part of: `azurerm_subnet.a`.
            let part = texts.iter().take(position).any(|other| {
                other
                    .strip_prefix(text)
                    .is_some_and(|rest| rest.starts_with(['.', '[']))
            });
            if !part {
                self.reference(text, scope, depth, found);
            }
        }
    }

    fn reference(&self, text: &str, scope: &Scope<'_>, depth: usize, found: &mut Vec<Target>) {
        let steps = split(text);
        let step = |at: usize| steps.get(at).map_or("", String::as_str);
        match step(0) {
            "var" => self.variable(step(1), scope, depth, found),
            "module" => self.output(&steps, scope, depth, found),
            "each" => self.each(steps.get(2..).unwrap_or_default(), scope, depth, found),
            "count" | "local" | "path" | "terraform" | "self" => {}
            "data" => {
                let kind = format!("data.{}", step(1));
                self.instances_of(&kind, steps.get(2..).unwrap_or_default(), scope, found);
            }
            kind => self.instances_of(kind, steps.get(1..).unwrap_or_default(), scope, found),
        }
    }

    /// What `each.value` is: of what `for_each` goes through, the one with the key of who asks.
    fn each(&self, rest: &[String], scope: &Scope<'_>, depth: usize, found: &mut Vec<Target>) {
        let Some(each) = scope.each.filter(|_| depth < DEEPEST) else {
            return;
        };
        let references = each.get("references").and_then(Value::as_array);
        for text in references.into_iter().flatten().filter_map(Value::as_str) {
            // Of a whole module it is an output, of resources an attribute.
            let text = if text.starts_with("each.") {
                continue;
            } else {
                text
            };
            let whole = [&[text.to_owned()], rest].concat().join(".");
            self.reference(&whole, scope, depth + 1, found);
        }
    }

    /// Those of a resource that are meant: by its key, else by that of who asks, else all.
    fn instances_of(
        &self,
        kind: &str,
        steps: &[String],
        scope: &Scope<'_>,
        found: &mut Vec<Target>,
    ) {
        let Some((label, rest)) = steps.split_first() else {
            return;
        };
        let all = self.labelled(scope.module, kind, label);
        let stated = rest.first().and_then(|step| step.strip_prefix('['));
        let rest = if stated.is_some() {
            rest.get(1..).unwrap_or_default()
        } else {
            rest
        };
        let wanted = stated
            .map(|key| key.trim_end_matches(']').trim_matches('"'))
            .or(scope.key);
        let with_key: Vec<usize> = all
            .iter()
            .copied()
            .filter(|&index| {
                self.instances
                    .get(index)
                    .is_some_and(|it| it.key.as_deref() == wanted && wanted.is_some())
            })
            .collect();
        let chosen = if with_key.is_empty() && stated.is_none() {
            all
        } else {
            &with_key
        };
        let attribute = rest.join(".");
        found.extend(
            chosen
                .iter()
                .map(|&index| Target::Instance(index, attribute.clone())),
        );
    }

    /// A variable: what the call of the module gives it, or the plan's value at the root.
    fn variable(&self, name: &str, scope: &Scope<'_>, depth: usize, found: &mut Vec<Target>) {
        if scope.module.is_empty() {
            let value = self
                .variables
                .and_then(|all| all.get(name))
                .and_then(|it| it.get("value"));
            found.extend(value.map(|value| Target::Literal(value.clone())));
            return;
        }
        let (parent, call, key) = above(scope.module);
        let Some(config) = self.config_of(parent) else {
            return;
        };
        let call = config.get("module_calls").and_then(|calls| calls.get(call));
        let Some(expression) = call.and_then(|call| call.get("expressions")?.get(name)) else {
            return;
        };
        let outer = Scope {
            module: parent,
            config,
            key,
            each: call.and_then(|call| call.get("for_each_expression")),
        };
        self.follow(expression, &outer, depth + 1, found);
    }

    /// An output of a module, of each of its instances that is meant.
    fn output(&self, steps: &[String], scope: &Scope<'_>, depth: usize, found: &mut Vec<Target>) {
        let Some(call) = steps.get(1) else { return };
        let stated = steps.get(2).filter(|step| step.starts_with('['));
        let Some(name) = steps.get(if stated.is_some() { 3 } else { 2 }) else {
            return;
        };
        let module = scope
            .config
            .get("module_calls")
            .and_then(|calls| calls.get(call)?.get("module"));
        let Some(module) = module else { return };
        let Some(expression) = module
            .get("outputs")
            .and_then(|all| all.get(name)?.get("expression"))
        else {
            return;
        };
        let base = if scope.module.is_empty() {
            format!("module.{call}")
        } else {
            format!("{}.module.{call}", scope.module)
        };
        let mut inside: Vec<&str> = self
            .instances
            .iter()
            .filter_map(|it| {
                let rest = it.module.strip_prefix(&base)?;
                let own = match rest.find(']') {
                    Some(end) if rest.starts_with('[') => base.len() + end + 1,
                    _ if rest.is_empty() || rest.starts_with('.') => base.len(),
                    _ => return None,
                };
                it.module.get(..own)
            })
            .collect();
        inside.dedup();
        if let Some(stated) = stated {
            let wanted = format!("{base}{stated}");
            inside.retain(|address| **address == *wanted);
        } else if inside.len() > 1 {
            let same = |address: &&str| above(address).2 == scope.key && scope.key.is_some();
            if inside.iter().any(same) {
                inside.retain(same);
            }
        }
        inside.sort_unstable();
        inside.dedup();
        for address in inside {
            let inner = Scope {
                module: address,
                config: module,
                key: None,
                each: None,
            };
            self.follow(expression, &inner, depth + 1, found);
        }
    }

    /// The configuration of a module by its address.
    fn config_of(&self, module: &str) -> Option<&Value> {
        if module.is_empty() {
            return self.root;
        }
        let (parent, call, _) = above(module);
        self.config_of(parent)?
            .get("module_calls")?
            .get(call)?
            .get("module")
    }
}

/// The configuration of a resource.
fn resource<'v>(config: &'v Value, instance: &Instance) -> Option<&'v Value> {
    let mode = if instance.data { "data" } else { "managed" };
    config
        .get("resources")?
        .as_array()?
        .iter()
        .find(|resource| {
            let is =
                |key: &str, value: &str| resource.get(key).and_then(Value::as_str) == Some(value);
            is("type", &instance.kind) && is("name", &instance.label) && is("mode", mode)
        })
}

/// A module's parent, its name in there, and its key.
fn above(module: &str) -> (&str, &str, Option<&str>) {
    // A key may hold anything; it is in brackets at the end.
    let (path, key) = match module
        .strip_suffix(']')
        .and_then(|rest| rest.rsplit_once('['))
    {
        Some((path, key)) => (path, Some(key.trim_matches('"'))),
        None => (module, None),
    };
    let (parent, call) = path.rsplit_once("module.").unwrap_or(("", path));
    (parent.trim_end_matches('.'), call, key)
}

/// `a.b["x.y"].c` as `a`, `b`, `["x.y"]`, `c`.
fn split(text: &str) -> Vec<String> {
    let mut steps = vec![String::new()];
    let (mut bracket, mut quoted) = (false, false);
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            '[' if !quoted => {
                bracket = true;
                steps.push(String::new());
            }
            _ => {}
        }
        if c == '.' && !bracket && !quoted {
            steps.push(String::new());
        } else if let Some(last) = steps.last_mut() {
            last.push(c);
        }
        if c == ']' && !quoted {
            bracket = false;
        }
    }
    steps.retain(|step| !step.is_empty());
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_taken_apart() {
        assert_eq!(
            split("azurerm_subnet.a[\"x.y\"].id"),
            ["azurerm_subnet", "a", "[\"x.y\"]", "id"]
        );
        assert_eq!(
            above("module.a[\"k\"].module.b[0]"),
            ("module.a[\"k\"]", "b", Some("0"))
        );
        assert_eq!(above("module.a"), ("", "a", None));
    }
}
