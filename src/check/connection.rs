//! One connection, judged as Connection troubleshoot would.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde_json::{Map, Value};

use super::hops::{self, Wanted};
use super::issues;
use super::routes;
use super::text;
use super::verdict::Verdict;
use crate::diagnostic::Code;
use crate::engine::latency::{Latency, Probed, latency};
use crate::engine::{Answer, Engine, Question, QuestionFault, check};
use crate::network::Network;
use crate::spec::checks::{
    Check, ConnectionStatus, ExpectedDetails, ExpectedFlow, ExpectedLatency, ExpectedProbes,
    HopLists, PortStatus, ReturnPathWord,
};
use crate::trace::{Disposition, Hop, ReplyKind};

/// So many paths, issues or assumptions are shown.
const SHOWN: usize = 8;

/// Asks, and judges every answer: all of them must hold.
pub(super) fn judge(
    engine: &Engine<'_>,
    question: &Question,
    asked: &Check,
) -> Result<Verdict, QuestionFault> {
    let network = engine.network();
    let answers = check(engine, question)?;
    let mut verdicts: Vec<Verdict> = answers
        .iter()
        .map(|answer| one(network, answer, asked))
        .collect();
    let count = verdicts.len();
    // One that surely fails decides; else one that is not known.
    let fails = |verdict: &Verdict| !verdict.holds() && verdict.unmodelled.is_empty();
    let open = |verdict: &Verdict| !verdict.unmodelled.is_empty();
    let chosen = verdicts.iter().position(fails);
    let chosen = chosen
        .or_else(|| verdicts.iter().position(open))
        .unwrap_or_default();
    let failing = verdicts.iter().filter(|verdict| !verdict.holds()).count();
    if chosen >= count {
        let mut verdict = Verdict::default();
        verdict.compare(
            "connections",
            "at least one",
            "none, since a set is empty",
            false,
        );
        return Ok(verdict);
    }
    let mut verdict = verdicts.swap_remove(chosen);
    if let Some(answer) = answers.get(chosen).filter(|_| count > 1) {
        let (from, to) = (&answer.source.name, &answer.destination.name);
        let which = format!("this is from {from} to {to}; {failing} of {count} connections differ");
        verdict.why.insert(0, which);
    }
    verdict.decided = chosen;
    verdict.answers = answers;
    Ok(verdict)
}

/// One answer, judged.
pub(super) fn one(network: &Network, answer: &Answer, asked: &Check) -> Verdict {
    let mut verdict = Verdict::default();
    let expected = &asked.expect;
    verdict.short = expected.details.is_none();
    let status = Some(answer.status);
    verdict.word(
        "connectionStatus",
        expected.connection_status,
        status,
        ConnectionStatus::word,
    );
    if let Some(details) = &expected.details {
        paths(&mut verdict, network, answer, details);
        rest(&mut verdict, network, answer, details);
    }
    let unmodelled = answer
        .assumptions
        .iter()
        .filter(|a| a.code == Code::NotModelled);
    verdict
        .unmodelled
        .extend(unmodelled.map(|assumption| assumption.text.clone()));
    if !verdict.holds() || !verdict.unmodelled.is_empty() {
        verdict.why = why(answer);
    }
    if !verdict.unmodelled.is_empty() {
        let differences: Vec<String> = verdict.differences.iter().map(|d| d.sentence()).collect();
        verdict.unmodelled.extend(differences);
    }
    verdict
}

/// What is expected of the ways.
fn paths(verdict: &mut Verdict, network: &Network, answer: &Answer, details: &ExpectedDetails) {
    if let Some(paths) = details.paths {
        verdict.compare(
            "paths",
            paths,
            answer.paths.len(),
            paths == answer.paths.len() as u64,
        );
    }
    let lists = || -> Value {
        answer
            .paths
            .iter()
            .map(hops::names)
            .collect::<Vec<_>>()
            .into()
    };
    match &details.hops {
        Some(HopLists::Every(names)) => {
            let list = wanted(network, names);
            let holds = answer
                .paths
                .iter()
                .all(|path| hops::exactly(network, path, &list));
            let came = match answer.paths.as_slice() {
                [path] => hops::names(path).into(),
                _ => lists(),
            };
            verdict.compare("hops", names.clone(), came, holds);
        }
        Some(HopLists::Each(each)) => {
            let all: Vec<_> = each.iter().map(|names| wanted(network, names)).collect();
            let fits = |list: &Vec<Wanted>, path: &_| hops::exactly(network, path, list);
            let holds = text::same_set(&all, &answer.paths, fits);
            verdict.compare("hops", each.clone(), lists(), holds);
        }
        None => {}
    }
    if let Some(names) = &details.via {
        let list = wanted(network, names);
        let holds = answer
            .paths
            .iter()
            .all(|path| hops::via(network, path, &list));
        verdict.compare("via", names.clone(), lists(), holds);
    }
    if let Some(names) = &details.avoids {
        let hops = || answer.paths.iter().flat_map(|path| &path.hops);
        let met: Vec<&str> = names
            .iter()
            .filter(|name| {
                let wanted = Wanted::new(network, name);
                wanted.is_ok_and(|wanted| hops().any(|hop| wanted.is_touched(network, hop)))
            })
            .map(String::as_str)
            .collect();
        let holds = met.is_empty();
        verdict.compare("avoids", names.clone(), lists(), holds);
    }
}

fn wanted(network: &Network, names: &[String]) -> Vec<Wanted> {
    names
        .iter()
        .filter_map(|name| Wanted::new(network, name).ok())
        .collect()
}

fn rest(verdict: &mut Verdict, network: &Network, answer: &Answer, details: &ExpectedDetails) {
    if let Some(expected) = &details.next_hop {
        let (written, came, holds) =
            routes::compare_next_hop(network, expected, answer.next_hop.as_ref());
        verdict.compare("nextHop", written, came, holds);
    }
    if let Some(expected) = &details.issues {
        let all = issues::all(answer);
        let holds = if expected.is_empty() {
            all.is_empty()
        } else {
            let occurs = |wanted| {
                all.iter()
                    .any(|(hop, issue)| issues::fits(network, wanted, hop, issue))
            };
            expected.iter().all(occurs)
        };
        let written: Vec<Value> = expected.iter().map(issues::written).collect();
        let came: Vec<Value> = all
            .iter()
            .map(|(hop, issue)| issues::found(hop, issue))
            .collect();
        verdict.compare("issues", written, came, holds);
    }
    let ports = answer.ports;
    verdict.word(
        "sourcePortStatus",
        details.source_port_status,
        Some(ports.source),
        PortStatus::word,
    );
    let destination = Some(ports.destination);
    verdict.word(
        "destinationPortStatus",
        details.destination_port_status,
        destination,
        PortStatus::word,
    );
    let back = answer.return_path.map(|kind| match kind {
        ReplyKind::Symmetric => ReturnPathWord::Symmetric,
        ReplyKind::Asymmetric => ReturnPathWord::Asymmetric,
        ReplyKind::Broken => ReturnPathWord::Broken,
    });
    verdict.word(
        "returnPath",
        details.return_path,
        back,
        ReturnPathWord::word,
    );
    if let Some(expected) = &details.probes {
        probes(verdict, answer, expected);
    }
    if let Some(expected) = &details.seen {
        seen(verdict, answer, expected);
    }
    // It takes longer than all the rest.
    let timed = details.latency.is_some() || details.assumptions.is_some();
    let latency = timed.then(|| latency(network, answer)).flatten();
    if let Some(expected) = &details.latency {
        times(verdict, latency.as_ref(), expected);
    }
    if let Some(expected) = &details.assumptions {
        assumptions(
            verdict,
            answer,
            latency.as_ref(),
            expected,
            details.latency.is_some(),
        );
    }
    if let Some(expected) = &details.answered_by {
        let came = answering(answer);
        let wanted = Wanted::new(network, expected);
        let holds = came.is_some_and(|hop| wanted.is_ok_and(|wanted| wanted.is(network, hop)));
        let came = came.map_or("nobody", |hop| &*hop.name);
        verdict.compare("answeredBy", expected.as_str(), came, holds);
    }
}

/// What the answer rests on. What its latency rests on counts where latency is asked for, too.
fn assumptions(
    verdict: &mut Verdict,
    answer: &Answer,
    latency: Option<&Latency>,
    expected: &[String],
    timed: bool,
) {
    let wanted: BTreeSet<&str> = expected.iter().map(String::as_str).collect();
    let of_latency = [Code::EstimatedLatency, Code::DefaultLatency];
    let timed = timed || of_latency.iter().any(|code| wanted.contains(code.name()));
    let times = latency
        .iter()
        .filter(|_| timed)
        .flat_map(|latency| &latency.assumptions);
    let all = answer.assumptions.iter().chain(times);
    let codes: BTreeSet<&str> = all.map(|assumption| assumption.code.name()).collect();
    let holds = codes == wanted;
    let came: Vec<&str> = codes.into_iter().collect();
    verdict.compare("assumptions", expected.to_vec(), came, holds);
}

/// Bounds of times; a connection that does not work has none, and meets no bound.
fn times(verdict: &mut Verdict, latency: Option<&Latency>, expected: &ExpectedLatency) {
    let (mut written, mut came, mut holds) = (Map::new(), Map::new(), true);
    for (key, bounds, of) in [
        ("min", &expected.min, Time::Probed(|probed| probed.min)),
        ("avg", &expected.avg, Time::Probed(|probed| probed.avg)),
        ("max", &expected.max, Time::Probed(|probed| probed.max)),
        ("p50", &expected.p50, Time::Percentile(0)),
        ("p90", &expected.p90, Time::Percentile(1)),
        ("p95", &expected.p95, Time::Percentile(2)),
        ("p99", &expected.p99, Time::Percentile(3)),
    ] {
        let Some(bounds) = bounds else {
            continue;
        };
        let ms = latency.map(|latency| of.milliseconds(latency));
        let within = ms.is_some_and(|ms| {
            bounds.at_most.is_none_or(|most| ms <= most)
                && bounds.at_least.is_none_or(|least| ms >= least)
        });
        holds &= within;
        let sides = [("atMost", bounds.at_most), ("atLeast", bounds.at_least)];
        let sides = sides
            .into_iter()
            .filter_map(|(side, ms)| Some((side.to_owned(), number(ms?))));
        written.insert(key.to_owned(), Value::Object(sides.collect()));
        // Four digits behind the point are tenths of a microsecond.
        let shown = ms.map_or(Value::Null, |ms| number((ms * 1e4).round() / 1e4));
        came.insert(key.to_owned(), shown);
    }
    verdict.compare("latencyMs", written, came, holds);
}

/// A number without a point where it needs none.
fn number(number: f64) -> Value {
    if number.fract() == 0.0 && number < 1e9 {
        (number as u64).into()
    } else {
        number.into()
    }
}

/// Which time.
enum Time {
    Probed(fn(&Probed) -> u64),
    Percentile(usize),
}

impl Time {
    fn milliseconds(&self, latency: &Latency) -> f64 {
        match self {
            Self::Probed(of) => of(&latency.probed) as f64 / 1e6,
            Self::Percentile(at) => latency.percentiles.get(*at).copied().unwrap_or_default() / 1e3,
        }
    }
}

/// What completes the handshake: something on the way, else the destination of the first path that
/// delivers.
fn answering(answer: &Answer) -> Option<&Hop> {
    if let Some(name) = &answer.answered_by {
        let mut hops = answer.paths.iter().flat_map(|path| &path.hops);
        return hops.find(|hop| hop.name == *name);
    }
    let delivered = answer
        .paths
        .iter()
        .find(|path| path.disposition == Disposition::Delivered)?;
    delivered.hops.last()
}

fn probes(verdict: &mut Verdict, answer: &Answer, expected: &ExpectedProbes) {
    let (sent, failed) = answer.probes;
    let (mut written, mut came, mut holds) = (Map::new(), Map::new(), true);
    for (key, expected, actual) in [
        ("sent", expected.sent, sent),
        ("failed", expected.failed, failed),
    ] {
        if let Some(expected) = expected {
            written.insert(key.to_owned(), expected.into());
            came.insert(key.to_owned(), actual.into());
            holds &= expected == actual;
        }
    }
    verdict.compare("probes", written, came, holds);
}

/// The flow as it reaches the destination, on every path that does; else on every path.
fn seen(verdict: &mut Verdict, answer: &Answer, expected: &ExpectedFlow) {
    let Some(flow) = answer.seen() else {
        return;
    };
    let (mut written, mut came, mut holds) = (Map::new(), Map::new(), true);
    for (key, expected, actual) in [
        ("source", &expected.source, flow.source),
        ("destination", &expected.destination, flow.destination),
    ] {
        if let Some(expected) = expected {
            written.insert(key.to_owned(), expected.as_str().into());
            came.insert(key.to_owned(), actual.to_string().into());
            holds &= expected
                .trim()
                .parse::<IpAddr>()
                .is_ok_and(|expected| expected == actual);
        }
    }
    if let Some(port) = expected.port {
        written.insert("port".to_owned(), port.into());
        came.insert("port".to_owned(), flow.destination_port.into());
        holds &= port == flow.destination_port;
    }
    verdict.compare("seen", written, came, holds);
}

/// The ways that were taken, what is wrong on them, what was taken for granted.
fn why(answer: &Answer) -> Vec<String> {
    let mut why = Vec::new();
    let paths = answer.paths.iter().map(hops::ending);
    few(&mut why, paths, "paths");
    let found = issues::all(answer);
    few(
        &mut why,
        found.iter().map(|(hop, issue)| issues::line(hop, issue)),
        "issues",
    );
    let assumed = answer
        .assumptions
        .iter()
        .map(|a| format!("assumed: {}", a.text));
    few(&mut why, assumed, "assumptions");
    why
}

fn few(to: &mut Vec<String>, all: impl Iterator<Item = String>, what: &str) {
    let mut all = all;
    to.extend(all.by_ref().take(SHOWN));
    let more = all.count();
    if more > 0 {
        to.push(format!("and {more} more {what}"));
    }
}
