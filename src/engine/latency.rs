//! What a path's round trip is made of, and how long it takes: sampled for probes, in closed form for
//! percentiles. The model is `net::latency`; docs/LATENCY.md says where its numbers come from.

mod parts;

use super::answer::Answer;
use super::check::Application;
use crate::diagnostic::Code;
use crate::net::Protocol;
use crate::net::latency::{Element, Key, loss, mean, mixed_quantile, quantile, sample};
use crate::network::{Network, Place};
use crate::trace::{Assumption, Disposition, Hop, Path, ReplyKind, Step};
use parts::Leg;

/// The percentiles that are told, as fractions.
pub const PERCENTILES: [f64; 4] = [0.5, 0.9, 0.95, 0.99];

/// What probes found: times in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probed {
    /// The least.
    pub min: u64,
    /// The mean.
    pub avg: u64,
    /// The most.
    pub max: u64,
}

impl Probed {
    fn of(times: impl Iterator<Item = u64>) -> Option<Self> {
        let mut seen: Option<(u64, u64, u64, u64)> = None;
        for time in times {
            let (min, sum, max, count) = seen.unwrap_or((u64::MAX, 0, 0, 0));
            seen = Some((
                min.min(time),
                sum.saturating_add(time),
                max.max(time),
                count + 1,
            ));
        }
        seen.map(|(min, sum, max, count)| Self {
            min,
            avg: sum / count,
            max,
        })
    }
}

/// The latency of a connection: of whole round trips, over all paths that work.
#[derive(Debug, Clone, PartialEq)]
pub struct Latency {
    /// Of each path in the order of the answer; `None` for one that does not work.
    pub paths: Vec<Option<PathLatency>>,
    /// What the probes find that come back, each by the path that it takes.
    pub probed: Probed,
    /// The mean, in microseconds.
    pub mean: f64,
    /// The percentiles of [`PERCENTILES`], in microseconds.
    pub percentiles: [f64; 4],
    /// The part of round trips by paths that work that are lost.
    pub loss: f64,
    /// The figures that nobody measured: estimates and the model's own assumptions.
    pub assumptions: Vec<Assumption>,
}

/// The latency of a path: all times are those of a whole round trip.
#[derive(Debug, Clone, PartialEq)]
pub struct PathLatency {
    /// What it is made of.
    pub elements: Vec<Element>,
    /// For each hop of the request, what probes find between it and the hop before, its own part
    /// included; `None` where nothing takes time.
    pub hops: Vec<Option<HopLatency>>,
    /// What probes find that come back; `None` where none does.
    pub probed: Option<Probed>,
    /// The mean, in microseconds.
    pub mean: f64,
    /// The percentiles of [`PERCENTILES`], in microseconds.
    pub percentiles: [f64; 4],
    /// The part of round trips that are lost.
    pub loss: f64,
}

/// The latency between a hop and the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HopLatency {
    /// What probes find.
    pub probed: Probed,
    /// Whether it rests on a figure that nobody measured.
    pub assumed: bool,
}

impl PathLatency {
    /// Whether it rests on a figure that nobody measured.
    #[must_use]
    pub fn assumed(&self) -> bool {
        self.elements.iter().any(|element| element.assumed)
    }
}

impl Latency {
    /// Whether it rests on a figure that nobody measured.
    #[must_use]
    pub fn assumed(&self) -> bool {
        self.paths.iter().flatten().any(PathLatency::assumed)
    }
}

/// A way back from what answers: for a handshake that may be a proxy on the way.
fn answered<'h>(path: &Path, reply: &'h [Hop], application: Application) -> &'h [Hop] {
    let mut hops = path.hops.iter();
    let answers = hops.find(|hop| hop.steps.iter().any(|s| matches!(s, Step::Answered)));
    let place = answers.and_then(|hop| hop.place);
    let at = reply
        .iter()
        .position(|hop| place.is_some() && hop.place == place)
        .filter(|_| application == Application::None);
    reply.get(at.unwrap_or(0)..).unwrap_or(reply)
}

/// The latency of a connection; `None` for one that does not work.
#[must_use]
pub fn latency(network: &Network, answer: &Answer) -> Option<Latency> {
    let key = key(answer);
    let sent = answer.probes.0;
    let ways: Vec<Option<Way>> = answer
        .paths
        .iter()
        .map(|path| way(network, answer.application, path))
        .collect();
    let drawn: Vec<Option<Drawn>> = ways
        .iter()
        .map(|way| way.as_ref().map(|way| way.draw(key, sent)))
        .collect();
    let taken = taken(&answer.paths, sent);
    let times = taken.iter().enumerate().filter_map(|(probe, path)| {
        let drawn = drawn.get((*path)?)?.as_ref()?;
        *drawn.times.get(probe)?
    });
    let probed = Probed::of(times)?;
    let working = answer.paths.iter().zip(&ways);
    let working: Vec<(f64, &[Element])> = working
        .filter_map(|(path, way)| {
            let way = way.as_ref()?;
            Some((path.share * path.works(), way.elements.as_slice()))
        })
        .collect();
    let whole: f64 = working.iter().map(|(part, _)| part).sum();
    let weighted = |of: fn(&[Element]) -> f64| -> f64 {
        working
            .iter()
            .map(|(part, elements)| part / whole * of(elements))
            .sum()
    };
    let (mean, loss) = (weighted(mean), weighted(loss));
    let percentiles = PERCENTILES.map(|p| mixed_quantile(&working, p));
    let mut assumptions: Vec<Assumption> = ways
        .iter()
        .flatten()
        .flat_map(|way| way.assumptions.iter().cloned())
        .collect();
    assumptions.sort();
    assumptions.dedup();
    let paths = ways.into_iter().zip(drawn);
    Some(Latency {
        paths: paths.map(|(way, drawn)| Some(way?.told(drawn?))).collect(),
        probed,
        mean,
        percentiles,
        loss,
        assumptions,
    })
}

/// The median of the round trips by some paths, in microseconds; `None` where none of them works.
#[must_use]
pub fn median(network: &Network, paths: &[Path], application: Application) -> Option<f64> {
    let ways = paths.iter().filter_map(|path| {
        let way = way(network, application, path)?;
        Some((path.share * path.works(), way.elements))
    });
    let ways: Vec<(f64, Vec<Element>)> = ways.collect();
    let working = ways
        .iter()
        .map(|(part, elements)| (*part, elements.as_slice()));
    let working: Vec<(f64, &[Element])> = working.collect();
    (!working.is_empty()).then(|| mixed_quantile(&working, 0.5))
}

/// What of a NIC, a platform resource or a VNet the time of a way depends on that leads by it. Ways by places of
/// which it is the same take as long, where what is stated of latency is the same and firewalls do the same.
pub(crate) fn of_place(network: &Network, place: Place) -> impl PartialEq + use<> {
    parts::of_place(network, place)
}

/// How many of `sent` probes fail: those that a path stops, and those that are lost on paths that work.
pub(super) fn failed(network: &Network, answer: &Answer, sent: u16) -> u16 {
    let key = key(answer);
    let ways: Vec<Option<Way>> = answer
        .paths
        .iter()
        .map(|path| way(network, answer.application, path))
        .collect();
    let lost = |probe: usize, way: &Way| way.loses(key, probe as u64);
    let failed = taken(&answer.paths, sent)
        .into_iter()
        .enumerate()
        .filter(|(probe, path)| {
            let way = path.and_then(|path| ways.get(path)?.as_ref());
            way.is_none_or(|way| lost(*probe, way))
        });
    // No more than were sent.
    u16::try_from(failed.count()).unwrap_or(sent)
}

/// Which path each probe takes: as many go by each as its share says, those that fail come last. One at
/// least goes by a path that works.
fn taken(paths: &[Path], sent: u16) -> Vec<Option<usize>> {
    let whole: f64 = paths.iter().map(|path| path.share).sum();
    let mut found = Vec::with_capacity(sent.into());
    let mut sum = 0.0;
    for (at, path) in paths.iter().enumerate() {
        let part = path.share * path.works();
        if part > 0.0 {
            sum += part;
            let up_to = libm::round(f64::from(sent) * sum / whole).max(1.0) as usize;
            found.resize(up_to.min(sent.into()), Some(at));
        }
    }
    found.resize(sent.into(), None);
    found
}

/// A path with what takes time on it.
struct Way {
    elements: Vec<Element>,
    /// The hop that each element leads to or stands at; none on another way back.
    owners: Vec<Option<usize>>,
    hops: usize,
    assumptions: Vec<Assumption>,
}

/// What probes find on a path.
struct Drawn {
    /// Of each probe; `None` for one that is lost.
    times: Vec<Option<u64>>,
    hops: Vec<Vec<u64>>,
}

/// What takes time on a path that delivers, and whose reply comes back; `None` for any other.
fn way(network: &Network, application: Application, path: &Path) -> Option<Way> {
    if path.disposition != Disposition::Delivered {
        return None;
    }
    let reply = path
        .replies
        .iter()
        .find(|reply| reply.kind != ReplyKind::Broken);
    if reply.is_none() && !path.replies.is_empty() {
        return None;
    }
    let forward = parts::leg(network, &path.hops, application);
    let back = reply
        .filter(|reply| reply.kind == ReplyKind::Asymmetric)
        .map(|reply| answered(path, &reply.hops, application))
        .map(|hops| parts::leg(network, hops, application));
    let (mut elements, mut owners, assumptions) = together(forward, back);
    if network.latency.loss_rate > 0.0 {
        elements.push(Element::new("loss", 0.0, 0.0, 0.0).losing(network.latency.loss_rate));
        owners.push(None);
    }
    Some(Way {
        elements,
        owners,
        hops: path.hops.len(),
        assumptions,
    })
}

impl Way {
    fn loses(&self, key: Key, probe: u64) -> bool {
        let mut losing = self.elements.iter().filter(|element| element.drops() > 0.0);
        losing.any(|element| sample(key, element, probe).lost)
    }

    fn draw(&self, key: Key, sent: u16) -> Drawn {
        let mut drawn = Drawn {
            times: Vec::with_capacity(sent.into()),
            hops: vec![Vec::new(); self.hops],
        };
        for probe in 0..sent {
            let mut lost = false;
            let mut at = vec![0_u64; self.hops];
            let mut total = 0_u64;
            for (element, owner) in self.elements.iter().zip(&self.owners) {
                let found = sample(key, element, u64::from(probe));
                lost |= found.lost;
                total = total.saturating_add(found.nanoseconds);
                if let Some(slot) = owner.and_then(|hop| at.get_mut(hop)) {
                    *slot = slot.saturating_add(found.nanoseconds);
                }
            }
            drawn.times.push((!lost).then_some(total));
            if !lost {
                for (all, time) in drawn.hops.iter_mut().zip(at) {
                    all.push(time);
                }
            }
        }
        drawn
    }

    fn told(self, drawn: Drawn) -> PathLatency {
        let timed = |hop: usize| self.owners.contains(&Some(hop));
        let assumed = |hop: usize| {
            let mut own = self.elements.iter().zip(&self.owners);
            own.any(|(element, owner)| *owner == Some(hop) && element.assumed)
        };
        let hops = drawn.hops.into_iter().enumerate().map(|(hop, times)| {
            let probed = Probed::of(times.into_iter()).filter(|_| timed(hop))?;
            Some(HopLatency {
                probed,
                assumed: assumed(hop),
            })
        });
        PathLatency {
            hops: hops.collect(),
            probed: Probed::of(drawn.times.into_iter().flatten()),
            mean: mean(&self.elements),
            percentiles: PERCENTILES.map(|p| quantile(&self.elements, p)),
            loss: loss(&self.elements),
            elements: self.elements,
        }
    }
}

/// The elements of the way there and, where it is another, of the way back. What stands on one of two
/// ways only takes half of its round trip.
fn together(
    forward: Leg,
    back: Option<Leg>,
) -> (Vec<Element>, Vec<Option<usize>>, Vec<Assumption>) {
    let mut rests_on = forward.assumptions;
    let Some(back) = back else {
        let (elements, owners) = forward
            .elements
            .into_iter()
            .map(|(hop, e)| (e, Some(hop)))
            .unzip();
        return (elements, owners, rests_on);
    };
    rests_on.extend(back.assumptions);
    let halved = |mut element: Element| {
        element.floor /= 2.0;
        element.excess /= 2.0;
        element
    };
    let mut elements = Vec::new();
    let mut owners = Vec::new();
    for (hop, element) in &forward.elements {
        let both = back
            .elements
            .iter()
            .any(|(_, other)| other.name == element.name);
        elements.push(if both {
            element.clone()
        } else {
            halved(element.clone())
        });
        owners.push(Some(*hop));
    }
    for (_, element) in back.elements {
        if !forward
            .elements
            .iter()
            .any(|(_, other)| other.name == element.name)
        {
            elements.push(halved(element));
            owners.push(None);
        }
    }
    (elements, owners, rests_on)
}

/// The key of all draws of a connection; a source port does not count.
fn key(answer: &Answer) -> Key {
    let protocol = answer.flow.protocol;
    let port = match protocol {
        Protocol::Tcp | Protocol::Udp => {
            format!("{}/{}", protocol.lower(), answer.flow.destination_port)
        }
        _ => protocol.lower().to_string(),
    };
    Key::new(answer.seed)
        .with(&answer.source.name)
        .with(&answer.destination.name)
        .with(&port)
}

/// What is said of a figure that is the model's own.
fn default_figure(what: &str) -> Assumption {
    Assumption {
        code: Code::DefaultLatency,
        text: format!("a default figure for {what}"),
    }
}
