//! `invalid`: a file that must not load, judged by the codes of its faults.

use std::collections::BTreeSet;

use super::outcome::{Kind, Report};
use super::verdict::Verdict;
use crate::ci::Spot;
use crate::diagnostic::{Code, Severity, suggest};
use crate::load::Loaded;
use crate::source::{Path, Sources};

/// The codes that are expected, where the topology says that it is invalid.
///
/// A faulty file contributes nothing to the topology, so that its list is found in its text.
pub(super) fn expected(loaded: &Loaded) -> Option<Vec<String>> {
    let decoded = loaded
        .topology
        .as_ref()
        .and_then(|topology| topology.invalid.clone());
    if decoded.is_some() || loaded.is_sound() {
        return decoded;
    }
    let files: Vec<_> = loaded.sources.iter().map(|(_, file)| file).collect();
    files.into_iter().rev().find_map(|file| {
        let mut alone = Sources::new();
        let id = alone.add(&*file.name, &*file.text);
        let section = Path::of(&[Kind::Invalid.section()]);
        if !alone.contains(id, &section) {
            return None;
        }
        let word = |path: &Path| {
            let span = alone.value(path)?;
            let text = alone.slice(&span).trim().trim_matches(['"', '\'']);
            Some(text.to_owned())
        };
        if !alone.contains(id, &section.index(0)) {
            let single =
                word(&section).filter(|text| Code::ALL.iter().any(|code| code.name() == text));
            return Some(single.into_iter().collect());
        }
        let items = (0..)
            .map(|at| section.index(at))
            .take_while(|path| alone.contains(id, path));
        Some(items.filter_map(|path| word(&path)).collect())
    })
}

/// Compares the codes as sets. Nothing but errors counts.
pub(super) fn judge(loaded: &Loaded, codes: &[String]) -> Report {
    let expected: BTreeSet<&str> = codes.iter().map(String::as_str).collect();
    let faults = loaded
        .diagnostics
        .iter()
        .filter(|d| d.code.severity() == Severity::Error);
    let came: BTreeSet<&str> = faults.clone().map(|fault| fault.code.name()).collect();
    let mut verdict = Verdict::default();
    verdict.short = true;
    let holds = expected == came;
    verdict.compare(Kind::Invalid.section(), list(&expected), list(&came), holds);
    let known: Vec<&str> = Code::ALL.iter().map(|code| code.name()).collect();
    for code in expected
        .difference(&came)
        .filter(|code| !known.contains(code))
    {
        let close = suggest(code, known.iter().copied())
            .map_or(String::new(), |close| format!("; did you mean `{close}`?"));
        verdict.why.push(format!("`{code}` is not a code{close}"));
    }
    for fault in faults.filter(|fault| !expected.contains(fault.code.name())) {
        verdict
            .why
            .push(format!("{}: {}", fault.code, fault.message));
    }
    let section = Kind::Invalid.section();
    let spot = Spot::of_key(&loaded.sources, &Path::of(&[section]));
    Report {
        results: vec![verdict.outcome(Kind::Invalid, section, spot)],
        ..Report::default()
    }
}

fn list(codes: &BTreeSet<&str>) -> Vec<String> {
    codes.iter().map(|code| (*code).to_owned()).collect()
}
