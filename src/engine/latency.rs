//! What a path's round trip is made of, and how long it takes: sampled for probes, in closed form for
//! percentiles. The model is `net::latency`; docs/LATENCY.md says where its numbers come from.

mod parts;

use super::check::Application;
use crate::diagnostic::Code;
use crate::net::latency::{Element, Key, loss, mean, quantile, sample};
use crate::net::{Flow, Protocol};
use crate::network::Network;
use crate::trace::{Assumption, Disposition, Hop, Path, ReplyKind, Step};
use parts::Leg;

/// What the latency of a path depends on beside the path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// What the source is called.
    pub source: String,
    /// What the destination is called.
    pub destination: String,
    /// The flow, as it leaves the source.
    pub flow: Flow,
    /// What is asked over it: an answer to that takes more than a handshake.
    pub application: Application,
    /// What all draws come from.
    pub seed: u64,
    /// How many probes are sent.
    pub probes: u16,
}

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

/// The latency of a path: all times are those of a whole round trip.
#[derive(Debug, Clone, PartialEq)]
pub struct PathLatency {
    /// What it is made of.
    pub elements: Vec<Element>,
    /// For each hop of the request, what probes find between it and the hop before, its own part
    /// included; `None` where nothing takes time.
    pub hops: Vec<Option<Probed>>,
    /// What probes find that come back; `None` where none does.
    pub probed: Option<Probed>,
    /// How many probes were sent.
    pub sent: u16,
    /// How many of them were lost.
    pub lost: u16,
    /// The mean, in microseconds.
    pub mean: f64,
    /// The percentiles 50, 90, 95 and 99, in microseconds.
    pub percentiles: [f64; 4],
    /// The part of round trips that are lost.
    pub loss: f64,
    /// The figures that nobody measured: estimates and the model's own assumptions.
    pub assumptions: Vec<Assumption>,
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

/// The latency of a path that delivers, and whose reply comes back; `None` for any other.
#[must_use]
pub fn latency(network: &Network, connection: &Connection, path: &Path) -> Option<PathLatency> {
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
    let forward = parts::leg(network, &path.hops, connection.application);
    let back = reply
        .filter(|reply| reply.kind == ReplyKind::Asymmetric)
        .map(|reply| answered(path, &reply.hops, connection.application))
        .map(|hops| parts::leg(network, hops, connection.application));
    let (mut elements, mut owners, mut rests_on) = together(forward, back);
    if network.latency.loss_rate > 0.0 {
        elements.push(Element::new("loss", 0.0, 0.0, 0.0).losing(network.latency.loss_rate));
        owners.push(None);
    }
    rests_on.sort();
    rests_on.dedup();
    let key = key(connection);
    let mut per_hop: Vec<Vec<u64>> = vec![Vec::new(); path.hops.len()];
    let mut times = Vec::with_capacity(connection.probes.into());
    for probe in 0..connection.probes {
        let mut lost = false;
        let mut at = vec![0_u64; path.hops.len()];
        let mut total = 0_u64;
        for (element, owner) in elements.iter().zip(&owners) {
            let found = sample(key, element, u64::from(probe));
            lost |= found.lost;
            total = total.saturating_add(found.nanoseconds);
            if let Some(slot) = owner.and_then(|hop| at.get_mut(hop)) {
                *slot = slot.saturating_add(found.nanoseconds);
            }
        }
        if !lost {
            times.push(total);
            for (all, time) in per_hop.iter_mut().zip(at) {
                all.push(time);
            }
        }
    }
    let timed = |hop: usize| owners.contains(&Some(hop));
    let hops = per_hop
        .into_iter()
        .enumerate()
        .map(|(hop, times)| Probed::of(times.into_iter()).filter(|_| timed(hop)))
        .collect();
    // As many as were sent at most, which is at most 65,535.
    let lost = connection.probes - u16::try_from(times.len()).unwrap_or(connection.probes);
    Some(PathLatency {
        hops,
        probed: Probed::of(times.into_iter()),
        sent: connection.probes,
        lost,
        mean: mean(&elements),
        percentiles: [0.5, 0.9, 0.95, 0.99].map(|p| quantile(&elements, p)),
        loss: loss(&elements),
        assumptions: rests_on,
        elements,
    })
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
fn key(connection: &Connection) -> Key {
    let protocol = connection.flow.protocol;
    let port = match protocol {
        Protocol::Tcp | Protocol::Udp => {
            format!("{}/{}", protocol.lower(), connection.flow.destination_port)
        }
        _ => protocol.lower().to_string(),
    };
    Key::new(connection.seed)
        .with(&connection.source)
        .with(&connection.destination)
        .with(&port)
}

/// What is said of a figure that is the model's own.
fn default_figure(what: &str) -> Assumption {
    Assumption {
        code: Code::DefaultLatency,
        text: format!("the latency of {what} is a default, since none was published or stated"),
    }
}
