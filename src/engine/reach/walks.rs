//! Where flows end, path by path, whatever it is that they get to: what a comparison of two networks is made
//! of.

use super::goal::{Goal, is_home};
use super::{Asked, Sets, Start, services};
use crate::engine::FlowSet;
use crate::engine::walk::{End, Policy, Walk};
use crate::trace::Recorder;

impl<'s> Sets<'_, '_, 's> {
    /// The ends of some flows from a start, with what `recorder` keeps of each. What comes back to where it
    /// started is left out: what a machine sends to itself, a site to itself, the Internet to itself.
    #[must_use]
    pub fn ends<R: Recorder + Clone>(
        &self,
        start: &Start,
        flows: &FlowSet<'s>,
        recorder: &R,
    ) -> Vec<End<FlowSet<'s>>> {
        let mut found = Vec::new();
        if start.stopped.is_some() || flows.is_empty() {
            return found;
        }
        let every = Asked::every(services(None, &[]));
        for errand in self.errands(&Goal::anything(), &every) {
            let own = self.flows(start, &every, &errand.destinations);
            let own = own.intersection(flows);
            if own.is_empty() {
                continue;
            }
            let walk = Walk::new(self.engine, Policy::StopAtFirst, recorder.clone());
            let ends = walk.asking(errand.asking).run(start.origin, own, None);
            let network = self.engine.network();
            found.extend(
                ends.into_iter()
                    .filter(|end| end.at.is_none_or(|at| !is_home(network, start.origin, at))),
            );
        }
        found
    }
}
