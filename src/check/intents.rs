//! Intents: what holds of every flow between two sets (checks-format), with a flow that breaks them.
//!
//! `Isolated` and `allowOnly` are about every flow, from any source port; `Reachable` demands those that a
//! client sends, from any ephemeral port (checks-format, `sourcePort`), to the address that an endpoint's
//! name means. A flow gets through where its connection works by any path; `via` and `avoids` are about
//! every path by which it does.

use std::collections::BTreeSet;

use super::faults::{self, Role};
use super::hops::{self, Wanted};
use super::issues;
use super::sets;
use super::verdict::Verdict;
use crate::diagnostic::{Code, Diagnostic};
use crate::engine::reach::{Asked, Goal, Member, Sets, Start, Through, general, services};
use crate::engine::{Application, Engine, FlowSet, Space, Traffic};
use crate::net::{AddressSet, EPHEMERAL, Flow, PortRange, PortSet, Protocol, Ranges};
use crate::network::{Endpoint, Id, Machine, Network, Nic};
use crate::source::Path;
use crate::spec::checks::{AllowedFlow, CheckProtocol, Intent, IntentWord};
use crate::trace::{self, Assumption, Silent, Tracing};

/// An intent that can be judged.
#[derive(Debug, Clone)]
pub(super) struct PlannedIntent<'t> {
    intent: &'t Intent,
    from: Vec<Member>,
    to: Vec<Member>,
    allowed: Option<Vec<PlannedAllowed>>,
    via: Vec<Wanted>,
    avoids: Vec<Wanted>,
}

impl PlannedIntent<'_> {
    /// The word that it expects, where it does.
    pub(super) fn word(&self) -> Option<IntentWord> {
        self.intent.expect
    }

    /// The same among those of its members that are `left`; none where one side has none.
    pub(super) fn among(
        &self,
        network: &Network,
        left: impl Fn(&Endpoint) -> bool,
    ) -> Option<Self> {
        let each = |member: &Member| -> Vec<Member> {
            let instances = match member.endpoint {
                Endpoint::ScaleSet(set) => network.scale_sets[set].instances.iter(),
                _ => return vec![member.clone()],
            };
            let nic = |id: &Id<Machine>| Endpoint::Nic(network.machines[*id].primary_nic);
            instances
                .map(|id| Member {
                    endpoint: nic(id),
                    whole: true,
                })
                .collect()
        };
        let side = |members: &[Member]| -> Vec<Member> {
            let members = members.iter().flat_map(each);
            members.filter(|own| left(&own.endpoint)).collect()
        };
        let (from, to) = (side(&self.from), side(&self.to));
        (!from.is_empty() && !to.is_empty()).then(|| Self {
            from,
            to,
            ..self.clone()
        })
    }

    /// The NICs of both its sets.
    pub(super) fn nics(&self) -> Vec<Id<Nic>> {
        let members = self.from.iter().chain(&self.to);
        let nics = members.filter_map(|member| match member.endpoint {
            Endpoint::Nic(nic) => Some(nic),
            _ => None,
        });
        nics.collect()
    }
}

/// What an intent lets through.
#[derive(Debug, Clone)]
struct PlannedAllowed {
    from: Vec<Member>,
    to: Vec<Member>,
    services: Vec<(Protocol, PortSet)>,
}

/// Looks its names up, and finds what cannot be asked.
pub(super) fn plan<'t>(
    network: &Network,
    at: &Path,
    intent: &'t Intent,
) -> Result<PlannedIntent<'t>, Vec<Diagnostic>> {
    let mut found = Vec::new();
    let mut keep = |set: Result<Vec<Member>, Vec<Diagnostic>>| {
        set.unwrap_or_else(|faults| {
            found.extend(faults);
            Vec::new()
        })
    };
    let from = keep(sets::sources(network, &intent.from, &at.key("from")));
    let to = keep(sets::members(network, &intent.to, &at.key("to")));
    let entries = intent.allow_only.as_ref().map(|entries| {
        let entries = entries.iter().enumerate().map(|(number, entry)| {
            let at = at.key("allowOnly").index(number);
            let own_from = entry.from.as_ref();
            let own_to = entry.to.as_ref();
            PlannedAllowed {
                from: own_from.map_or_else(
                    || from.clone(),
                    |set| keep(sets::sources(network, set, &at.key("from"))),
                ),
                to: own_to.map_or_else(
                    || to.clone(),
                    |set| keep(sets::members(network, set, &at.key("to"))),
                ),
                services: asked_services(entry.protocol, &entry.ports),
            }
        });
        entries.collect()
    });
    let mut wanted = |names: &Option<Vec<String>>, key: &str| {
        let mut list = Vec::new();
        for (number, name) in names.iter().flatten().enumerate() {
            match Wanted::new(network, name) {
                Ok(wanted) => list.push(wanted),
                Err(fault) => {
                    let at = at.key(key).index(number);
                    found.push(faults::name(at, &fault, Role::Endpoint));
                }
            }
        }
        list
    };
    let via = wanted(&intent.via, "via");
    let avoids = wanted(&intent.avoids, "avoids");
    if intent.expect.is_none() && intent.allow_only.is_none() && via.is_empty() && avoids.is_empty()
    {
        let fault = Diagnostic::new(Code::MissingKey, "nothing is expected of the flows");
        let help = "add `expect`, `allowOnly`, `via` or `avoids`";
        found.push(fault.at_key(at.clone()).help(help));
    }
    let entries_of: Vec<(Path, Option<CheckProtocol>, &[PortRange])> = intent
        .allow_only
        .iter()
        .flatten()
        .enumerate()
        .map(|(number, entry): (usize, &AllowedFlow)| {
            (
                at.key("allowOnly").index(number),
                entry.protocol,
                entry.ports.as_slice(),
            )
        })
        .chain([(at.clone(), intent.protocol, intent.ports.as_slice())])
        .collect();
    for (at, protocol, ports) in entries_of {
        if protocol == Some(CheckProtocol::Icmp) && !ports.is_empty() {
            let fault = Diagnostic::new(Code::BadPort, "Icmp has no ports");
            found.push(fault.at(at.key("ports")));
        }
    }
    if found.is_empty() {
        Ok(PlannedIntent {
            intent,
            from,
            to,
            allowed: entries,
            via,
            avoids,
        })
    } else {
        Err(found)
    }
}

/// The services of a protocol as a check names it: HTTP and HTTPS are TCP, by their usual ports.
fn asked_services(
    protocol: Option<CheckProtocol>,
    ports: &[PortRange],
) -> Vec<(Protocol, PortSet)> {
    let one = |port| {
        vec![PortRange {
            first: port,
            last: port,
        }]
    };
    let ports = match protocol {
        Some(CheckProtocol::Http) if ports.is_empty() => one(80),
        Some(CheckProtocol::Https) if ports.is_empty() => one(443),
        _ => ports.to_vec(),
    };
    let protocol = protocol.map(|own| match own {
        CheckProtocol::Udp => Protocol::Udp,
        CheckProtocol::Icmp => Protocol::Icmp,
        CheckProtocol::Tcp | CheckProtocol::Http | CheckProtocol::Https => Protocol::Tcp,
    });
    services(protocol, &ports)
}

/// How many starts are asked about together.
const AT_ONCE: usize = 256;

/// Judges an intent.
pub(super) fn judge(engine: &Engine<'_>, planned: &PlannedIntent<'_>) -> Verdict {
    let space = Space::new();
    let intent = planned.intent;
    let application = match intent.protocol {
        Some(CheckProtocol::Http) => Application::Http,
        Some(CheckProtocol::Https) => Application::Https,
        _ => Application::None,
    };
    let services = asked_services(intent.protocol, &intent.ports);
    let judged = Judged {
        sets: Sets {
            engine,
            space: &space,
        },
        goal: Goal::of(engine, None, &planned.to),
        starts: starts(engine, &planned.from),
        asked: Asked {
            application,
            ..Asked::every(services)
        },
        planned,
    };
    let mut verdict = Verdict::default();
    verdict.short = intent.allow_only.is_none() && intent.via.is_none() && intent.avoids.is_none();
    let expected = intent.expect.map(|word| match word {
        IntentWord::Isolated => judged.isolated(),
        IntentWord::Reachable => judged.reachable(),
    });
    let allowed = planned
        .allowed
        .as_ref()
        .map(|entries| judged.allow_only(entries));
    let mut open = Vec::new();
    for found in expected.into_iter().chain(allowed).chain(judged.ways()) {
        let holds = found.broken.is_none() && found.came == found.expected;
        verdict.compare(found.what, found.expected, found.came, holds);
        verdict.assumptions.extend(found.assumptions);
        if let Some(broken) = &found.broken {
            verdict.why.extend(judged.story(broken));
        } else if let Some(unknown) = &found.open {
            open.extend(judged.story(unknown));
        }
    }
    if verdict.holds() {
        verdict.unmodelled = open;
    }
    verdict.assumptions.extend(judged.assumed());
    verdict
}

fn starts(engine: &Engine<'_>, members: &[Member]) -> Vec<Start> {
    members
        .iter()
        .flat_map(|member| Start::of(engine, member))
        .collect()
}

/// What was found of one expectation.
struct Found<'a> {
    what: &'static str,
    expected: String,
    came: String,
    /// A flow that breaks it.
    broken: Option<Witness<'a>>,
    /// A flow of which it is not known whether it does.
    open: Option<Witness<'a>>,
    /// What it rests on without knowing it.
    assumptions: Vec<Assumption>,
}

struct Witness<'a> {
    start: &'a Start,
    flow: Flow,
}

impl<'a> Witness<'a> {
    fn of(start: &'a Start, flows: FlowSet<'_>) -> Option<Self> {
        (!flows.is_empty()).then(|| Self {
            start,
            flow: flows.witness(),
        })
    }
}

struct Judged<'a, 'e, 'n, 's> {
    sets: Sets<'e, 'n, 's>,
    goal: Goal,
    starts: Vec<Start>,
    asked: Asked,
    planned: &'a PlannedIntent<'a>,
}

impl<'s> Judged<'_, '_, '_, 's> {
    /// What gets through from some starts, and what of it is not known.
    fn through(&self, starts: &[Start]) -> Vec<Through<'s>> {
        let engine = self.sets.engine;
        let seen = starts.iter();
        let seen = seen.map(|start| Goal::seen_by(engine, start, &self.planned.to));
        let seen: Vec<Option<Goal>> = seen.collect();
        if seen.iter().all(Option::is_none) {
            return self.sets.through_each(starts, &self.goal, &self.asked);
        }
        let each = starts.iter().zip(seen);
        let each = each.map(|(start, own)| {
            let goal = own.as_ref().unwrap_or(&self.goal);
            self.sets.through(start, goal, &self.asked)
        });
        each.collect()
    }

    fn isolated(&self) -> Found<'_> {
        let mut open = None;
        let mut broken = None;
        // As many at once as are worth it: one flow that gets through is enough.
        'all: for starts in self.starts.chunks(AT_ONCE) {
            for (start, through) in starts.iter().zip(self.through(starts)) {
                broken = Witness::of(start, through.works);
                if broken.is_some() {
                    break 'all;
                }
                open = open.or_else(|| Witness::of(start, through.open));
            }
        }
        let came = if broken.is_some() {
            "a flow gets through"
        } else {
            "Isolated"
        };
        Found {
            what: "expect",
            expected: "Isolated".into(),
            came: came.into(),
            broken,
            open,
            assumptions: Vec::new(),
        }
    }

    /// Every flow demanded gets through: from each start that a name means to each end.
    fn reachable(&self) -> Found<'_> {
        let asked = Asked {
            source_ports: Ranges::one(EPHEMERAL.first, EPHEMERAL.last),
            ..self.asked.clone()
        };
        let engine = self.sets.engine;
        let mut broken = None;
        let mut open = None;
        let mut assumptions = BTreeSet::new();
        let mut told = vec![false; self.planned.to.len()];
        let mut pairs = 0_usize;
        let primary: Vec<&Start> = self.starts.iter().filter(|start| start.primary).collect();
        let starts: Vec<Start> = primary.iter().copied().cloned().collect();
        // What a machine's name means hangs on nobody who asks: all starts are asked about together.
        let mut together: Vec<Option<Vec<Through<'s>>>> = vec![None; self.planned.to.len()];
        'all: for (number, start) in primary.into_iter().enumerate() {
            let members = self.planned.to.iter().zip(&mut told);
            for ((member, told), together) in members.zip(&mut together) {
                let goal = Goal::of(engine, Some(start.origin), [member]);
                let meant = goal
                    .meant(engine, start, member)
                    .difference(&start.addresses);
                let demanded = self.sets.flows(start, &asked, &meant);
                if demanded.is_empty() || goal.is_home(engine, start) {
                    continue;
                }
                pairs += 1;
                let through = match member.endpoint {
                    Endpoint::Nic(_) => together
                        .get_or_insert_with(|| self.sets.through_each(&starts, &goal, &asked))
                        .get(number)
                        .cloned(),
                    _ => None,
                };
                let through = through.unwrap_or_else(|| self.sets.through(start, &goal, &asked));
                let missing = demanded.difference(&through.works);
                broken = Witness::of(start, missing.difference(&through.open));
                if broken.is_some() {
                    break 'all;
                }
                open = open.or_else(|| Witness::of(start, missing));
                // Who listens and who answers hangs on nobody who asks.
                if !std::mem::replace(told, true) {
                    assumptions.extend(self.by_one(start, demanded.intersection(&through.works)));
                }
            }
        }
        let came = match broken {
            _ if pairs == 0 => "there is no pair of one address family",
            Some(_) => "a flow does not get through",
            None => "Reachable",
        };
        Found {
            what: "expect",
            expected: "Reachable".into(),
            came: came.into(),
            broken,
            open,
            assumptions: assumptions.into_iter().collect(),
        }
    }

    /// Nothing beyond the list gets through: by no path to any end that the list does not name.
    fn allow_only(&self, entries: &[PlannedAllowed]) -> Found<'_> {
        let engine = self.sets.engine;
        let mut broken = None;
        let mut open = None;
        'all: for start in &self.starts {
            let listed = entries.iter().map(|entry| {
                let asked = Asked::every(entry.services.clone());
                let none = FlowSet::none(self.sets.space);
                let from = starts(engine, &entry.from).into_iter();
                let from = from.filter(|from| from.origin == start.origin);
                let flows = from.fold(none, |all, from| {
                    all.union(&self.sets.flows(&from, &asked, &AddressSet::all()))
                });
                (flows, Goal::of(engine, Some(start.origin), &entry.to))
            });
            let listed: Vec<(FlowSet<'s>, Goal)> = listed.collect();
            let own = Goal::seen_by(engine, start, &self.planned.to);
            let goal = own.as_ref().unwrap_or(&self.goal);
            for passage in self.sets.passages(start, goal, &self.asked, Silent) {
                let beyond = listed.iter().fold(passage.flows, |rest, (flows, goal)| {
                    let there = goal.reached(engine, start, &passage.end, rest);
                    rest.difference(&there.intersection(flows))
                });
                broken = Witness::of(start, beyond);
                if broken.is_some() {
                    break 'all;
                }
            }
            let unknown = self.sets.through(start, goal, &self.asked).open;
            let unknown = listed
                .iter()
                .fold(unknown, |rest, (flows, _)| rest.difference(flows));
            open = open.or_else(|| Witness::of(start, unknown));
        }
        let expected = "nothing else gets through";
        let came = if broken.is_some() {
            "something else gets through"
        } else {
            expected
        };
        Found {
            what: "allowOnly",
            expected: expected.into(),
            came: came.into(),
            broken,
            open,
            assumptions: Vec::new(),
        }
    }

    /// Every path of what gets through comes by what it should, and not by what it should not.
    fn ways(&self) -> Vec<Found<'_>> {
        let intent = self.planned.intent;
        let (via, avoids) = (&self.planned.via, &self.planned.avoids);
        let network = self.sets.engine.network();
        let (mut missed, mut met, mut open) = (None, None, None);
        let starts = self
            .starts
            .iter()
            .filter(|_| !via.is_empty() || !avoids.is_empty());
        for start in starts {
            let passages = self
                .sets
                .passages(start, &self.goal, &self.asked, Tracing::default());
            for passage in passages {
                let path = as_path(&passage.end);
                let touched =
                    |wanted: &Wanted| path.hops.iter().any(|hop| wanted.is_touched(network, hop));
                if missed.is_none() && !hops::via(network, &path, via) {
                    missed = Witness::of(start, passage.flows);
                }
                if met.is_none() && avoids.iter().any(touched) {
                    met = Witness::of(start, passage.flows);
                }
            }
            let unknown = || self.sets.through(start, &self.goal, &self.asked).open;
            open = open.or_else(|| Witness::of(start, unknown()));
        }
        let mut found = Vec::new();
        let both = [
            ("via", &intent.via, missed, "another way"),
            ("avoids", &intent.avoids, met, "by one of them"),
        ];
        for (what, names, broken, otherwise) in both {
            if let Some(names) = names {
                let expected = names.join(", ");
                let came = if broken.is_some() {
                    otherwise.to_owned()
                } else {
                    expected.clone()
                };
                found.push(Found {
                    what,
                    expected,
                    came,
                    broken,
                    open: open.take(),
                    assumptions: Vec::new(),
                });
            }
        }
        found
    }

    /// The service tags that could decide, and are not known in full.
    fn assumed(&self) -> Vec<Assumption> {
        let engine = self.sets.engine;
        if !engine.has_doubtful_tags() {
            return Vec::new();
        }
        let each = self.starts.iter().flat_map(|start| {
            let own = Goal::seen_by(engine, start, &self.planned.to);
            let goal = own.as_ref().unwrap_or(&self.goal);
            let one = std::slice::from_ref(start);
            self.sets.assumed(one, goal, &self.asked)
        });
        each.collect()
    }

    /// What one of some flows that get through rests on, said of all of them.
    fn by_one(&self, start: &Start, works: FlowSet<'_>) -> Vec<Assumption> {
        if works.is_empty() {
            return Vec::new();
        }
        let paths = self
            .sets
            .paths(start, self.asked.application, works.witness());
        let paths = paths.iter().filter(|path| path.works() > 0.0);
        let all = paths.flat_map(|path| path.assumptions.iter().map(move |own| (own, path)));
        let known = all.filter(|(own, _)| own.code != Code::NotModelled);
        known.filter_map(|(own, path)| general(own, path)).collect()
    }

    /// A flow by its paths, with what stands in its way.
    fn story(&self, witness: &Witness<'_>) -> Vec<String> {
        let Witness { start, flow } = witness;
        let mut lines = vec![format!("{flow} from {}", start.name)];
        for path in &self.sets.paths(start, self.asked.application, *flow) {
            lines.push(hops::ending(path));
            for hop in &path.hops {
                lines.extend(hop.issues.iter().map(|issue| issues::line(hop, issue)));
            }
            let open = path
                .assumptions
                .iter()
                .filter(|own| own.code == Code::NotModelled);
            lines.extend(open.map(|own| own.text.clone()));
        }
        lines
    }
}

/// The hops of a set's path, as those of a flow.
fn as_path<T: Traffic>(end: &crate::engine::End<T>) -> trace::Path {
    trace::Path {
        hops: end.hops.clone(),
        disposition: end.fate.disposition,
        seen: end.traffic.witness(),
        share: end.share,
        replies: Vec::new(),
        assumptions: Vec::new(),
    }
}
