//! A document as a tree, before anything is known of its meaning: the one shape that YAML and JSON,
//! merged files and overlays have in common.

/// A value of a document. Maps keep their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// `null`, `~` or nothing.
    Null,
    /// A single value.
    Scalar(Scalar),
    /// A list.
    List(Vec<Node>),
    /// A map. A key occurs once.
    Map(Vec<(Box<str>, Node)>),
}

/// A single value as written: its meaning depends on where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar {
    /// The text, without quotes and with escapes resolved.
    pub text: Box<str>,
    /// Whether it was quoted (or a block scalar), so that it is a text and nothing else.
    pub quoted: bool,
}

impl Node {
    /// The value under `key` of a map, compared exactly.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        match self {
            Node::Map(entries) => entries.iter().find(|(k, _)| &**k == key).map(|(_, v)| v),
            _ => None,
        }
    }

    /// What this is, in a user's words.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Node::Null => "nothing",
            Node::Scalar(_) => "a single value",
            Node::List(_) => "a list",
            Node::Map(_) => "a map",
        }
    }
}
