//! The pages that there are: of a topology, of the answers to a question, of checks that were judged.

use std::collections::HashMap;

use indexmap::IndexMap;

use super::data::{Answer as Shown, Data, Mark, Row};
use super::frame::{Page, Verdict};
use super::shared::{Known, Shared};
use super::things::things;
use crate::check::{Kind, Outcome, Report, Status, connections, subjects};
use crate::engine::{Answer, Engine, check, singles};
use crate::load::Loaded;
use crate::network::{Network, Place};
use crate::report::graph::{self, Connection, Mark as Placed, Scene};
use crate::report::{Style, check as told, nic_name};
use crate::source::Sources;
use crate::spec::checks::ConnectionStatus;
use crate::whatif::{Remedy, remedies};

/// The page of a topology, nothing asked.
#[must_use]
pub fn topology(network: &Network) -> Page {
    let engine = Engine::new(network);
    let scene = Scene::new(network, &[], &[]);
    let mut shared = Shared::default();
    let mut known = Known::new(&mut shared, engine.effective());
    let things = things(engine.effective(), &scene, &mut known);
    let text = contents(&scene);
    page(network, &scene, None, text, things, shared, Vec::new())
}

/// The page of some answers, each with its remedies.
#[must_use]
pub fn answers(
    engine: &Engine<'_>,
    sources: &Sources,
    answers: &[Answer],
    helped: &[Vec<Remedy>],
) -> Page {
    let network = engine.network();
    let scene = Scene::new(network, answers, &[]).focused();
    let mut shared = Shared::default();
    let mut known = Known::new(&mut shared, engine.effective());
    let none: &[Remedy] = &[];
    let rows = answers.iter().enumerate().map(|(at, answer)| {
        let helped = helped.get(at).map_or(none, Vec::as_slice);
        let mut shown = told::page(network, sources, answer, helped, &mut known);
        if let Some(connection) = scene.connections.get(at) {
            place(&mut shown, connection);
        }
        shown.drawn = Some(at + 1);
        let row = Row::new(shown.mark, shown.word, &shown.asked);
        Row {
            answers: vec![shown],
            ..row
        }
    });
    let rows: Vec<Row> = rows.collect();
    let things = things(engine.effective(), &scene, &mut known);
    let verdict = match rows.as_slice() {
        [only] => Verdict {
            mark: only.mark,
            word: only.word.clone(),
            of: only.name.clone(),
        },
        all => {
            let yes = all.iter().filter(|row| row.mark == Mark::Yes).count();
            Verdict {
                mark: Mark::of(yes == all.len()),
                word: format!("{yes} of {}", all.len()),
                of: "connections are Reachable".to_owned(),
            }
        }
    };
    let text = told::text(network, sources, answers, helped, Style::plain());
    page(network, &scene, Some(verdict), text, things, shared, rows)
}

/// The page of checks that were judged. Connections are asked about again, for their paths.
#[must_use]
pub fn results(loaded: &Loaded, report: &Report, text: String) -> Page {
    let network = &loaded.network;
    let mut asked = connections(loaded).unwrap_or_default();
    asked.retain(|own| {
        let mut outcomes = report.results.iter();
        outcomes.any(|outcome| outcome.kind == Kind::Check && outcome.name == own.name)
    });
    let mut groups: IndexMap<Vec<String>, Vec<usize>> = IndexMap::new();
    for (at, own) in asked.iter().enumerate() {
        groups.entry(own.down.clone()).or_default().push(at);
    }
    let mut shared = Shared::default();
    let mut all: Vec<Answer> = Vec::new();
    // For each check the positions of its answers among all, and what is shown of them.
    let mut shown: IndexMap<&str, Vec<(usize, Shown)>> = IndexMap::new();
    for (down, members) in &groups {
        let changed;
        let network = match network.with_down(down) {
            Ok(_) if down.is_empty() => network,
            Ok(network) => {
                changed = network;
                &changed
            }
            // The judge has looked all of these names up.
            Err(_) => continue,
        };
        let engine = Engine::new(network);
        let mut known = Known::new(&mut shared, engine.effective());
        for own in members.iter().filter_map(|at| asked.get(*at)) {
            let failed = report.results.iter().any(|outcome| {
                outcome.name == own.name
                    && outcome.kind == Kind::Check
                    && outcome.status != Status::Pass
            });
            let answers = check(&engine, &own.question).unwrap_or_default();
            let singles = singles(network, &own.question);
            for (answer, single) in answers.into_iter().zip(&singles) {
                let helped = match answer.status {
                    ConnectionStatus::Unreachable if failed => remedies(&engine, single, &answer),
                    _ => Vec::new(),
                };
                let page = told::page(network, &loaded.sources, &answer, &helped, &mut known);
                shown.entry(&own.name).or_default().push((all.len(), page));
                all.push(answer);
            }
        }
    }
    let mut scene = Scene::new(network, &all, &[]).focused();
    let mut about: HashMap<(Kind, &str), Vec<String>> = HashMap::new();
    let subjects = subjects(loaded);
    for own in &subjects {
        let ids = own.nics.iter().filter_map(|nic| {
            let machine = network.place_name(Place::Nic(*nic));
            let found = scene.find(&nic_name(network, *nic));
            found.or_else(|| scene.find(&machine)).map(str::to_owned)
        });
        about.insert((own.kind, &own.name), ids.collect());
    }
    // The script lays the ways of one check at a time over the drawing.
    let ways = std::mem::take(&mut scene.connections);
    let rows = report.results.iter().map(|outcome| {
        let own = match outcome.kind {
            Kind::Check => shown.shift_remove(outcome.name.as_str()),
            _ => None,
        };
        let answers = own.into_iter().flatten().map(|(at, mut page)| {
            if let Some(connection) = ways.get(at) {
                place(&mut page, connection);
            }
            page
        });
        let things = about.remove(&(outcome.kind, outcome.name.as_str()));
        Row {
            things: things.unwrap_or_default(),
            ..row(outcome, answers.collect())
        }
    });
    let rows: Vec<Row> = rows.collect();
    let engine = Engine::new(network);
    let mut known = Known::new(&mut shared, engine.effective());
    let things = things(engine.effective(), &scene, &mut known);
    let [passed, failed, open] =
        [Status::Pass, Status::Fail, Status::NotModelled].map(|status| report.count(status));
    let verdict = Verdict {
        mark: match (failed, open) {
            (0, 0) => Mark::Yes,
            (0, _) => Mark::Some,
            _ => Mark::No,
        },
        word: match failed {
            0 => format!("{passed} passed"),
            failed => format!("{failed} failed"),
        },
        of: match open {
            0 => format!("of {} checks", report.results.len()),
            open => format!("of {} checks, {open} not modelled", report.results.len()),
        },
    };
    page(network, &scene, Some(verdict), text, things, shared, rows)
}

/// The page of a comparison or of a failure: its marks on the drawing, `rows` beside it, each with the
/// positions of the marks that say it.
#[must_use]
pub fn marked(
    network: &Network,
    marks: &[Placed],
    verdict: Verdict,
    text: String,
    mut rows: Vec<Row>,
) -> Page {
    let engine = Engine::new(network);
    let scene = Scene::new(network, &[], marks).focused();
    for row in &mut rows {
        let numbers = row.marks.iter().filter_map(|at| scene.numbers.get(*at));
        row.marks = numbers.copied().collect();
        let own = scene
            .marks
            .iter()
            .filter(|mark| row.marks.contains(&mark.number));
        let ends = own.flat_map(|mark| std::iter::once(&mark.from).chain(&mark.to));
        row.things.extend(ends.cloned());
    }
    let mut shared = Shared::default();
    let mut known = Known::new(&mut shared, engine.effective());
    let things = things(engine.effective(), &scene, &mut known);
    page(network, &scene, Some(verdict), text, things, shared, rows)
}

fn page(
    network: &Network,
    scene: &Scene,
    verdict: Option<Verdict>,
    text: String,
    things: IndexMap<String, super::data::Thing>,
    shared: Shared,
    rows: Vec<Row>,
) -> Page {
    let (lists, tables) = shared.into_parts();
    let drawing = graph::layout(scene);
    Page {
        title: network.name.clone().unwrap_or_else(|| "Network".to_owned()),
        verdict,
        drawing: graph::svg(scene, &drawing),
        text,
        data: Data {
            things,
            lists,
            tables,
            rows,
        },
    }
}

/// Where the hops of an answer are drawn.
fn place(shown: &mut Shown, connection: &Connection) {
    let ways = connection.ways.iter().filter(|way| !way.back);
    for (path, way) in shown.paths.iter_mut().zip(ways) {
        for step in &way.steps {
            let at = step.step.saturating_sub(1);
            if let Some(hop) = path.hops.get_mut(at) {
                hop.thing = Some(step.node.clone());
                hop.via.clone_from(&step.via);
                hop.edges.clone_from(&step.edges);
            }
        }
    }
}

fn row(outcome: &Outcome, answers: Vec<Shown>) -> Row {
    let differences = outcome.differences.iter();
    let differences =
        differences.map(|own| [&own.what, &own.expected, &own.came].map(|text| text.to_owned()));
    let mark = match outcome.status {
        Status::Pass => Mark::Yes,
        Status::Fail => Mark::No,
        Status::NotModelled => Mark::Some,
    };
    Row {
        section: Some(outcome.kind.section()),
        place: (!outcome.spot.file.is_empty()).then(|| outcome.spot.to_string()),
        differences: differences.collect(),
        why: outcome.why.clone(),
        answers,
        ..Row::new(mark, outcome.status.word(), &outcome.name)
    }
}

/// What there is, as text: boxes in boxes, what stands in them.
fn contents(scene: &Scene) -> String {
    let mut out = String::new();
    level(scene, None, 0, &mut out);
    out
}

fn level(scene: &Scene, parent: Option<&str>, depth: usize, out: &mut String) {
    let children = scene.nodes.iter();
    for node in children.filter(|own| own.parent.as_deref() == parent) {
        line(depth, [&node.name, node.kind.text(), &node.detail], out);
    }
    for frame in scene
        .boxes
        .iter()
        .filter(|own| own.parent.as_deref() == parent)
    {
        line(depth, [&frame.name, frame.kind.text(), &frame.detail], out);
        level(scene, Some(&frame.id), depth + 1, out);
    }
}

fn line(depth: usize, parts: [&str; 3], out: &mut String) {
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    out.push_str(&format!("{}{}\n", "  ".repeat(depth), parts.join("  ")));
}
