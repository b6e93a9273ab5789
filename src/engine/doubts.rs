//! Rules with service tags that are not known in full: a set of flows that such a rule could decide is taken
//! both ways, so that what rests on the tag is told.
//!
//! A known tag without contents counts as not holding an address, and the answer says so (answers.md).

use super::answer::unknown_tag;
use super::traffic::Traffic;
use super::walk::Walk;
use crate::effective::{Decision, SecurityList};
use crate::net::{Rule, RuleList};
use crate::trace::Recorder;

/// Where the walk goes on behind a list: past these, or (none) as the list says.
pub(super) type Behind<'l> = Option<&'l [SecurityList]>;

/// Whether some rule of a list has a tag that is not known in full.
pub(super) fn is_doubtful(list: &RuleList) -> bool {
    list.rules().iter().any(|rule| rule.doubtful.is_some())
}

/// Splits traffic by the first of the `wanted` rules that would decide if its tag held more than is known.
pub(super) fn in_doubt<T: Traffic>(
    list: &RuleList,
    wanted: impl Fn(usize) -> bool,
    traffic: &T,
) -> Vec<(Option<usize>, T)> {
    let mut rules: Vec<Rule> = Vec::with_capacity(list.rules().len());
    let mut of: Vec<Option<usize>> = Vec::new();
    for (at, rule) in list.rules().iter().enumerate() {
        // What it matches by what is known is not in doubt.
        rules.push(rule.clone());
        of.push(None);
        if let Some(more) = rule.doubtful.as_ref().filter(|_| wanted(at)) {
            rules.push(Rule {
                source: rule.source.union(&more.source),
                destination: rule.destination.union(&more.destination),
                ..rule.clone()
            });
            of.push(Some(at));
        }
    }
    let rules = RuleList::new(rules, list.otherwise());
    let of = |decided: Option<usize>| decided.and_then(|at| of.get(at).copied().flatten());
    let parts = traffic.classify_as(&rules, of).into_iter();
    parts.map(|(decided, part)| (of(decided), part)).collect()
}

impl<T: Traffic, R: Recorder> Walk<'_, '_, T, R> {
    /// Hands traffic on that is to pass a list: as the list says, and where a tag is in doubt also as its rule
    /// would say if it matched.
    #[inline]
    pub(super) fn doubted<'l>(
        &mut self,
        list: &SecurityList,
        rest: &'l [SecurityList],
        traffic: T,
        mut then: impl FnMut(&mut Self, Behind<'l>, T),
    ) {
        if !R::DOUBTS || !is_doubtful(&list.rules) {
            return then(self, None, traffic);
        }
        let network = self.engine.network;
        let name = &list.origin.identity(network).name;
        let note = |walk: &mut Self, at: usize| {
            let rule = list.rules.rules().get(at);
            if let Some(assumption) = rule.and_then(|rule| unknown_tag(name, rule)) {
                walk.recorder.assume(|| assumption);
            }
        };
        let asks = |at| matches!(list.decide(Some(at), rest), Decision::Ask(_));
        let lets = |at| matches!(list.decide(Some(at), rest), Decision::Allowed);
        for (at, part) in in_doubt(&list.rules, asks, &traffic)
            .into_iter()
            .chain(in_doubt(&list.rules, lets, &traffic))
        {
            let Some(at) = at else { continue };
            self.branch(|walk| {
                note(walk, at);
                match list.decide(Some(at), rest) {
                    Decision::Ask(next) => then(walk, Some(next), part),
                    Decision::Allowed => then(walk, Some(&[]), part),
                    Decision::Denied => {}
                }
            });
        }
        for (at, part) in in_doubt(&list.rules, |_| true, &traffic) {
            self.branch(|walk| {
                if let Some(at) = at {
                    note(walk, at);
                }
                then(walk, None, part);
            });
        }
    }
}
