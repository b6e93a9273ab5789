//! Rules that never decide, whatever list they stand in: what takes their flows before them, and how that is
//! said.

use std::borrow::Cow;
use std::slice::from_ref;

use super::region::Region;
use super::subjects::joined;
use crate::diagnostic::{At, Code, Diagnostic};
use crate::effective::{ListOrigin, SecurityList};
use crate::net::{AddressSet, Rule};
use crate::network::{Network, RuleSide};
use crate::source::Path;
use crate::spec::{AdminAccess, Direction};

/// Why a rule does not decide somewhere.
pub(super) enum Idle<T> {
    /// No packet matches it.
    Unmatched,
    /// These rules leave nothing to it.
    Taken(Vec<T>),
}

/// What a rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Does {
    Allow,
    Deny,
    AlwaysAllow,
    Translate,
}

impl Does {
    const fn one(self) -> &'static str {
        match self {
            Self::Allow => "allows",
            Self::Deny => "denies",
            Self::AlwaysAllow => "always allows",
            Self::Translate => "translates",
        }
    }

    const fn many(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::AlwaysAllow => "always allow",
            Self::Translate => "translate",
        }
    }
}

/// A rule as findings name it.
pub(super) struct Named {
    /// As in "`web` of `nsg-web`".
    pub name: String,
    pub does: Does,
    pub at: Path,
}

/// That a rule does nothing, since those in `by` come first: all of them do the same, or `otherwise`. `help` says
/// what helps against those that do otherwise.
pub(super) fn never_decides(
    own: &Named,
    by: &[Named],
    otherwise: bool,
    help: &'static str,
) -> Diagnostic {
    let names = joined(by.iter().map(|rule| rule.name.clone()));
    let (come, does) = match by {
        [one] => ("comes", one.does.one()),
        _ => ("come", by.first().map_or("take", |rule| rule.does.many())),
    };
    let alike = by.windows(2).all(|pair| pair[0].does == pair[1].does);
    let takes = own.does.one();
    let mut finding = if otherwise {
        let message = if alike {
            format!(
                "{} never decides: {names} {come} first and {does} all that it {takes}",
                own.name
            )
        } else {
            format!(
                "{} never decides: {names} {come} first and take all that it {takes}, in part to do otherwise",
                own.name
            )
        };
        Diagnostic::new(Code::ShadowedRule, message).help(help)
    } else {
        let does = if by.len() == 1 { "does" } else { "do" };
        let message = format!(
            "{} adds nothing: {names} {come} first and {does} the same with all that it {takes}",
            own.name
        );
        Diagnostic::new(Code::RedundantRule, message).help("it can be deleted; nothing changes")
    };
    finding = finding.at_key(own.at.clone());
    for rule in by.iter().take(3) {
        let text = format!("{} before it", rule.does.one());
        finding = finding.label(At::Key(rule.at.clone()), text);
    }
    finding
}

/// A rule's sides at most: what is known, and for a tag that is not known in full the rest.
pub(super) fn widest(rule: &Rule) -> (AddressSet, AddressSet) {
    match &rule.doubtful {
        None => (rule.source.clone(), rule.destination.clone()),
        Some(more) => (
            rule.source.union(&more.source),
            rule.destination.union(&more.destination),
        ),
    }
}

/// A rule that is looked at, with the most that its sides can hold.
pub(super) struct Subject<'r> {
    rule: &'r Rule,
    sides: [&'r [RuleSide]; 2],
    source: AddressSet,
    destination: AddressSet,
}

impl<'r> Subject<'r> {
    pub(super) fn new(rule: &'r Rule, sides: [&'r [RuleSide]; 2]) -> Self {
        let (source, destination) = widest(rule);
        Self {
            rule,
            sides,
            source,
            destination,
        }
    }

    /// What it can match at most.
    pub(super) fn region(&self) -> Region {
        Region::of(self.rule, &self.source, &self.destination)
    }

    /// The side on which `local` addresses stand.
    pub(super) const fn side(&self, direction: Direction) -> &AddressSet {
        match direction {
            Direction::Inbound => &self.destination,
            Direction::Outbound => &self.source,
        }
    }

    /// What a rule before it takes at least. The same tag holds the same addresses, known or not.
    fn taken_by<'k>(&self, before: &Rule, entry: &'k Entry<'_>) -> Cow<'k, Region> {
        let same = |side: usize| entry.sides[side] == self.sides[side];
        if self.rule.doubtful.is_none() || !(same(0) || same(1)) {
            return Cow::Borrowed(&entry.known);
        }
        let pick = |side, own, other| if same(side) { own } else { other };
        let source = pick(0, &self.source, &before.source);
        let destination = pick(1, &self.destination, &before.destination);
        Cow::Owned(Region::of(before, source, destination))
    }
}

/// A list of rules as it works somewhere, with what is known of each that someone wrote.
pub(super) struct Order<'n> {
    pub list: SecurityList,
    entries: Vec<Entry<'n>>,
}

struct Entry<'n> {
    sides: [&'n [RuleSide]; 2],
    /// What the rule matches at least.
    known: Region,
    /// Rules for the platform's own tags are asked beside the others (`service-tags-overview`).
    platform: bool,
}

impl<'n> Order<'n> {
    pub(super) fn new(network: &'n Network, list: SecurityList) -> Self {
        let sides: Vec<[&'n [RuleSide]; 2]> = match list.origin {
            ListOrigin::Group(nsg) => {
                let rules = network.nsgs[nsg].rules.iter();
                let own = rules.filter(|rule| rule.direction == list.direction);
                own.map(|rule| [from_ref(&rule.source), from_ref(&rule.destination)])
                    .collect()
            }
            ListOrigin::Manager(_) => (0..list.user_rules)
                .filter_map(|at| list.sides(network, at))
                .collect(),
        };
        let entries = list
            .rules
            .rules()
            .iter()
            .zip(sides)
            .map(|(rule, sides)| Entry {
                sides,
                known: Region::of(rule, &rule.source, &rule.destination),
                platform: is_platforms(sides),
            });
        let entries = entries.collect();
        Self { list, entries }
    }

    /// The rule at a position; none where it is for one of the platform's own tags.
    pub(super) fn subject(&self, at: usize) -> Option<Subject<'_>> {
        let entry = self.entries.get(at).filter(|entry| !entry.platform)?;
        Some(Subject::new(self.list.rules.rules().get(at)?, entry.sides))
    }

    /// Takes from `rest` what the first `count` rules take of it, and says which do; none where that cannot be
    /// told.
    pub(super) fn take(
        &self,
        subject: &Subject<'_>,
        count: usize,
        mut rest: Region,
    ) -> Option<(Region, Vec<usize>)> {
        let mut by = Vec::new();
        for (at, rule, entry) in self.entries().take(count) {
            if rest.is_empty() {
                break;
            }
            let taken = subject.taken_by(rule, entry);
            if rest.overlaps(&taken) {
                rest = rest.without(&taken)?;
                by.push(at);
            }
        }
        Some((rest, by))
    }

    /// What of `rest` comes past managers' rules to the security groups, by Allow or since none is for it, and which
    /// rules take the others: which one of which list.
    pub(super) fn past(
        managers: &[Self],
        subject: &Subject<'_>,
        mut rest: Region,
    ) -> Option<(Region, Vec<(usize, usize)>)> {
        let mut by = Vec::new();
        let mut allowed = Region::default();
        for (number, order) in managers.iter().enumerate() {
            for (at, rule, entry) in order.entries() {
                let taken = subject.taken_by(rule, entry);
                if order.list.access(at) == Some(AdminAccess::Allow) {
                    let (source, destination) = widest(rule);
                    let most = Region::of(rule, &source, &destination);
                    allowed = allowed.and(rest.within(&most));
                    rest = rest.without(&taken)?;
                } else if rest.overlaps(&taken) {
                    rest = rest.without(&taken)?;
                    by.push((number, at));
                }
            }
        }
        Some((rest.and(allowed), by))
    }

    /// The rules that take part, with their positions.
    fn entries(&self) -> impl Iterator<Item = (usize, &Rule, &Entry<'n>)> {
        let all = self
            .list
            .rules
            .rules()
            .iter()
            .zip(&self.entries)
            .enumerate();
        all.map(|(at, (rule, entry))| (at, rule, entry))
            .filter(|(.., entry)| !entry.platform)
    }
}

fn is_platforms([source, destination]: [&[RuleSide]; 2]) -> bool {
    let mut sides = source.iter().chain(destination);
    sides.any(|side| matches!(side, RuleSide::Platform(tag) if tag.is_platforms_own()))
}
