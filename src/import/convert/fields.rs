//! The tree of a topology, built key by key; what is absent leaves no key.

use crate::spec::node::{Node, Scalar};

/// The entries of a map that is being built.
#[derive(Debug, Default, Clone)]
pub(super) struct Fields(Vec<(Box<str>, Node)>);

impl Fields {
    /// A value, if it is there.
    pub(super) fn put(&mut self, key: &str, value: Option<Node>) -> &mut Self {
        if let Some(value) = value {
            self.0.push((key.into(), value));
        }
        self
    }

    /// A text.
    pub(super) fn text(&mut self, key: &str, value: Option<impl AsRef<str>>) -> &mut Self {
        self.put(key, value.map(|value| text(value.as_ref())))
    }

    /// A text that is read as what it looks like: a number, an address, a prefix.
    pub(super) fn plain(&mut self, key: &str, value: Option<impl ToString>) -> &mut Self {
        self.put(key, value.map(|value| plain(value.to_string())))
    }

    /// A flag, where it is not what it would be anyway.
    pub(super) fn flag(&mut self, key: &str, value: Option<bool>, default: bool) -> &mut Self {
        self.plain(key, value.filter(|value| *value != default))
    }

    /// A list; an empty one is left out.
    pub(super) fn list(&mut self, key: &str, values: Vec<Node>) -> &mut Self {
        self.put(key, (!values.is_empty()).then_some(Node::List(values)))
    }

    /// Texts under the singular key, or the plural one where there are several.
    pub(super) fn either(&mut self, singular: &str, plural: &str, values: &[String]) -> &mut Self {
        match values {
            [] => self,
            [one] => self.put(singular, Some(plain(one))),
            many => self.list(plural, many.iter().map(plain).collect()),
        }
    }

    /// Things by name; none at all are left out.
    pub(super) fn map(&mut self, key: &str, entries: Vec<(String, Node)>) -> &mut Self {
        let entries: Vec<(Box<str>, Node)> = entries
            .into_iter()
            .map(|(name, node)| (name.into(), node))
            .collect();
        self.put(key, (!entries.is_empty()).then_some(Node::Map(entries)))
    }

    /// The map.
    pub(super) fn node(self) -> Node {
        Node::Map(self.0)
    }

    /// Its entries.
    pub(super) fn entries(self) -> Vec<(Box<str>, Node)> {
        self.0
    }
}

/// A text and nothing else.
pub(super) fn text(text: impl AsRef<str>) -> Node {
    Node::Scalar(Scalar {
        text: text.as_ref().into(),
        quoted: true,
    })
}

/// A value without quotes.
pub(super) fn plain(text: impl AsRef<str>) -> Node {
    Node::Scalar(Scalar {
        text: text.as_ref().into(),
        quoted: false,
    })
}

/// A list of values without quotes.
pub(super) fn plains(values: impl IntoIterator<Item = impl AsRef<str>>) -> Vec<Node> {
    values.into_iter().map(plain).collect()
}
