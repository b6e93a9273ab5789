//! One evaluation of a template: everything that its deployments declare, and what was found out
//! about it so far.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet, VecDeque};
use std::rc::Rc;

use super::Options;
use super::deployment::{Declared, Deployment};
use super::expression::Expression;
use super::later::Ask;
use super::scope;
use super::value::{Result, Value, fail};
use crate::import::{Left, Origin};

/// What evaluating a template may cost, in steps.
const FUEL: usize = 2_000_000;

/// The most resources of a template with everything nested in it.
const MOST_RESOURCES: usize = 10_000;

/// Addresses that were found for what was asked, or why there is none.
pub(super) type Predictions = HashMap<Ask, std::result::Result<String, String>>;

/// One evaluation.
pub(super) struct World<'a> {
    pub(super) options: &'a Options,
    /// Where the resource group is.
    pub(super) location: String,
    pub(super) predictions: &'a Predictions,
    /// What was asked for that Azure would assign.
    pub(super) asks: RefCell<HashSet<Ask>>,
    pub(super) left: RefCell<Vec<Left>>,
    /// The files of templates that are linked.
    pub(super) linked: RefCell<Vec<String>>,
    pub(super) parsed: RefCell<HashMap<String, Rc<Expression>>>,
    pub(super) fuel: Cell<usize>,
    pub(super) depth: Cell<u32>,
    /// A limit is reached: nothing more is declared.
    pub(super) stopped: Cell<bool>,
    pub(super) guids: Cell<usize>,
    /// How many resources there are.
    count: Cell<usize>,
    /// Everything that is deployed, by `scope::key` of its id.
    declared: RefCell<HashMap<String, Rc<Declared>>>,
    /// What is declared and not deployed, with the reason.
    absent: RefCell<HashMap<String, String>>,
    /// Nested deployments whose resources are not declared yet.
    pub(super) pending: RefCell<VecDeque<Rc<Declared>>>,
}

impl<'a> World<'a> {
    pub(super) fn new(
        options: &'a Options,
        location: String,
        predictions: &'a Predictions,
    ) -> Self {
        Self {
            options,
            location,
            predictions,
            asks: RefCell::default(),
            left: RefCell::default(),
            linked: RefCell::default(),
            parsed: RefCell::default(),
            fuel: Cell::new(FUEL),
            depth: Cell::new(0),
            stopped: Cell::new(false),
            guids: Cell::new(0),
            count: Cell::new(0),
            declared: RefCell::default(),
            absent: RefCell::default(),
            pending: RefCell::default(),
        }
    }

    /// Lists what could not be carried over.
    pub(super) fn leave(&self, file: &str, place: &str, what: String, reason: String) {
        let left = Left {
            origin: Origin {
                file: file.to_owned(),
                place: place.to_owned(),
            },
            what,
            reason,
        };
        self.left.borrow_mut().push(left);
    }

    /// Takes a resource up.
    pub(super) fn declare(&self, resource: &Rc<Declared>) -> Result<()> {
        self.count.set(self.count.get() + 1);
        if self.count.get() > MOST_RESOURCES {
            self.stopped.set(true);
            return fail(format!(
                "there are more than {MOST_RESOURCES} resources, and the rest is left out"
            ));
        }
        self.declared
            .borrow_mut()
            .entry(scope::key(&resource.id))
            .or_insert_with(|| Rc::clone(resource));
        Ok(())
    }

    /// Remembers why a resource is not there.
    pub(super) fn declare_absent(&self, id: &str, reason: &str) {
        self.absent
            .borrow_mut()
            .insert(scope::key(id), reason.to_owned());
    }

    /// The deployed resource of that key; nested deployments are opened until it is found.
    pub(super) fn find(&self, key: &str) -> Option<Rc<Declared>> {
        loop {
            if let Some(found) = self.declared.borrow().get(key) {
                return Some(Rc::clone(found));
            }
            let next = self.pending.borrow_mut().pop_front()?;
            self.open(&next);
        }
    }

    /// The first thing that a deployed resource gives; which one it is does not matter.
    pub(super) fn any<T>(&self, give: impl Fn(&Declared) -> Option<T>) -> Option<T> {
        let declared = self.declared.borrow();
        declared.values().find_map(|declared| give(declared))
    }

    /// Why nothing is known of a resource.
    pub(super) fn why_absent(&self, key: &str) -> String {
        match self.absent.borrow().get(key) {
            Some(reason) => reason.clone(),
            None => "the template does not declare it".to_owned(),
        }
    }

    /// Opens every nested deployment.
    pub(super) fn open_all(&self) {
        while !self.stopped.get() {
            let next = self.pending.borrow_mut().pop_front();
            match next {
                Some(next) => self.open(&next),
                None => return,
            }
        }
    }

    /// An output of a deployment.
    pub(super) fn output(&self, deployment: &Rc<Deployment>, name: &str) -> Result<Value> {
        let frame = deployment.frame();
        let outputs = deployment.template.get("outputs");
        let found = outputs.and_then(|all| super::parameters::find(all, name));
        let Some((_, output)) = found else {
            return fail(format!("the deployment has no output `{name}`"));
        };
        let kind = output.get("type").and_then(serde_json::Value::as_str);
        let secure = kind.is_some_and(|kind| kind.to_lowercase().starts_with("secure"));
        if secure {
            return Ok(Value::secret());
        }
        if let Some(condition) = output.get("condition")
            && self.json(condition, &frame)? == false.into()
        {
            return fail(format!("the output `{name}` has a condition that is false"));
        }
        if let Some(each) = output.get("copy") {
            let (count, predicted) = self.count(each, &frame)?;
            let Some(input) = each.get("input") else {
                return fail("a loop needs an input");
            };
            let values: Result<Vec<Value>> = (0..count)
                .map(|index| self.json(input, &frame.inside("", index, false)))
                .collect();
            return Ok(Value::array(values?).mark(predicted));
        }
        match output.get("value") {
            Some(value) => self.json(value, &frame),
            None => fail(format!("the output `{name}` has no value")),
        }
    }
}
