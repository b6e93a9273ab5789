//! From a tree to types, with every fault on the way collected.
//!
//! The tables of `record!` say what is read (`super::tables`).

use std::collections::HashSet;
use std::net::IpAddr;

use indexmap::IndexMap;
use ipnet::IpNet;

use super::node::{Node, Scalar};
pub(crate) use super::tables::{record, words};
use crate::diagnostic::{Code, Diagnostic};
use crate::net::{PortRange, PrefixFault, parse_prefix};
use crate::source::{Path, Segment};

/// Where the decoder stands, and what it found wrong.
#[derive(Debug, Default)]
pub struct Context {
    path: Path,
    /// The faults so far.
    pub faults: Vec<Diagnostic>,
    /// The names of what was too faulty to be kept, folded: a reference to it is no second fault.
    pub dropped: HashSet<String>,
}

impl Context {
    /// Runs `inside` one step down.
    pub fn within<R>(&mut self, segment: Segment, inside: impl FnOnce(&mut Self) -> R) -> R {
        self.path.push(segment);
        let result = inside(self);
        self.path.pop();
        result
    }

    /// Records a fault of the value at hand.
    pub fn fault(&mut self, code: Code, message: impl Into<String>, help: impl Into<String>) {
        let fault = Diagnostic::new(code, message).at(self.path.clone());
        let help = help.into();
        self.faults.push(if help.is_empty() {
            fault
        } else {
            fault.help(help)
        });
    }

    /// Records a fault of the key at hand.
    pub fn key_fault(&mut self, code: Code, message: impl Into<String>, help: impl Into<String>) {
        self.faults.push(
            Diagnostic::new(code, message)
                .at_key(self.path.clone())
                .help(help),
        );
    }

    fn wrong_type(&mut self, node: &Node, expected: &str) {
        let found = match node {
            Node::Scalar(scalar) => format!("`{}`", scalar.text),
            other => other.kind().to_owned(),
        };
        self.fault(
            Code::WrongType,
            format!("{found} where {expected} is expected"),
            "",
        );
    }
}

/// A type that a node can be read as.
pub trait Decode: Sized {
    /// Reads `node`; `None` where it is faulty, with the faults recorded.
    fn decode(node: &Node, cx: &mut Context) -> Option<Self>;
}

/// The scalar of a node, where it is one.
pub(super) fn scalar<'a>(node: &'a Node, cx: &mut Context, expected: &str) -> Option<&'a Scalar> {
    if let Node::Scalar(scalar) = node {
        Some(scalar)
    } else {
        cx.wrong_type(node, expected);
        None
    }
}

impl Decode for String {
    fn decode(node: &Node, cx: &mut Context) -> Option<Self> {
        scalar(node, cx, "a text").map(|s| s.text.to_string())
    }
}

impl Decode for bool {
    fn decode(node: &Node, cx: &mut Context) -> Option<Self> {
        match scalar(node, cx, "true or false")? {
            Scalar {
                text,
                quoted: false,
            } if text.eq_ignore_ascii_case("true") => Some(true),
            Scalar {
                text,
                quoted: false,
            } if text.eq_ignore_ascii_case("false") => Some(false),
            _ => {
                cx.wrong_type(node, "true or false");
                None
            }
        }
    }
}

/// A priority from `FIRST` to `LAST`; `None` for one outside, which is recorded as a fault and keeps
/// nothing else of its record from being looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Priority<const FIRST: u16, const LAST: u16>(pub Option<u16>);

impl<const FIRST: u16, const LAST: u16> Decode for Priority<FIRST, LAST> {
    fn decode(node: &Node, cx: &mut Context) -> Option<Self> {
        let priority = i64::decode(node, cx)?;
        let sound = u16::try_from(priority)
            .ok()
            .filter(|priority| (FIRST..=LAST).contains(priority));
        if sound.is_none() {
            let message = format!("the priority `{priority}` is outside {FIRST} to {LAST}");
            cx.fault(Code::BadPriority, message, "");
        }
        Some(Self(sound))
    }
}

macro_rules! numbers {
    ($($t:ty: $what:literal),*) => {$(
        impl Decode for $t {
            fn decode(node: &Node, cx: &mut Context) -> Option<Self> {
                let text = &scalar(node, cx, $what)?.text;
                let number = text.parse().ok();
                if number.is_none() {
                    cx.wrong_type(node, $what);
                }
                number
            }
        }
    )*};
}
numbers!(u16: "a whole number", u32: "a whole number", i64: "a whole number", u64: "a whole number");

impl Decode for f64 {
    fn decode(node: &Node, cx: &mut Context) -> Option<Self> {
        let text = &scalar(node, cx, "a number")?.text;
        let number = text.parse::<f64>().ok().filter(|n| n.is_finite());
        if number.is_none() {
            cx.wrong_type(node, "a number");
        }
        number
    }
}

impl Decode for IpAddr {
    fn decode(node: &Node, cx: &mut Context) -> Option<Self> {
        let text = &scalar(node, cx, "an IP address")?.text;
        let address = text.parse().ok();
        if address.is_none() {
            cx.fault(
                Code::BadAddress,
                format!("`{text}` is not an IP address"),
                "",
            );
        }
        address
    }
}

impl Decode for IpNet {
    fn decode(node: &Node, cx: &mut Context) -> Option<Self> {
        let text = &scalar(node, cx, "an address prefix")?.text;
        prefix(text, cx)
    }
}

/// Reads a prefix, or records why it is none.
pub(super) fn prefix(text: &str, cx: &mut Context) -> Option<IpNet> {
    match parse_prefix(text) {
        Ok(net) => Some(net),
        Err(PrefixFault::Malformed) => {
            cx.fault(
                Code::BadPrefix,
                format!("`{text}` is not an address prefix"),
                "a prefix is written as in `10.0.0.0/24` or `fd00:db8::/64`",
            );
            None
        }
        Err(PrefixFault::HostBits(net)) => {
            cx.fault(
                Code::HostBitsSet,
                format!("`{text}` has bits set behind its length"),
                format!("the network that holds it is `{net}`"),
            );
            None
        }
    }
}

impl Decode for PortRange {
    fn decode(node: &Node, cx: &mut Context) -> Option<Self> {
        let text = &scalar(node, cx, "a port")?.text;
        let range = PortRange::parse(text);
        if range.is_none() {
            let help = "a port is `*`, a number from 0 to 65535 or a range as in `8000-8100`; several \
                        stand in the plural key, one an element";
            cx.fault(
                Code::BadPort,
                format!("`{text}` is not a port or a range of ports"),
                help,
            );
        }
        range
    }
}

impl<T: Decode> Decode for Vec<T> {
    /// A list, or a single value as a list of one.
    fn decode(node: &Node, cx: &mut Context) -> Option<Self> {
        match node {
            Node::Null => Some(Vec::new()),
            Node::List(items) => {
                let mut all = Vec::with_capacity(items.len());
                let mut whole = true;
                for (index, item) in items.iter().enumerate() {
                    match cx.within(Segment::Index(index), |cx| T::decode(item, cx)) {
                        Some(value) => all.push(value),
                        None => whole = false,
                    }
                }
                whole.then_some(all)
            }
            single => T::decode(single, cx).map(|value| vec![value]),
        }
    }
}

/// Things by name, in the order of the file; names compare without case.
#[derive(Debug, Clone, PartialEq)]
pub struct Names<T>(IndexMap<String, T>);

impl<T> Default for Names<T> {
    fn default() -> Self {
        Self(IndexMap::new())
    }
}

impl<T> Names<T> {
    /// The names as written, with what they name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// What has this name, exactly as written.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&T> {
        self.0.get(name)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T> FromIterator<(String, T)> for Names<T> {
    fn from_iter<I: IntoIterator<Item = (String, T)>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}

impl<T: Decode> Decode for Names<T> {
    fn decode(node: &Node, cx: &mut Context) -> Option<Self> {
        let entries = match node {
            Node::Null => return Some(Self::default()),
            Node::Map(entries) => entries,
            other => {
                cx.wrong_type(other, "a map of names");
                return None;
            }
        };
        let mut folded = HashSet::with_capacity(entries.len());
        let mut names = IndexMap::with_capacity(entries.len());
        for (name, value) in entries {
            // Two names that differ in case only are one; reading says so, and the first stands.
            if !folded.insert(name.to_ascii_lowercase()) {
                continue;
            }
            match cx.within(Segment::Key(name.clone()), |cx| T::decode(value, cx)) {
                Some(value) => {
                    names.insert(name.to_string(), value);
                }
                None => {
                    cx.dropped.insert(name.to_ascii_lowercase());
                }
            }
        }
        Some(Self(names))
    }
}

/// The entries of a map that a record is read from, each to be taken once.
pub struct Entries<'a> {
    entries: &'a [(Box<str>, Node)],
}

impl<'a> Entries<'a> {
    /// The entries of `node`, with every key checked against those that are known.
    pub fn of(node: &'a Node, known: &[&[&str]], cx: &mut Context) -> Option<Self> {
        let entries: &[(Box<str>, Node)] = match node {
            // `nsg-1:` with nothing behind it is a resource with nothing to say.
            Node::Null => &[],
            Node::Map(entries) => entries,
            _ => {
                cx.wrong_type(node, "a map");
                return None;
            }
        };
        for (key, _) in entries {
            if !known.iter().any(|keys| keys.contains(&&**key)) && !ACCEPTED.contains(&&**key) {
                let known = known.concat();
                cx.within(Segment::Key(key.clone()), |cx| {
                    cx.key_fault(
                        Code::UnknownKey,
                        format!("`{key}` is not a key here"),
                        one_of(key, &known),
                    );
                });
            }
        }
        Some(Self { entries })
    }

    fn get(&self, key: &str) -> Option<&'a Node> {
        let found = self.entries.iter().find(|(k, _)| &**k == key)?;
        (!matches!(found.1, Node::Null)).then_some(&found.1)
    }

    /// The value under `key`, where it is there and sound.
    pub fn optional<T: Decode>(&self, key: &str, cx: &mut Context) -> Result<Option<T>, Faulty> {
        match self.get(key) {
            None => Ok(None),
            Some(node) => match cx.within(Segment::Key(key.into()), |cx| T::decode(node, cx)) {
                Some(value) => Ok(Some(value)),
                None => Err(Faulty),
            },
        }
    }

    /// The value under `key`, which must be there.
    pub fn required<T: Decode>(&self, key: &str, cx: &mut Context) -> Result<T, Faulty> {
        match self.optional(key, cx)? {
            Some(value) => Ok(value),
            None => {
                cx.missing(&[key]);
                Err(Faulty)
            }
        }
    }

    /// The values under a singular or a plural key, either of which takes one or several.
    pub fn either<T: Decode>(
        &self,
        singular: &str,
        plural: &str,
        required: bool,
        cx: &mut Context,
    ) -> Result<Vec<T>, Faulty> {
        let (one, many) = (self.get(singular), self.get(plural));
        if one.is_some() && many.is_some() {
            cx.within(Segment::Key(plural.into()), |cx| {
                cx.key_fault(
                    Code::BothSingularAndPlural,
                    format!("`{singular}` and `{plural}` are given at once"),
                    "keep one of the two; each takes a single value or a list",
                );
            });
            return Err(Faulty);
        }
        let key = if one.is_some() { singular } else { plural };
        let values: Vec<T> = self.optional(key, cx)?.unwrap_or_default();
        if required && values.is_empty() {
            cx.missing(&[singular, plural]);
            return Err(Faulty);
        }
        Ok(values)
    }
}

impl Context {
    fn missing(&mut self, keys: &[&str]) {
        let keys: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
        let keys = keys.join(" or ");
        self.faults.push(
            Diagnostic::new(Code::MissingKey, format!("{keys} is missing"))
                .at_key(self.path.clone()),
        );
    }
}

/// That a value is faulty; the fault itself stands in the context.
#[derive(Debug, Clone, Copy)]
pub struct Faulty;

/// Members of ARM resources that change nothing here: accepted wherever they stand.
pub const ACCEPTED: &[&str] = &[
    "description",
    "etag",
    "type",
    "zones",
    "zone",
    "tags",
    "provisioningState",
    "resourceGuid",
    "extendedLocation",
    "managedBy",
    "identity",
    "displayName",
    "metadata",
    "systemData",
    "apiVersion",
];

/// The text of a word.
pub(super) fn word<'a>(node: &'a Node, cx: &mut Context, words: &[&str]) -> Option<&'a str> {
    let expected = format!("one of {}", words.join(", "));
    scalar(node, cx, &expected).map(|s| &*s.text)
}

/// Records that `text` is none of `words`.
pub(super) fn unknown_word(text: &str, words: &[&str], cx: &mut Context) {
    cx.fault(
        Code::UnknownWord,
        format!("`{text}` is none of the words possible here"),
        one_of(text, words),
    );
}

/// The hint for a word that is none of `words`: the one likely meant, else all that are possible.
pub fn one_of(word: &str, words: &[&str]) -> String {
    crate::diagnostic::one_of(word, words).unwrap_or_else(|| {
        let all: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
        format!("one of {}", all.join(", "))
    })
}
