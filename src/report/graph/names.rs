//! Ids of what is drawn: readable, stable, and each given once.

use std::collections::HashSet;

/// The longest that the part of an id may be that comes from a name, in bytes.
const LONGEST: usize = 60;

/// The ids that have been given.
#[derive(Debug, Default)]
pub(super) struct Ids(HashSet<String>);

impl Ids {
    /// `n-kind-name`, with a number behind it where that is taken.
    pub fn of(&mut self, prefix: char, kind: &str, name: &str) -> String {
        let base = format!("{prefix}-{kind}-{}", slug(name));
        let mut id = base.clone();
        let mut count = 1;
        while !self.0.insert(id.clone()) {
            count += 1;
            id = format!("{base}-{count}");
        }
        id
    }

    /// Takes an id back.
    pub fn free(&mut self, id: &str) {
        self.0.remove(id);
    }
}

/// A name in the letters that an id may have: those of ASCII in lower case, digits and single hyphens.
fn slug(name: &str) -> String {
    let mut out = String::new();
    for letter in name.chars().flat_map(char::to_lowercase) {
        if out.len() >= LONGEST {
            break;
        }
        if letter.is_ascii_alphanumeric() {
            out.push(letter);
        } else if !out.ends_with('-') && !out.is_empty() {
            out.push('-');
        }
    }
    let out = out.trim_end_matches('-');
    if out.is_empty() { "x" } else { out }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::Ids;

    #[test]
    fn ids_are_plain_and_given_once() {
        let mut ids = Ids::default();
        assert_eq!(ids.of('n', "vnet", "Hub \"1\""), "n-vnet-hub-1");
        assert_eq!(ids.of('n', "vnet", "hub-1"), "n-vnet-hub-1-2");
        assert_eq!(ids.of('n', "vnet", "שלום"), "n-vnet-x");
        assert_eq!(ids.of('e', "peering", "<a>↔</b>"), "e-peering-a-b");
        let long = "a".repeat(300);
        assert!(ids.of('n', "vnet", &long).len() < 80);
    }
}
