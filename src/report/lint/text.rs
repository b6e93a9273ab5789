//! Findings for people, as diagnostics are shown.

use std::io::{self, Write};

use super::Report;
use crate::ci::Look;
use crate::diagnostic::{Diagnostic, render};
use crate::report::Style;

pub(super) fn write(look: Look, report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let (shown, more) = report.shown();
    let shown: Vec<Diagnostic> = shown.iter().map(|own| own.diagnostic.clone()).collect();
    let text = render(&shown, report.sources, look.color);
    out.write_all(text.as_bytes())?;
    if !shown.is_empty() {
        writeln!(out)?;
    }
    for (code, count) in more {
        writeln!(out, "and {count} more of {code} (--all)")?;
    }
    let style = Style {
        color: look.color,
        unicode: look.unicode,
    };
    let nothing = || format!("{} nothing found", style.ok());
    let summary = report.summary().unwrap_or_else(nothing);
    writeln!(out, "{summary}{}", report.allowed())
}
