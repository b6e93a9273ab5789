//! Where flows end, path by path, whatever it is that they get to: what a comparison of two networks is made
//! of.

use super::goal::{Goal, is_home};
use super::{Asked, Sets, Start, services};
use crate::engine::walk::{End, Origin, Policy, Walk};
use crate::engine::{FlowSet, Stand};
use crate::trace::Recorder;

impl<'s> Sets<'_, '_, 's> {
    /// The ends of some flows from a start, with what `recorder` keeps of each. What comes back to where it
    /// started is left out: what a machine sends to itself, a site to itself, the Internet to itself. `stand` notes which other NICs fare as its own does.
    #[must_use]
    pub(crate) fn ends<R: Recorder + Clone>(
        &self,
        start: &Start,
        flows: &FlowSet<'s>,
        recorder: &R,
        stand: Option<&Stand<'_, '_>>,
    ) -> Vec<End<FlowSet<'s>>> {
        let mut found = Vec::new();
        if start.stopped.is_some() || flows.is_empty() {
            return found;
        }
        let every = Asked::every(services(None, &[]));
        for errand in self.errands(Goal::anything().destinations(self.engine), &every) {
            let own = self.flows(start, &every, &errand.destinations);
            let own = own.intersection(flows);
            if own.is_empty() {
                continue;
            }
            let recorder = recorder.clone();
            let ends = match stand.filter(|own| start.origin == Origin::Nic(own.nic())) {
                Some(stand) => stand.walk(own, errand.asking, recorder),
                None => {
                    let walk = Walk::new(self.engine, Policy::StopAtFirst, recorder);
                    walk.asking(errand.asking).run(start.origin, own, None)
                }
            };
            let network = self.engine.network();
            found.extend(
                ends.into_iter()
                    .filter(|end| end.at.is_none_or(|at| !is_home(network, start.origin, at))),
            );
        }
        found
    }
}
