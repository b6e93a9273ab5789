//! Bodies of resources, and what `reference` says of them: what the template declares, and what
//! Azure adds at run time as far as it can be told (`template-functions-resource#reference`).

use std::rc::Rc;

use serde_json::Value as Json;

use super::added::{added, nic_of_endpoint};
use super::declare::relative;
use super::deployment::{Body, Declared, Deployment, State, Status};
use super::evaluate::Frame;
use super::later::Later;
use super::lost::{self, Listed};
use super::scope;
use super::tree::Sink;
use super::value::{Data, Members, Result, Value, fail, key_of};
use super::world::World;

/// Members of a template's resource that are not the resource's own.
const TEMPLATE_ONLY: &[&str] = &[
    "apiversion",
    "asserts",
    "comments",
    "condition",
    "copy",
    "dependson",
    "existing",
    "id",
    "metadata",
    "name",
    "resourcegroup",
    "resources",
    "scope",
    "subscriptionid",
    "type",
];

impl World<'_> {
    /// The body of a resource, evaluated once; what fails in it is left out and listed.
    pub(super) fn body(&self, declared: &Rc<Declared>) -> Result<Rc<Body>> {
        match &*declared.body.borrow() {
            State::Done(body) => return Ok(Rc::clone(body)),
            State::Running => {
                return fail(format!("{} needs itself", declared.called()));
            }
            State::Fresh => {}
        }
        *declared.body.borrow_mut() = State::Running;
        let mut members = Members::new();
        let named = |text: &str| Value::from(text).mark(declared.name_predicted);
        members.insert("id".to_owned(), named(&declared.id));
        members.insert("type".to_owned(), declared.kind.as_str().into());
        let own = declared.name.rsplit('/').next().unwrap_or_default();
        members.insert("name".to_owned(), named(own));
        let mut listed = Listed::new();
        let own = declared.node.as_object().into_iter().flatten();
        for (key, node) in own {
            if TEMPLATE_ONLY.contains(&key.to_lowercase().as_str()) {
                continue;
            }
            let place = format!("{}/{}", declared.place, super::value::escape(key));
            let mut sink = Sink::Listed(std::mem::take(&mut listed));
            let value = self.deeper(|| self.tree(node, &declared.frame, &place, &mut sink));
            if let Sink::Listed(found) = sink {
                listed = found;
            }
            match value.and_then(|value| self.settled(value, &place, &mut listed)) {
                Ok(value) => {
                    members.insert(key.clone(), value);
                }
                Err(failure) => listed.push((place, failure)),
            }
        }
        let lost = lost::holds_rules(&declared.kind)
            .then(|| lost::reason(&listed))
            .flatten();
        for (place, failure) in listed.into_iter().filter(|_| lost.is_none()) {
            let inner = place[declared.place.len() + 1..].replace('/', ".");
            let what = format!("`{inner}` of {}", declared.called());
            self.leave(&declared.frame.deployment.file, &place, what, failure.0);
        }
        let value = Value::object(members).mark(declared.predicted);
        let body = Rc::new(Body { value, lost });
        *declared.body.borrow_mut() = State::Done(Rc::clone(&body));
        Ok(body)
    }

    /// `reference(name or id, …)`.
    pub(super) fn reference(&self, what: &str, full: bool, frame: &Frame) -> Result<Value> {
        if let Some(found) = self.symbol(what, frame)? {
            return self.runtime(&found, full);
        }
        let id = if what.starts_with('/') {
            what.to_owned()
        } else if what.contains('/') {
            relative(what, &frame.environment.scope)?
        } else {
            match named(what, &frame.deployment) {
                Some(found) => return self.runtime(&found, full),
                None => return fail(format!("the template declares no resource `{what}`")),
            }
        };
        let key = scope::key(&id);
        if let Some(found) = self.find(&key) {
            return self.runtime(&found, full);
        }
        if let Some(inline) = self.inline(&id)? {
            return Ok(inline);
        }
        if key.contains("/microsoft.network/networkinterfaces/")
            && let Some(nic) = self.any(|declared| nic_of_endpoint(declared, &key))
        {
            return Ok(nic);
        }
        fail(format!("`{what}` is not known: {}", self.why_absent(&key)))
    }

    /// `references('symbol')`: all runs of a loop.
    pub(super) fn references(&self, symbol: &str, full: bool, frame: &Frame) -> Result<Value> {
        let found = frame
            .deployment
            .visible()
            .find_map(|one| one.symbols.borrow().get(&symbol.to_lowercase()).cloned());
        let Some(found) = found else {
            return fail(format!("the template has no symbolic name `{symbol}`"));
        };
        let all: Result<Vec<Value>> = found.iter().map(|one| self.runtime(one, full)).collect();
        Ok(Value::array(all?))
    }

    /// `resourceInfo('symbol')`: what is known before the deployment.
    pub(super) fn resource_info(&self, symbol: &str, frame: &Frame) -> Result<Value> {
        let Some(found) = self.symbol(symbol, frame)? else {
            return fail(format!("the template has no symbolic name `{symbol}`"));
        };
        let mut members = Members::new();
        members.insert("id".to_owned(), found.id.as_str().into());
        members.insert("name".to_owned(), found.name.as_str().into());
        members.insert("type".to_owned(), found.kind.as_str().into());
        for key in ["apiVersion", "location"] {
            if let Some(node) = found.node.get(key) {
                members.insert(key.to_owned(), self.json(node, &found.frame)?);
            }
        }
        Ok(Value::object(members))
    }

    /// What a symbolic name stands for: `name`, or `name[index]` for a run of a loop.
    fn symbol(&self, written: &str, frame: &Frame) -> Result<Option<Rc<Declared>>> {
        let (name, index) = match written.strip_suffix(']').and_then(|w| w.split_once('[')) {
            Some((name, index)) => (name, index.trim().parse::<usize>().ok()),
            None => (written, None),
        };
        let name = name.to_lowercase();
        for deployment in frame.deployment.visible() {
            let symbols = deployment.symbols.borrow();
            let Some(found) = symbols.get(&name) else {
                continue;
            };
            return match (index, found.as_slice()) {
                (Some(index), found) => match found.get(index) {
                    Some(found) => Ok(Some(Rc::clone(found))),
                    None => fail(format!("`{written}` lies outside of its loop")),
                },
                (None, [one]) => Ok(Some(Rc::clone(one))),
                // The name of a loop without symbolic names.
                (None, []) => Ok(None),
                (None, _) => fail(format!("`{written}` stands for several resources")),
            };
        }
        Ok(None)
    }

    /// What a resource is at run time.
    fn runtime(&self, declared: &Rc<Declared>, full: bool) -> Result<Value> {
        match declared.status {
            Status::Deployed => {}
            Status::Existing => {
                // It may stand in another deployment of the same template.
                let key = scope::key(&declared.id);
                if let Some(found) = self.find(&key) {
                    return self.runtime(&found, full);
                }
                if let Some(inline) = self.inline(&declared.id)? {
                    return Ok(inline);
                }
                return fail(format!(
                    "{} exists outside of the template",
                    declared.called()
                ));
            }
            Status::Absent => {
                return fail(format!(
                    "{} is not deployed: its condition is false",
                    declared.called()
                ));
            }
        }
        if declared.is_deployment() {
            return self.of_deployment(declared, full);
        }
        let body = self.body(declared)?;
        let properties = added(declared, &body);
        if !full {
            return Ok(properties);
        }
        let mut members = match &body.value.data {
            Data::Object(members) => (**members).clone(),
            _ => Members::new(),
        };
        let key = key_of(&members, "properties")
            .unwrap_or("properties")
            .to_owned();
        members.insert(key, properties);
        members.insert(
            "identity".to_owned(),
            Value::later(Later::Unknown("the identity of a resource".to_owned())),
        );
        for (key, value) in [
            ("subscriptionId", &declared.scope.subscription),
            ("resourceGroupName", &declared.scope.resource_group),
        ] {
            if let Some(value) = value {
                members.insert(key.to_owned(), value.as_str().into());
            }
        }
        Ok(Value::object(members).mark(body.value.predicted))
    }

    /// What a nested deployment is at run time: its outputs, each computed when it is asked for.
    fn of_deployment(&self, declared: &Rc<Declared>, full: bool) -> Result<Value> {
        let Some(deployment) = self.opened(declared) else {
            return fail(format!("{} could not be opened", declared.called()));
        };
        let mut outputs = Members::new();
        let all = deployment.template.get("outputs").and_then(Json::as_object);
        for (name, output) in all.into_iter().flatten() {
            let kind = output
                .get("type")
                .and_then(Json::as_str)
                .unwrap_or("object");
            let value = Value::later(Later::Output(Rc::clone(&deployment), name.clone()));
            outputs.insert(
                name.clone(),
                Value::of([("type", kind.into()), ("value", value)]),
            );
        }
        let properties = Value::of([
            ("provisioningState", "Succeeded".into()),
            ("mode", "Incremental".into()),
            ("outputs", Value::object(outputs)),
        ]);
        Ok(if full {
            Value::of([
                ("id", declared.id.as_str().into()),
                ("name", declared.name.as_str().into()),
                ("type", declared.kind.as_str().into()),
                ("properties", properties),
            ])
        } else {
            properties
        })
    }

    /// Whether the template deploys what an id is of, on its own or inline.
    pub(super) fn knows(&self, id: &str) -> bool {
        self.find(&scope::key(id)).is_some() || matches!(self.inline(id), Ok(Some(_)))
    }

    /// A value in which nothing waits to be asked for; what cannot be told is left out and listed, and a list goes
    /// with an element of it, but for a list of rules.
    fn settled(&self, value: Value, place: &str, listed: &mut Listed) -> Result<Value> {
        let predicted = value.predicted;
        match &value.data {
            Data::Later(later) => {
                let value = self.deeper(|| self.now(later))?;
                self.deeper(|| self.settled(value, place, listed))
            }
            Data::Array(elements) => {
                let rules = lost::holds_rules(place);
                let mut all = Vec::with_capacity(elements.len());
                for (at, element) in elements.iter().enumerate() {
                    let place = format!("{place}/{at}");
                    if rules {
                        let mut own = Listed::new();
                        let element = self.settled(element.clone(), &place, &mut own);
                        all.extend(lost::rule(element, place, own, listed));
                    } else {
                        all.push(self.settled(element.clone(), &place, listed)?);
                    }
                }
                Ok(Value::array(all).mark(predicted))
            }
            Data::Object(members) => {
                let mut all = Members::with_capacity(members.len());
                for (key, member) in members.iter() {
                    let place = format!("{place}/{}", super::value::escape(key));
                    let member = self.settled(member.clone(), &place, listed);
                    match member.and_then(|member| lost::possible(&place, member)) {
                        Ok(member) => {
                            all.insert(key.clone(), member);
                        }
                        Err(failure) => listed.push((place, failure)),
                    }
                }
                Ok(Value::object(all).mark(predicted))
            }
            _ => Ok(value),
        }
    }

    /// The properties of a child that stands in its parent's body: a subnet in its VNet.
    fn inline(&self, id: &str) -> Result<Option<Value>> {
        let id = id.trim_end_matches('/');
        let mut segments = id.rsplitn(3, '/');
        let (Some(name), Some(list), Some(parent)) =
            (segments.next(), segments.next(), segments.next())
        else {
            return Ok(None);
        };
        let Some(parent) = self.find(&scope::key(parent)) else {
            return Ok(None);
        };
        if parent.is_deployment() {
            return Ok(None);
        }
        let body = self.body(&parent)?;
        let properties = added(&parent, &body);
        let Some(Data::Array(elements)) = properties.member(list).map(|list| &list.data) else {
            return Ok(None);
        };
        let found = elements.iter().find(|element| {
            let there = element.member("name").and_then(Value::text);
            there.is_some_and(|there| there.eq_ignore_ascii_case(name))
        });
        Ok(found.and_then(|found| found.member("properties")).cloned())
    }
}

/// A resource of a deployment by its name.
fn named(name: &str, deployment: &Rc<Deployment>) -> Option<Rc<Declared>> {
    deployment.visible().find_map(|one| {
        let resources = one.resources.borrow();
        resources
            .iter()
            .find(|declared| declared.name.eq_ignore_ascii_case(name))
            .map(Rc::clone)
    })
}
