//! What a deployment declares: types, names and ids of its resources, loops and conditions
//! resolved (`copy-resources`, `conditional-resource-deployment`, `child-resource-name-type`).

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::Value as Json;

use super::deployment::{Declared, Deployment, Level, State, Status, schema_scope};
use super::evaluate::Frame;
use super::scope::{self, Scope};
use super::value::{Data, Result, escape, fail};
use super::world::World;

/// The resource around a child.
struct Parent<'a> {
    kind: &'a str,
    name: &'a str,
    name_predicted: bool,
    status: Status,
    predicted: bool,
    scope: &'a Scope,
}

impl World<'_> {
    /// Declares everything that a deployment's template has.
    pub(super) fn declare_all(&self, deployment: &Rc<Deployment>) {
        let place = format!("{}/resources", deployment.place);
        let frame = deployment.frame();
        if let Some(resources) = deployment.template.get("resources") {
            self.declare_list(resources, &frame, &place, None);
        }
    }

    /// A list of resources, or an object of them by symbolic name.
    fn declare_list(&self, list: &Json, frame: &Frame, place: &str, parent: Option<&Parent<'_>>) {
        let (symbols, nodes): (Vec<Option<&str>>, Vec<&Json>) = match list {
            Json::Array(nodes) => nodes.iter().map(|node| (None, node)).unzip(),
            Json::Object(nodes) => nodes
                .iter()
                .map(|(symbol, node)| (Some(symbol.as_str()), node))
                .unzip(),
            _ => return,
        };
        for (at, (symbol, node)) in symbols.into_iter().zip(nodes).enumerate() {
            let step = symbol.map_or_else(|| at.to_string(), escape);
            let place = format!("{place}/{step}");
            let node = Rc::new(node.clone());
            if let Err(failure) = self.declare_runs(&node, symbol, frame, &place, parent) {
                let kind = node
                    .get("type")
                    .and_then(Json::as_str)
                    .unwrap_or("resource");
                let name = node.get("name").and_then(Json::as_str).unwrap_or_default();
                let file = &frame.deployment.file;
                self.leave(file, &place, format!("`{kind}` `{name}`"), failure.0);
            }
            if self.stopped.get() {
                return;
            }
        }
    }

    /// A resource once, or as often as its loop runs.
    fn declare_runs(
        &self,
        node: &Rc<Json>,
        symbol: Option<&str>,
        frame: &Frame,
        place: &str,
        parent: Option<&Parent<'_>>,
    ) -> Result<()> {
        let Some(each) = node.get("copy").filter(|copy| copy.is_object()) else {
            return self.declare_one(node, symbol, frame, place, parent, false);
        };
        let Some(name) = each.get("name").and_then(Json::as_str) else {
            return fail("a loop needs a name");
        };
        let (count, predicted) = self.count(each, frame)?;
        let mut failures = 0;
        for index in 0..count {
            let frame = frame.inside(name, index, false);
            let names = [symbol, Some(name)];
            for symbol in names.iter().flatten() {
                let symbols = &frame.deployment.symbols;
                symbols
                    .borrow_mut()
                    .entry((*symbol).to_lowercase())
                    .or_default();
            }
            let declared = self.declare_one(node, symbol, &frame, place, parent, predicted);
            if self.stopped.get() {
                return declared;
            }
            if let Err(failure) = declared {
                failures += 1;
                if failures == 1 {
                    let kind = node
                        .get("type")
                        .and_then(Json::as_str)
                        .unwrap_or("resource");
                    let what = format!("`{kind}` number {} of loop `{name}`", index + 1);
                    self.leave(&frame.deployment.file, place, what, failure.0);
                }
            }
        }
        if failures > 1 {
            return fail(format!(
                "{failures} of the {count} runs of loop `{name}` fail"
            ));
        }
        Ok(())
    }

    fn declare_one(
        &self,
        node: &Rc<Json>,
        symbol: Option<&str>,
        frame: &Frame,
        place: &str,
        parent: Option<&Parent<'_>>,
        predicted: bool,
    ) -> Result<()> {
        if node.get("import").is_some() || node.get("extension").is_some() {
            return fail("it belongs to an extension, not to Azure Resource Manager");
        }
        let (mut status, mut doubt) = self.status(node, frame)?;
        if let Some(parent) = parent {
            doubt |= parent.predicted;
            if parent.status == Status::Absent {
                status = Status::Absent;
            }
        }
        let declared = self.identify(node, frame, place, parent, status, predicted || doubt)?;
        let declared = Rc::new(declared);
        let deployment = &frame.deployment;
        if let Some(symbol) = symbol {
            let mut symbols = deployment.symbols.borrow_mut();
            let known = symbols.entry(symbol.to_lowercase()).or_default();
            known.push(Rc::clone(&declared));
        }
        match status {
            Status::Deployed => {
                self.declare(&declared)?;
                deployment.resources.borrow_mut().push(Rc::clone(&declared));
                if declared.is_deployment() {
                    self.pending.borrow_mut().push_back(Rc::clone(&declared));
                }
            }
            Status::Absent => {
                self.declare_absent(&declared.id, "its condition is false");
                if declared.predicted {
                    self.leave(
                        &deployment.file,
                        place,
                        declared.called(),
                        "its condition is false, and rests on a value that was invented".to_owned(),
                    );
                }
            }
            Status::Existing => {
                self.declare_absent(&declared.id, "it exists outside of the template");
                deployment.resources.borrow_mut().push(Rc::clone(&declared));
            }
        }
        if let Some(children) = node.get("resources")
            && !declared.is_deployment()
        {
            let parent = Parent {
                kind: &declared.kind,
                name: &declared.name,
                name_predicted: declared.name_predicted,
                status,
                predicted: declared.predicted,
                scope: &declared.scope,
            };
            let place = format!("{place}/resources");
            self.declare_list(children, frame, &place, Some(&parent));
        }
        Ok(())
    }

    /// Whether it is deployed, and whether that rests on a prediction.
    fn status(&self, node: &Json, frame: &Frame) -> Result<(Status, bool)> {
        let existing = node.get("existing").and_then(Json::as_bool) == Some(true);
        let there = if existing {
            Status::Existing
        } else {
            Status::Deployed
        };
        let Some(condition) = node.get("condition") else {
            return Ok((there, false));
        };
        let value = self.json(condition, frame)?;
        let holds = match &value.data {
            Data::Bool(holds) => *holds,
            // As Azure converts what is written as a string.
            Data::Text(text) if text.eq_ignore_ascii_case("true") => true,
            Data::Text(text) if text.eq_ignore_ascii_case("false") => false,
            _ => return fail(format!("its condition is {}", value.kind())),
        };
        Ok((if holds { there } else { Status::Absent }, value.predicted))
    }

    /// Type, name and id.
    fn identify(
        &self,
        node: &Rc<Json>,
        frame: &Frame,
        place: &str,
        parent: Option<&Parent<'_>>,
        status: Status,
        predicted: bool,
    ) -> Result<Declared> {
        let text = |key: &str| -> Result<Option<(String, bool)>> {
            let Some(written) = node.get(key).filter(|written| !written.is_null()) else {
                return Ok(None);
            };
            let value = self.json(written, frame)?;
            match (value.text(), &value.data) {
                (Some(text), _) => Ok(Some((text.to_owned(), value.predicted))),
                (None, Data::Null) => Ok(None),
                _ => fail(format!("its `{key}` is {}", value.kind())),
            }
        };
        let Some((kind, _)) = text("type")? else {
            return fail("it has no type");
        };
        let Some((name, name_predicted)) = text("name")? else {
            return fail("it has no name");
        };
        // A child is written with its own type and name, or with those around it.
        let (kind, name) = match parent {
            Some(parent) if kind.starts_with(parent.kind) => (kind, name),
            Some(parent) => (
                format!("{}/{kind}", parent.kind),
                format!("{}/{name}", parent.name),
            ),
            None => (kind, name),
        };
        let kind = kind.trim_matches('/').to_owned();
        let around = parent.map_or(&frame.deployment.scope, |parent| parent.scope);
        let mut target = around.clone();
        if let Some((subscription, _)) = text("subscriptionId")? {
            if target.subscription.as_deref() != Some(subscription.as_str()) {
                target.resource_group = None;
            }
            target.subscription = Some(subscription);
        }
        if let Some((group, _)) = text("resourceGroup")? {
            let subscription = self.options.subscription.clone();
            target.subscription.get_or_insert(subscription);
            target.resource_group = Some(group);
        }
        let own = text("scope")?.map(|(own, _)| own);
        let deployment = kind.eq_ignore_ascii_case("Microsoft.Resources/deployments");
        let id = if deployment {
            if let Some(own) = &own {
                target = scoped(own, &target);
            }
            let template = node.get("properties").and_then(|all| all.get("template"));
            match template.map(schema_scope) {
                Some(Level::Subscription) => target.resource_group = None,
                Some(Level::ManagementGroup | Level::Tenant) => {
                    target.resource_group = None;
                    target.subscription = None;
                }
                _ => {}
            }
            target.resource(&kind, &name)?
        } else {
            match own {
                Some(own) if own.starts_with("/subscriptions") || own.contains("/providers/") => {
                    scope::extension(&own, &kind, &name.split('/').collect::<Vec<_>>())?
                }
                Some(own) if own == "/" => {
                    scope::extension("", &kind, &name.split('/').collect::<Vec<_>>())?
                }
                Some(own) => {
                    let base = relative(&own, &target)?;
                    scope::extension(&base, &kind, &name.split('/').collect::<Vec<_>>())?
                }
                None => target.resource(&kind, &name)?,
            }
        };
        Ok(Declared {
            frame: frame.clone(),
            node: Rc::clone(node),
            place: place.to_owned(),
            kind,
            name,
            id,
            name_predicted: name_predicted || parent.is_some_and(|parent| parent.name_predicted),
            scope: target,
            status,
            predicted,
            nested: RefCell::default(),
            body: RefCell::new(State::Fresh),
        })
    }
}

/// The scope that a deployment's `scope` names.
fn scoped(written: &str, around: &Scope) -> Scope {
    let segments: Vec<&str> = written.split('/').filter(|s| !s.is_empty()).collect();
    let after = |word: &str| {
        let at = segments.iter().position(|s| s.eq_ignore_ascii_case(word));
        at.and_then(|at| segments.get(at + 1))
            .map(|s| (*s).to_owned())
    };
    let subscription = after("subscriptions");
    let management_group = after("managementGroups");
    if segments.is_empty() || management_group.is_some() || subscription.is_some() {
        return Scope {
            resource_group: after("resourceGroups"),
            subscription,
            management_group,
        };
    }
    around.clone()
}

/// The id of `namespace/type/name[/type/name]…` in a scope.
pub(super) fn relative(written: &str, scope: &Scope) -> Result<String> {
    let mut segments = written.split('/').filter(|s| !s.is_empty());
    let namespace = segments.next().unwrap_or_default();
    let rest: Vec<&str> = segments.collect();
    if !namespace.contains('.') || rest.is_empty() || !rest.len().is_multiple_of(2) {
        return fail(format!("`{written}` is not the path of a resource"));
    }
    let (mut kind, mut names) = (namespace.to_owned(), Vec::new());
    for pair in rest.chunks(2) {
        kind.push('/');
        kind.push_str(pair[0]);
        names.push(pair[1]);
    }
    scope.resource(&kind, &names.join("/"))
}
