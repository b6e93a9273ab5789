//! Texts in Markdown that are shown as they are.

use super::clean;

/// A text that is shown as it is.
pub(crate) fn plain(text: &str) -> String {
    let mut escaped = String::new();
    for character in clean(text).chars() {
        if matches!(
            character,
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '~' | '&' | '$'
        ) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// A text whose pieces in backticks are code.
pub(crate) fn prose(text: &str) -> String {
    let text = clean(text);
    let pieces: Vec<&str> = text.split('`').collect();
    if pieces.len().is_multiple_of(2) {
        return plain(&text);
    }
    let shown = pieces.iter().enumerate().map(|(number, piece)| {
        if number % 2 == 1 {
            code(piece)
        } else {
            plain(piece)
        }
    });
    shown.collect()
}

/// A text as code; the fence is longer than any run of backticks in it.
pub(crate) fn code(text: &str) -> String {
    let text = clean(text);
    let longest = text
        .split(|c| c != '`')
        .map(str::len)
        .max()
        .unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    if text.is_empty() {
        String::new()
    } else if text.starts_with('`') || text.ends_with('`') {
        format!("{fence} {text} {fence}")
    } else {
        format!("{fence}{text}{fence}")
    }
}
