//! Maps: no key twice, and merge keys applied.

use std::collections::HashSet;

use super::super::{duplicate, repeats};
use super::{Builder, Key, Open};
use crate::diagnostic::{Code, Diagnostic};
use crate::spec::node::Node;

impl Builder<'_> {
    pub(super) fn map(&mut self, open: &Open) -> Node {
        let keys = self.keys.get(open.first_key..).unwrap_or_default();
        for (again, first) in repeats(keys.len(), keys.iter().map(|key| &*key.text)) {
            let (Some(again), Some(first)) = (keys.get(again), keys.get(first)) else {
                continue;
            };
            if again.text.is_empty() {
                continue;
            }
            let fault = duplicate(&again.text, self.key_at(again), self.key_at(first));
            let merges = open.merges && &*again.text == "<<";
            self.faults.push(if merges {
                fault.help("merge several maps with a list: `<<: [*a, *b]`")
            } else {
                fault
            });
        }
        let keys = self.keys.drain(open.first_key..);
        if !open.merges {
            return Node::Map(
                keys.map(|key| key.text)
                    .zip(self.values.drain(open.first_value..))
                    .collect(),
            );
        }
        let keys: Vec<Key> = keys.collect();
        let values: Vec<Node> = self.values.drain(open.first_value..).collect();
        self.merge(keys, values)
    }

    /// A map with the entries of its merge key in that key's place. Keys of the map itself win, then
    /// those of the maps merged, the first one first (YAML 1.1, https://yaml.org/type/merge.html).
    fn merge(&mut self, keys: Vec<Key>, values: Vec<Node>) -> Node {
        let mut known: HashSet<Box<str>> = keys.iter().map(|key| key.text.clone()).collect();
        let mut entries = Vec::with_capacity(keys.len());
        for (key, value) in keys.into_iter().zip(values) {
            if &*key.text != "<<" {
                entries.push((key.text, value));
                continue;
            }
            let maps = match value {
                Node::List(maps) => maps,
                one => vec![one],
            };
            for map in maps {
                match map {
                    Node::Map(merged) => {
                        entries.extend(
                            merged
                                .into_iter()
                                .filter(|(key, _)| known.insert(key.clone())),
                        );
                    }
                    // What an alias gave when there were too many.
                    _ if self.exceeded.is_some() => {}
                    other => {
                        let message =
                            format!("`<<` merges a map or a list of maps, not {}", other.kind());
                        self.faults.push(
                            Diagnostic::new(Code::WrongType, message).label(self.key_at(&key), ""),
                        );
                    }
                }
            }
        }
        Node::Map(entries)
    }
}
