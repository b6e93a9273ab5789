//! YAML into the tree, straight from its parser's events. Anchors, aliases and merge keys (`<<`, as in
//! YAML 1.1) are resolved here; tags other than those of plain values are refused.

mod maps;
mod places;

use std::borrow::Cow;
use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};

use super::{DEEPEST, MOST_FAULTS};
use crate::diagnostic::{At, Code, Diagnostic};
use crate::source::{FileId, Sources};
use crate::spec::node::{Node, Scalar};

/// What aliases expand to may be so many values in any case; more only in proportion to the text.
const EXPANDED: u64 = 1_000_000;

/// How many times the values written there may be after expansion.
const EXPANSION: u64 = 16;

/// Reads a text as YAML; `None` if there is no tree to be had.
pub(super) fn parse(file: FileId, sources: &Sources, faults: &mut Vec<Diagnostic>) -> Option<Node> {
    let mut allowed = EXPANDED;
    loop {
        let mut builder = Builder::new(file, sources, allowed);
        builder.run();
        // The first round does not know how much is written yet and may have stopped expanding early.
        let proportionate = EXPANDED.max(EXPANSION.saturating_mul(builder.written));
        if let Some(at) = builder.exceeded.take() {
            if builder.faults.is_empty()
                && allowed < proportionate
                && builder.expanded <= proportionate
            {
                allowed = proportionate;
                continue;
            }
            let message = format!("the aliases expand to more than {proportionate} values");
            let fault = Diagnostic::new(Code::TooLarge, message)
                .label(at, "expanded here for the last time");
            builder.faults.push(fault);
        }
        let sound = builder.faults.is_empty();
        faults.append(&mut builder.faults);
        return sound.then(|| builder.root.take().unwrap_or(Node::Null));
    }
}

/// Makes a tree of events. The values of all open maps and lists lie on one stack, so that each of
/// them is allocated once, in its final size.
struct Builder<'s> {
    file: FileId,
    sources: &'s Sources,
    values: Vec<Node>,
    keys: Vec<Key>,
    open: Vec<Open>,
    root: Option<Node>,
    anchors: HashMap<usize, Anchor>,
    faults: Vec<Diagnostic>,
    documents: usize,
    /// Values in the text.
    written: u64,
    /// Values in the tree.
    expanded: u64,
    allowed: u64,
    /// The alias with which there were too many.
    exceeded: Option<At>,
}

struct Key {
    text: Box<str>,
    /// In characters.
    start: usize,
    end: usize,
}

struct Open {
    map: bool,
    /// Whether it stands where a key is due.
    as_key: bool,
    /// Whether it has a merge key.
    merges: bool,
    first_value: usize,
    first_key: usize,
    anchor: usize,
    size: u64,
    /// Levels inside.
    height: usize,
    start: Span,
}

/// A value that aliases repeat.
struct Anchor {
    node: Node,
    size: u64,
    height: usize,
}

impl<'s> Builder<'s> {
    fn new(file: FileId, sources: &'s Sources, allowed: u64) -> Self {
        Self {
            file,
            sources,
            values: Vec::new(),
            keys: Vec::new(),
            open: Vec::new(),
            root: None,
            anchors: HashMap::new(),
            faults: Vec::new(),
            documents: 0,
            written: 0,
            expanded: 0,
            allowed,
            exceeded: None,
        }
    }

    fn run(&mut self) {
        for event in Parser::new_from_str(self.sources.text(self.file)) {
            match event {
                Ok((event, span)) => {
                    if !self.event(event, span) || self.faults.len() >= MOST_FAULTS {
                        return;
                    }
                }
                Err(error) => {
                    self.syntax(&error);
                    return;
                }
            }
        }
    }

    /// Takes an event; false if reading on makes no sense.
    fn event(&mut self, event: Event<'_>, span: Span) -> bool {
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    let message = "a second document begins here, but a file holds one";
                    let fault = Diagnostic::new(Code::Syntax, message).label(self.at(span), "");
                    self.faults
                        .push(fault.help(
                            "put it into a file of its own: several files make one topology",
                        ));
                    return false;
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.scalar(text, style, anchor, tag.as_deref(), span)
            }
            Event::Alias(anchor) => return self.alias(anchor, span),
            Event::SequenceStart(anchor, tag) => {
                return self.start(false, anchor, tag.as_deref(), span);
            }
            Event::MappingStart(anchor, tag) => {
                return self.start(true, anchor, tag.as_deref(), span);
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        true
    }

    fn at_key(&self) -> bool {
        self.open.last().is_some_and(|open| {
            open.map && self.keys.len() - open.first_key == self.values.len() - open.first_value
        })
    }

    fn scalar(
        &mut self,
        text: Cow<'_, str>,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        span: Span,
    ) {
        self.written += 1;
        self.expanded += 1;
        let kind = self.tag(tag, span);
        if self.at_key() && anchor == 0 {
            if text.is_empty() && style == ScalarStyle::Plain {
                let fault = Diagnostic::new(Code::Syntax, "a key is missing in front of the `:`");
                self.faults.push(fault.label(self.at(span), ""));
            }
            self.key(boxed(text), style == ScalarStyle::Plain, span);
            return;
        }
        let quoted = style != ScalarStyle::Plain || kind == Some("str");
        let null = kind == Some("null") || !quoted && is_null(&text);
        let node = if null {
            Node::Null
        } else {
            Node::Scalar(Scalar {
                text: boxed(text),
                quoted,
            })
        };
        if anchor > 0 {
            self.expanded += 1;
            self.anchors.insert(
                anchor,
                Anchor {
                    node: node.clone(),
                    size: 1,
                    height: 0,
                },
            );
        }
        self.put(node, 1, 0, span);
    }

    fn key(&mut self, text: Box<str>, plain: bool, span: Span) {
        if plain
            && &*text == "<<"
            && let Some(open) = self.open.last_mut()
        {
            open.merges = true;
        }
        self.keys.push(Key {
            text,
            start: span.start.index(),
            end: span.end.index(),
        });
    }

    /// Puts a value where it belongs: under the key that waits for it, into the list, or as the key.
    fn put(&mut self, node: Node, size: u64, height: usize, span: Span) {
        let at_key = self.at_key();
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return;
        };
        open.size = open.size.saturating_add(size);
        open.height = open.height.max(height);
        if !at_key {
            self.values.push(node);
            return;
        }
        let text = match node {
            Node::Scalar(scalar) => scalar.text,
            other => {
                let message = format!("a key must be a single value, not {}", other.kind());
                let fault = Diagnostic::new(Code::WrongType, message).label(self.at(span), "");
                self.faults.push(fault);
                Box::default()
            }
        };
        self.key(text, false, span);
    }

    fn alias(&mut self, anchor: usize, span: Span) -> bool {
        self.written += 1;
        let Some(Anchor { node, size, height }) = self.anchors.get(&anchor) else {
            // A faulty value has no anchor either, but then its fault is known.
            if self.faults.is_empty() {
                let fault = Diagnostic::new(
                    Code::Syntax,
                    "an alias stands inside the value that it repeats",
                );
                self.faults.push(fault.label(self.at(span), ""));
            }
            self.put(Node::Null, 1, 0, span);
            return true;
        };
        let (size, height) = (*size, *height);
        if self.open.len() + height > DEEPEST {
            self.faults.push(super::too_deep(self.at(span)));
            return false;
        }
        self.expanded = self.expanded.saturating_add(size);
        if self.exceeded.is_none() && self.expanded > self.allowed {
            self.exceeded = Some(self.at(span));
        }
        // From here on only the numbers matter.
        let node = if self.exceeded.is_some() {
            Node::Null
        } else {
            node.clone()
        };
        self.put(node, size, height, span);
        true
    }

    fn start(&mut self, map: bool, anchor: usize, tag: Option<&Tag>, span: Span) -> bool {
        self.written += 1;
        self.expanded += 1;
        self.tag(tag, span);
        if self.open.len() >= DEEPEST {
            self.faults.push(super::too_deep(self.at(span)));
            return false;
        }
        self.open.push(Open {
            map,
            as_key: self.at_key(),
            merges: false,
            first_value: self.values.len(),
            first_key: self.keys.len(),
            anchor,
            size: 1,
            height: 0,
            start: span,
        });
        true
    }

    fn end(&mut self) {
        let Some(open) = self.open.pop() else { return };
        let node = if open.map {
            self.map(&open)
        } else {
            Node::List(self.values.drain(open.first_value..).collect())
        };
        let (size, height) = (open.size, open.height + 1);
        if open.anchor > 0 {
            // The copy counts, too: anchors nested in anchors would copy everything many times.
            self.expanded = self.expanded.saturating_add(size);
            if self.exceeded.is_none() && self.expanded > self.allowed {
                self.exceeded = Some(self.at(open.start));
            }
            let node = if self.exceeded.is_some() {
                Node::Null
            } else {
                node.clone()
            };
            self.anchors
                .insert(open.anchor, Anchor { node, size, height });
        }
        if open.as_key {
            let message = format!("a key must be a single value, not {}", node.kind());
            self.faults
                .push(Diagnostic::new(Code::WrongType, message).label(self.at(open.start), ""));
            self.key(Box::default(), false, open.start);
        } else {
            self.put(node, size, height, open.start);
        }
    }
}

fn boxed(text: Cow<'_, str>) -> Box<str> {
    match text {
        Cow::Borrowed(text) => text.into(),
        Cow::Owned(text) => text.into(),
    }
}

fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}
