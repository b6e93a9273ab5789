//! JSON as template files have it: comments, trailing commas, strings over several lines
//! (`template-syntax#comments-and-metadata`, `#multi-line-strings`).
//!
//! What JSON does not know is blanked out, so that lines and columns of a fault are the file's.

use serde_json::Value;

use super::Fault;

/// The value of a template's or parameter file's text.
///
/// # Errors
/// A text that is not JSON even when comments, trailing commas and line breaks in strings are
/// allowed.
pub fn parse(text: &str) -> Result<Value, Fault> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    serde_json::from_str(&plain(text)).map_err(|error| Fault::Syntax {
        line: error.line(),
        column: error.column(),
        message: reason(&error),
    })
}

/// The parser's message without the place that it appends.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(at) => text[..at].to_owned(),
        None => text,
    }
}

/// The same text as plain JSON.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // Where the last comma stands in `out`, as long as only blanks have followed it.
    let mut comma: Option<usize> = None;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match (c, rest.peek()) {
            ('"', _) => {
                comma = None;
                out.push('"');
                string(&mut rest, &mut out);
            }
            ('/', Some('/')) => {
                out.push(' ');
                while let Some(c) = rest.next_if(|&c| c != '\n') {
                    blank(c, &mut out);
                }
            }
            ('/', Some('*')) => {
                out.push_str("  ");
                rest.next();
                while let Some(c) = rest.next() {
                    blank(c, &mut out);
                    if c == '*' && rest.next_if_eq(&'/').is_some() {
                        out.push(' ');
                        break;
                    }
                }
            }
            (',', _) => {
                comma = Some(out.len());
                out.push(',');
            }
            (']' | '}', _) => {
                if let Some(at) = comma.take() {
                    out.replace_range(at..=at, " ");
                }
                out.push(c);
            }
            _ => {
                if !c.is_whitespace() {
                    comma = None;
                }
                out.push(c);
            }
        }
    }
    out
}

/// The rest of a string, its raw control characters escaped.
fn string(rest: &mut impl Iterator<Item = char>, out: &mut String) {
    while let Some(c) = rest.next() {
        match c {
            '"' => {
                out.push('"');
                return;
            }
            '\\' => {
                out.push('\\');
                out.extend(rest.next());
            }
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ => out.push(c),
        }
    }
}

fn blank(c: char, out: &mut String) {
    out.push(if c == '\n' { '\n' } else { ' ' });
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// `template-syntax#comments-and-metadata` and `#multi-line-strings`.
    #[test]
    fn comments_trailing_commas_and_long_strings_are_read() {
        let text = "\u{feff}{ // one\n \"a\": [1, 2, /* two\n */ ], \"b\": \"x\n  // y\", \"c\": \"\\\"/*\", }";
        let value = parse(text).unwrap();
        assert_eq!(value, json!({"a": [1, 2], "b": "x\n  // y", "c": "\"/*"}));
    }

    #[test]
    fn a_fault_stands_where_the_file_has_it() {
        let text = "{ /* a\n b */\n  \"a\" 1 }";
        let Err(Fault::Syntax { line, column, .. }) = parse(text) else {
            panic!("a fault was expected");
        };
        assert_eq!((line, column), (3, 7));
    }

    #[test]
    fn an_unclosed_comment_or_string_is_a_fault() {
        assert!(parse("{ /* ").is_err());
        assert!(parse("{ \"a").is_err());
        assert!(parse("{ \"a\\").is_err());
    }
}
