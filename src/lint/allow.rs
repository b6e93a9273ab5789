//! Comments that allow a finding: `# dryhop: allow CODE reason`, on the line of the thing, or on a line of
//! its own before it.

use super::Findings;
use crate::diagnostic::{At, Code, Diagnostic, suggest};
use crate::source::{FileId, Sources};

const MARK: &str = "# dryhop:";

/// A comment.
struct Allow<'s> {
    file: FileId,
    /// The bytes from `#` to the line's end.
    span: (usize, usize),
    /// The line whose findings it allows.
    line: usize,
    code: Option<Code>,
    /// What stands where the code should.
    word: &'s str,
    reasoned: bool,
    used: bool,
}

/// Takes away what comments allow; a comment that allows nothing is found itself.
pub(super) fn apply(sources: &Sources, findings: &mut Findings) {
    let mut allows: Vec<Allow<'_>> = Vec::new();
    for (file, source) in sources.iter() {
        read(file, &source.text, &mut allows);
    }
    if allows.is_empty() {
        return;
    }
    let before = findings.found.len();
    findings.found.retain(|finding| {
        let diagnostic = &finding.diagnostic;
        let first = diagnostic.labels.first();
        let Some(span) = first.and_then(|label| label.at.span(sources)) else {
            return true;
        };
        let (line, _) = sources.line_at(span.file, span.start);
        let mut kept = true;
        for allow in &mut allows {
            if allow.file == span.file
                && allow.line == line
                && allow.reasoned
                && allow.code == Some(diagnostic.code)
            {
                allow.used = true;
                kept = false;
            }
        }
        kept
    });
    findings.allowed = before - findings.found.len();
    for allow in allows.iter().filter(|allow| !allow.used) {
        findings.add_of(Vec::new(), unused(allow));
    }
}

fn unused(allow: &Allow<'_>) -> Diagnostic {
    let at = At::Bytes(allow.file, allow.span.0, allow.span.1);
    let word = allow.word;
    let (message, help) = match allow.code {
        Some(code) if allow.reasoned => (
            format!("the comment allows nothing: there is no `{code}` on the line that it is for"),
            Some("it is for its own line, or for the next one where it stands alone".to_owned()),
        ),
        Some(_) => (
            "the comment allows nothing: it gives no reason".to_owned(),
            Some(format!("write `{MARK} allow {word}` and why")),
        ),
        None => {
            let codes = Code::ALL.iter().filter(|code| code.is_finding());
            let meant = suggest(word, codes.map(|code| code.name()));
            (
                format!("the comment allows nothing: `{word}` is not the code of a finding"),
                meant.map(|meant| format!("did you mean `{meant}`?")),
            )
        }
    };
    let finding = Diagnostic::new(Code::UnusedAllow, message).label(at, "");
    match help {
        Some(help) => finding.help(help),
        None => finding,
    }
}

fn read<'s>(file: FileId, text: &'s str, allows: &mut Vec<Allow<'s>>) {
    let mut start = 0;
    // Comments on lines of their own wait for the line that they stand before.
    let mut waiting: Vec<usize> = Vec::new();
    for (number, line) in text.split('\n').enumerate() {
        let number = number + 1;
        let shown = line.trim_end();
        let alone = shown.trim_start().starts_with('#');
        if !alone && !shown.is_empty() {
            for at in waiting.drain(..) {
                if let Some(allow) = allows.get_mut(at) {
                    allow.line = number;
                }
            }
        }
        if let Some((offset, rest)) = comment(shown)
            && let Some(words) = rest.trim_start().strip_prefix("allow ")
        {
            let mut words = words.split_whitespace();
            let word = words.next().unwrap_or_default();
            let known = Code::ALL.iter().find(|code| code.name() == word);
            if alone {
                waiting.push(allows.len());
            }
            allows.push(Allow {
                file,
                span: (start + offset, start + shown.len()),
                line: number,
                code: known.copied().filter(|code| code.is_finding()),
                word,
                reasoned: words.next().is_some(),
                used: false,
            });
        }
        start += line.len() + 1;
    }
}

/// Where a comment for dryhop starts in a line, and what follows its mark. A `#` starts a comment where the
/// line does, or behind white space.
fn comment(line: &str) -> Option<(usize, &str)> {
    let (at, _) = line.match_indices(MARK).find(|(at, _)| {
        let before = line.get(..*at).unwrap_or_default();
        before.is_empty() || before.ends_with([' ', '\t'])
    })?;
    Some((at, line.get(at + MARK.len()..)?))
}
