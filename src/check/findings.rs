//! What `lint` must say: a finding of a code, of a resource where one is named (checks-format, `findings`).

use std::collections::BTreeSet;

use super::verdict::Verdict;
use crate::diagnostic::Code;
use crate::lint::{Finding, Findings};

/// Holds where a finding with the code is reported, on the resource where one is named.
pub(super) fn judge(findings: &Findings, code: Code, resource: Option<&str>) -> Verdict {
    let mut verdict = Verdict::default();
    let of_code: Vec<&Finding> = findings
        .found
        .iter()
        .filter(|own| own.diagnostic.code == code)
        .collect();
    let all: BTreeSet<&str> = findings
        .found
        .iter()
        .map(|own| own.diagnostic.code.name())
        .collect();
    if of_code.is_empty() {
        let came: Vec<&str> = all.into_iter().collect();
        verdict.compare("code", code.name(), came, false);
    } else {
        verdict.compare("code", code.name(), code.name(), true);
    }
    if let Some(resource) = resource {
        let same = |own: &String| own.eq_ignore_ascii_case(resource.trim());
        let holds = of_code.iter().any(|own| own.resources.iter().any(same));
        let came: Vec<&str> = of_code
            .iter()
            .filter_map(|own| own.resources.first())
            .map(String::as_str)
            .collect();
        if holds {
            verdict.compare("resource", resource, resource, true);
        } else {
            verdict.compare("resource", resource, came, false);
        }
    }
    verdict.why = of_code
        .iter()
        .map(|own| own.diagnostic.message.clone())
        .collect();
    verdict
}
