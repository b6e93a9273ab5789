//! JSON into the tree, streaming.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::{DEEPEST, MOST_FAULTS, word_at};
use crate::diagnostic::{At, Code, Diagnostic};
use crate::source::{FileId, Sources};
use crate::spec::node::{Node, Scalar};

/// Reads a text as JSON.
pub(super) fn parse(file: FileId, sources: &Sources) -> Result<Node, Vec<Diagnostic>> {
    let text = sources.text(file);
    let mut state = State::default();
    let mut json = serde_json::Deserializer::from_str(text);
    let read = Value {
        state: &mut state,
        depth: 0,
    }
    .deserialize(&mut json);
    let error = match read.and_then(|node| json.end().map(|()| node)) {
        Ok(node) if !state.repeated => return Ok(node),
        Ok(_) => return Err(repeated(file, sources)),
        Err(error) => error,
    };
    if state.too_deep {
        let at = too_deep_at(text);
        return Err(vec![super::too_deep(At::Bytes(file, at, at + 1))]);
    }
    let at = place(&error, file, sources);
    let said = error.to_string();
    let message = said
        .rsplit_once(" at line ")
        .map_or(said.as_str(), |(message, _)| message);
    let fault = Diagnostic::new(
        Code::Syntax,
        message
            .to_lowercase()
            .replace("eof while", "the text ends while"),
    );
    Err(vec![fault.label(word_at(text, file, at), "")])
}

/// The keys that stand twice: the parser tells no places, so the text is scanned for them.
fn repeated(file: FileId, sources: &Sources) -> Vec<Diagnostic> {
    let spans = sources.repeated_keys(file, MOST_FAULTS);
    let fault = |(again, first): &(crate::source::Span, crate::source::Span)| {
        let key = sources.slice(again).trim_matches('"');
        super::duplicate(
            key,
            At::Bytes(file, again.start, again.end),
            At::Bytes(file, first.start, first.end),
        )
    };
    let mut faults: Vec<_> = spans.iter().map(fault).collect();
    if faults.is_empty() {
        // Spelled differently by escapes, so that the scan does not see that they are the same.
        let message = "a key stands twice in one map";
        faults.push(Diagnostic::new(Code::DuplicateKey, message).label(At::File(file), ""));
    }
    faults
}

/// The bracket that opens one level too many. The parser has gone on to the closing ones when it tells
/// its place.
fn too_deep_at(text: &str) -> usize {
    let (mut depth, mut quoted, mut escaped) = (0, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => {
                depth += 1;
                if depth > DEEPEST {
                    return at;
                }
            }
            b']' | b'}' if !quoted => depth -= 1,
            _ => {}
        }
    }
    0
}

/// The byte an error is about. Its columns count bytes, from 1.
fn place(error: &serde_json::Error, file: FileId, sources: &Sources) -> usize {
    if error.is_eof() {
        return sources.text(file).len();
    }
    sources.line_range(file, error.line()).0 + error.column().saturating_sub(1)
}

/// What is kept while reading: the values of the open maps and lists, so that each of them is
/// allocated once, in its final size.
#[derive(Default)]
struct State {
    values: Vec<Node>,
    keys: Vec<Box<str>>,
    repeated: bool,
    too_deep: bool,
}

struct Value<'s> {
    state: &'s mut State,
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Node, D::Error> {
        from.deserialize_any(self)
    }
}

impl Value<'_> {
    fn check_depth<E: Error>(&mut self) -> Result<(), E> {
        if self.depth < DEEPEST {
            return Ok(());
        }
        self.state.too_deep = true;
        Err(E::custom("too deep"))
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(plain(if value { "true" } else { "false" }))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(plain(&value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(plain(&value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(plain(&value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Scalar(Scalar {
            text: value.into(),
            quoted: true,
        }))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<Node, A::Error> {
        self.check_depth()?;
        let start = self.state.values.len();
        let depth = self.depth + 1;
        while let Some(value) = seq.next_element_seed(Value {
            state: self.state,
            depth,
        })? {
            self.state.values.push(value);
        }
        Ok(Node::List(self.state.values.drain(start..).collect()))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Node, A::Error> {
        self.check_depth()?;
        let start = self.state.values.len();
        let first_key = self.state.keys.len();
        let depth = self.depth + 1;
        while let Some(key) = map.next_key_seed(Key)? {
            self.state.keys.push(key);
            let value = map.next_value_seed(Value {
                state: self.state,
                depth,
            })?;
            self.state.values.push(value);
        }
        let keys = self.state.keys.get(first_key..).unwrap_or_default();
        if !super::repeats(keys.len(), keys.iter().map(|key| &**key)).is_empty() {
            self.state.repeated = true;
        }
        Ok(Node::Map(
            self.state
                .keys
                .drain(first_key..)
                .zip(self.state.values.drain(start..))
                .collect(),
        ))
    }
}

fn plain(text: &str) -> Node {
    Node::Scalar(Scalar {
        text: text.into(),
        quoted: false,
    })
}

struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Box<str>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Box<str>, D::Error> {
        from.deserialize_str(self)
    }
}

impl Visitor<'_> for Key {
    type Value = Box<str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, value: &str) -> Result<Box<str>, E> {
        Ok(value.into())
    }
}
