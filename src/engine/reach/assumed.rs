//! What the answer to a question about sets rests on without knowing it: service tags that are not known in
//! full, where they could decide of flows that are asked about.

use std::collections::BTreeSet;

use super::{Asked, Goal, Sets, Start};
use crate::diagnostic::Code;
use crate::engine::walk::{End, Policy, Walk};
use crate::engine::{Asking, Engine, FlowSet};
use crate::net::{AddressSet, tags};
use crate::trace::{Assumption, Disposition, Doubting};

impl Engine<'_> {
    /// Whether anything may rest on a service tag that is not known in full.
    #[must_use]
    pub fn has_doubtful_tags(&self) -> bool {
        self.network.tags.iter().any(|(_, tag)| !tag.complete)
    }

    /// Those of some destinations of which that may be so for a start: only public addresses may belong to such
    /// a tag, be it where the flows come from, where they are sent to, or what that is translated to.
    fn in_doubt(&self, start: &Start, to: &AddressSet) -> AddressSet {
        let public = tags::internet();
        if start.addresses.overlaps(&public) {
            return to.clone();
        }
        to.intersection(&public.union(&self.translated_addresses()))
    }
}

impl<'s> Sets<'_, '_, 's> {
    /// What of the flows from some starts to a goal rests on service tags that are not known in full.
    #[must_use]
    pub fn assumed(&self, starts: &[Start], goal: &Goal, asked: &Asked) -> Vec<Assumption> {
        let mut found = BTreeSet::new();
        if !self.engine.has_doubtful_tags() {
            return Vec::new();
        }
        let to = goal.destinations(self.engine);
        for start in starts {
            let to = self.engine.in_doubt(start, &to);
            let doubting = Doubting::default();
            self.walk((start, to), asked, doubting, |sets, end| {
                let concerned = match end.fate.disposition {
                    _ if end.assumptions.is_empty() => return,
                    _ if end.is_open() => goal.open(sets.engine, start, end),
                    Disposition::Delivered => goal.reached(sets.engine, start, end, end.traffic),
                    _ => return,
                };
                if !concerned.is_empty() {
                    note(end, &mut found);
                }
            });
        }
        found.into_iter().collect()
    }

    /// The same of the flows from a start to some addresses, of which something is asked.
    pub(in crate::engine) fn assumed_at(
        &self,
        start: &Start,
        to: &AddressSet,
        asking: Asking,
        asked: &Asked,
        found: &mut BTreeSet<Assumption>,
    ) {
        let flows = self.flows(start, asked, &self.engine.in_doubt(start, to));
        if start.stopped.is_some() || flows.is_empty() {
            return;
        }
        let walk = Walk::new(self.engine, Policy::StopAtFirst, Doubting::default()).asking(asking);
        for end in walk.run(start.origin, flows, None) {
            if end.is_open() || end.fate.disposition == Disposition::Delivered {
                note(&end, found);
            }
        }
    }
}

/// Notes the tags that an end rests on.
fn note(end: &End<FlowSet<'_>>, found: &mut BTreeSet<Assumption>) {
    let all = end.assumptions.iter();
    found.extend(
        all.filter(|own| own.code == Code::AssumedServiceTag)
            .cloned(),
    );
}
