//! Where a value of the topology stands, cheap enough to be carried along everywhere: it becomes a
//! `Path` only when there is something to point at.

use crate::source::{Path, Segment};

/// The deepest value that is ever pointed at is a reference in a rule of a firewall policy.
const DEEPEST: usize = 11;

/// One step of a [`Spot`].
#[derive(Debug, Clone, Copy)]
enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

/// The place of a value in the topology.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot<'a> {
    steps: [Step<'a>; DEEPEST],
    len: usize,
}

impl<'a> Spot<'a> {
    /// A section.
    pub(super) const fn of(section: &'a str) -> Self {
        let mut steps = [Step::Index(0); DEEPEST];
        steps[0] = Step::Key(section);
        Self { steps, len: 1 }
    }

    /// What stands under `key`.
    pub(super) fn key(self, key: &'a str) -> Self {
        self.step(Step::Key(key))
    }

    /// The `index`th of a list.
    pub(super) fn index(self, index: usize) -> Self {
        self.step(Step::Index(index))
    }

    /// The `index`th of `count` values that stand under a singular or a plural key: the singular one
    /// where there is one value. A value that stands there without a list is found as its key's.
    pub(super) fn either(
        self,
        (singular, plural): (&'a str, &'a str),
        count: usize,
        index: usize,
    ) -> Self {
        self.key(if count == 1 { singular } else { plural })
            .index(index)
    }

    fn step(mut self, step: Step<'a>) -> Self {
        // What is deeper is pointed at by what holds it.
        if let Some(free) = self.steps.get_mut(self.len) {
            *free = step;
            self.len += 1;
        }
        self
    }

    /// The path that the files are searched for.
    pub(super) fn path(&self) -> Path {
        let mut path = Path::root();
        for step in self.steps.iter().take(self.len) {
            path.push(match step {
                Step::Key(key) => Segment::Key((*key).into()),
                Step::Index(index) => Segment::Index(*index),
            });
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spot_is_a_path() {
        let rule = Spot::of("networkSecurityGroups")
            .key("web")
            .key("securityRules")
            .key("a");
        let one = rule.either(("sourceAddressPrefix", "sourceAddressPrefixes"), 1, 0);
        let two = rule.either(("sourceAddressPrefix", "sourceAddressPrefixes"), 2, 1);
        assert_eq!(
            one.path().to_string(),
            "/networkSecurityGroups/web/securityRules/a/sourceAddressPrefix/0"
        );
        assert_eq!(
            two.path().to_string(),
            "/networkSecurityGroups/web/securityRules/a/sourceAddressPrefixes/1"
        );
    }
}
