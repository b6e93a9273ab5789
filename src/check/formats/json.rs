//! JSON: `{ checks: […], summary: {…} }`, with `coverage` and `mutation` where they are asked for.

use std::io::{self, Write};

use serde_json::json;

use crate::check::{Report, Status};
use crate::ci::Look;

pub(super) fn write(_: Look, report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let checks = report.results.iter().map(|outcome| {
        json!({
            "name": outcome.name,
            "kind": outcome.kind.section(),
            "file": outcome.spot.file,
            "line": outcome.spot.line,
            "status": outcome.status.word(),
            "expected": outcome.expected,
            "actual": outcome.actual,
            "reason": outcome.reason(),
        })
    });
    let mut document = json!({
        "checks": checks.collect::<Vec<_>>(),
        "summary": {
            "passed": report.count(Status::Pass),
            "failed": report.count(Status::Fail),
            "notModelled": report.count(Status::NotModelled),
        },
    });
    for (name, value) in super::quality::members(report) {
        document[name] = value;
    }
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}
