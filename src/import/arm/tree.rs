//! Evaluation of JSON trees: every string in them may be an expression, and `copy` repeats a
//! member (`copy-properties`, `copy-variables`).

use serde_json::{Map, Value as Json};

use super::evaluate::Frame;
use super::lost::{self, Listed};
use super::value::{Data, Members, Result, Value, escape, fail};
use super::world::World;

/// The most iterations of a loop (`copy-resources#iteration-limits`).
pub(super) const MOST_COPIES: i64 = 800;

/// What to do with a member that cannot be evaluated.
pub(super) enum Sink {
    /// The whole tree cannot.
    Strict,
    /// It is left out and listed: its JSON pointer and the reason.
    Listed(Listed),
}

impl World<'_> {
    /// A tree of which everything must be evaluated.
    pub(super) fn json(&self, node: &Json, frame: &Frame) -> Result<Value> {
        self.tree(node, frame, "", &mut Sink::Strict)
    }

    /// A tree that stands at `place`.
    pub(super) fn tree(
        &self,
        node: &Json,
        frame: &Frame,
        place: &str,
        sink: &mut Sink,
    ) -> Result<Value> {
        self.spend(1)?;
        match node {
            Json::String(text) => self.string(text, frame),
            Json::Array(elements) => self.deeper(|| self.list(elements, frame, place, sink)),
            Json::Object(members) => self.deeper(|| self.members(members, frame, place, sink)),
            _ => Ok(Value::from_json(node)),
        }
    }

    /// An element that cannot be evaluated takes its list with it: a rule with fewer prefixes would
    /// say something else. Of a list of rules it is only itself that goes.
    fn list(
        &self,
        elements: &[Json],
        frame: &Frame,
        place: &str,
        sink: &mut Sink,
    ) -> Result<Value> {
        let mut values = Vec::with_capacity(elements.len());
        let rules = lost::holds_rules(place);
        for (at, element) in elements.iter().enumerate() {
            let place = format!("{place}/{at}");
            values.extend(self.element(element, frame, place, rules, sink)?);
        }
        Ok(Value::array(values))
    }

    /// An element of a list; `None` for a rule that cannot be evaluated, which is listed.
    fn element(
        &self,
        node: &Json,
        frame: &Frame,
        place: String,
        rules: bool,
        sink: &mut Sink,
    ) -> Result<Option<Value>> {
        match sink {
            Sink::Listed(listed) if rules => {
                let mut own = Sink::Listed(Listed::new());
                let value = self.tree(node, frame, &place, &mut own);
                let lost = match own {
                    Sink::Listed(lost) => lost,
                    Sink::Strict => Listed::new(),
                };
                Ok(lost::rule(value, place, lost, listed))
            }
            _ => self.tree(node, frame, &place, sink).map(Some),
        }
    }

    fn members(
        &self,
        members: &Map<String, Json>,
        frame: &Frame,
        place: &str,
        sink: &mut Sink,
    ) -> Result<Value> {
        let mut values = Members::with_capacity(members.len());
        for (key, node) in members {
            let place = format!("{place}/{}", escape(key));
            if key.eq_ignore_ascii_case("copy")
                && let Some(loops) = property_loops(node)
            {
                for (at, each) in loops.iter().enumerate() {
                    let place = format!("{place}/{at}");
                    let repeated = self.repeated(each, frame, &place, sink);
                    keep(repeated, &mut values, place, sink)?;
                }
                continue;
            }
            let member = self.key(key, frame).and_then(|key| {
                let value = self.tree(node, frame, &place, sink)?;
                Ok((key, value))
            });
            keep(member, &mut values, place, sink)?;
        }
        Ok(Value::object(values))
    }

    /// A key may be an expression, too.
    fn key(&self, key: &str, frame: &Frame) -> Result<String> {
        if !key.starts_with('[') {
            return Ok(key.to_owned());
        }
        match self.string(key, frame)?.text() {
            Some(key) => Ok(key.to_owned()),
            None => fail("the key is not a string"),
        }
    }

    /// One loop of a `copy`: the name of the member and its elements.
    fn repeated(
        &self,
        each: &Json,
        frame: &Frame,
        place: &str,
        sink: &mut Sink,
    ) -> Result<(String, Value)> {
        let Some(name) = each.get("name").and_then(Json::as_str) else {
            return fail("a loop needs a name");
        };
        let name = self.key(name, frame)?;
        let count = self.count(each, frame)?;
        let Some(input) = each.get("input") else {
            return fail("a loop needs an input");
        };
        let mut values = Vec::with_capacity(count.0);
        let rules = lost::holds_rules(&name);
        for index in 0..count.0 {
            let frame = frame.inside(&name, index, true);
            let place = format!("{place}/input");
            values.extend(self.element(input, &frame, place, rules, sink)?);
        }
        Ok((name, Value::array(values).mark(count.1)))
    }

    /// How often a loop runs, and whether that rests on a prediction.
    pub(super) fn count(&self, each: &Json, frame: &Frame) -> Result<(usize, bool)> {
        let value = match each.get("count") {
            Some(count) => self.json(count, frame)?,
            None => return fail("a loop needs a count"),
        };
        match value.data {
            Data::Int(count) if (0..=MOST_COPIES).contains(&count) => {
                Ok((usize::try_from(count).unwrap_or_default(), value.predicted))
            }
            Data::Int(_) => fail(format!("a loop runs 0 to {MOST_COPIES} times")),
            _ => fail(format!("the count of a loop is {}", value.kind())),
        }
    }
}

/// The loops of a `copy` member, if it is one and not a property of that name.
pub(super) fn property_loops(node: &Json) -> Option<&[Json]> {
    let loops = node.as_array()?;
    let all = loops.iter().all(|each| each.get("input").is_some());
    (all && !loops.is_empty()).then_some(loops)
}

/// Takes a member up, or lists why not.
fn keep(
    member: Result<(String, Value)>,
    values: &mut Members,
    place: String,
    sink: &mut Sink,
) -> Result<()> {
    match (member, sink) {
        (Ok((key, value)), _) => {
            values.insert(key, value);
        }
        (Err(failure), Sink::Listed(listed)) => listed.push((place, failure)),
        (Err(failure), Sink::Strict) => return Err(failure),
    }
    Ok(())
}
