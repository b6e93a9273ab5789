//! The places of a YAML text, found by the events of its parser.

use saphyr_parser::{Event, Parser, ScalarStyle};

use super::chars::Chars;
use super::floor_char;
use super::index::{Builder, Index, Piece};

/// No path leads deeper than what can be loaded.
const DEEPEST: usize = 100;

/// Scans as far as the text can be read: what is in front of a fault can still be pointed at.
pub(super) fn scan(text: &str, chars: &Chars) -> Index {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let Ok((event, span)) = event else { break };
        let start = chars.byte_of(text, span.start.index());
        let end = chars.byte_of(text, span.end.index());
        match event {
            Event::MappingStart(..) | Event::SequenceStart(..) => {
                if builder.depth() >= DEEPEST {
                    break;
                }
                let start = skip_properties(text, start, end);
                let flow = text
                    .get(start..)
                    .is_some_and(|rest| rest.starts_with(['[', '{']));
                builder.open(matches!(event, Event::MappingStart(..)), start, !flow);
            }
            // The token of a closing bracket goes on to the end of a comment behind it.
            Event::MappingEnd | Event::SequenceEnd => {
                let bracket = text
                    .get(start..end)
                    .is_some_and(|it| it.starts_with([']', '}']));
                builder.close(if bracket { start + 1 } else { end });
            }
            Event::Alias(_) => builder.scalar(trim(text, start, end), ""),
            Event::Scalar(value, style, ..) => {
                let start = skip_properties(text, start, end);
                // An empty value has the place of whatever comes next, and the token of a quoted one goes
                // on to the end of a comment behind it.
                let piece = match style {
                    ScalarStyle::Plain if value.is_empty() => Piece::new(start, start),
                    ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
                        Piece::new(start, quoted_end(text, start).min(end))
                    }
                    _ => trim(text, start, end),
                };
                builder.scalar(piece, &value);
            }
            Event::DocumentEnd => break,
            _ => {}
        }
    }
    builder.finish(text.len())
}

/// Steps over an anchor and a tag in front of a value.
fn skip_properties(text: &str, mut start: usize, end: usize) -> usize {
    while let Some(rest) = text.get(start..end)
        && rest.starts_with(['&', '!'])
    {
        let word = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let blank = rest
            .get(word..)
            .map_or(0, |it| it.len() - it.trim_start().len());
        start += word + blank;
    }
    start
}

/// The byte behind the quote that closes the one at a byte.
fn quoted_end(text: &str, start: usize) -> usize {
    let rest = text.as_bytes().get(start..).unwrap_or_default();
    let mut bytes = (start..).zip(rest.iter().copied()).peekable();
    let quote = bytes.next().map_or(b'"', |(_, quote)| quote);
    while let Some((at, byte)) = bytes.next() {
        let escapes = byte == b'\\' && quote == b'"'
            || byte == quote
                && quote == b'\''
                && bytes.peek().is_some_and(|&(_, next)| next == quote);
        if escapes {
            bytes.next();
        } else if byte == quote {
            return at + 1;
        }
    }
    text.len()
}

/// A piece without the blanks behind it.
fn trim(text: &str, start: usize, end: usize) -> Piece {
    let start = floor_char(text, start);
    let kept = text.get(start..end).unwrap_or("").trim_end().len();
    Piece::new(start, start + kept)
}
