//! The places of a JSON text, with comments and trailing commas as ARM templates have them. The text was read by a JSON parser before, so this only has to find its
//! way; whatever it does not understand is left to the scan for YAML.

use super::index::{Builder, Index, Piece};

/// No path leads deeper than what can be loaded.
const DEEPEST: usize = 100;

/// Scans a text; `None` where it is not JSON.
pub(super) fn scan(text: &str) -> Option<Index> {
    let bytes = text.as_bytes();
    let mut builder = Builder::default();
    // Whether each open one is a map.
    let mut open: Vec<bool> = Vec::new();
    let mut at = skip_blank(bytes, 0);
    if !matches!(bytes.get(at), Some(b'{' | b'[')) {
        return None;
    }
    loop {
        // Here a value or a key is due, or the end of an empty map or list.
        match bytes.get(at)? {
            start @ (b'{' | b'[') => {
                let map = *start == b'{';
                if builder.at_key() || builder.depth() >= DEEPEST {
                    return None;
                }
                builder.open(map, at, false);
                open.push(map);
                at = skip_blank(bytes, at + 1);
                if !matches!(bytes.get(at)?, b'}' | b']') {
                    continue;
                }
            }
            b'"' => {
                let end = string_end(bytes, at)?;
                let raw = text.get(at + 1..end - 1)?;
                let key = builder.at_key();
                if key && raw.contains('\\') {
                    let name: String = serde_json::from_str(text.get(at..end)?).ok()?;
                    builder.scalar(Piece::new(at, end), &name);
                } else {
                    builder.scalar(Piece::new(at, end), raw);
                }
                at = skip_blank(bytes, end);
                if key {
                    if bytes.get(at)? != &b':' {
                        return None;
                    }
                    at = skip_blank(bytes, at + 1);
                    continue;
                }
            }
            _ => {
                let word = bytes
                    .get(at..)?
                    .iter()
                    .take_while(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte));
                let end = at + word.count();
                let word = text.get(at..end)?;
                let known = matches!(word, "true" | "false" | "null");
                if builder.at_key()
                    || !(known || word.starts_with(|c: char| c == '-' || c.is_ascii_digit()))
                {
                    return None;
                }
                builder.scalar(Piece::new(at, end), word);
                at = skip_blank(bytes, end);
            }
        }
        // Behind a value: the ends of maps and lists, then a comma or the end of the text. A comma may trail.
        loop {
            while let Some(&map) = open.last()
                && matches!(
                    (bytes.get(at), map),
                    (Some(b'}'), true) | (Some(b']'), false)
                )
            {
                builder.close(at + 1);
                open.pop();
                at = skip_blank(bytes, at + 1);
            }
            match (open.is_empty(), bytes.get(at)) {
                (true, None) => return Some(builder.finish(text.len())),
                (false, Some(b',')) => at = skip_blank(bytes, at + 1),
                _ => return None,
            }
            if !matches!(bytes.get(at)?, b'}' | b']') {
                break;
            }
        }
    }
}

/// The next byte that is neither blank nor in a comment, which templates have.
fn skip_blank(bytes: &[u8], mut at: usize) -> usize {
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let skipped = match rest {
            [b' ' | b'\t' | b'\n' | b'\r', ..] => 1,
            [b'/', b'/', ..] => rest.iter().take_while(|byte| **byte != b'\n').count(),
            [b'/', b'*', inner @ ..] => match inner.windows(2).position(|pair| pair == b"*/") {
                Some(end) => end + 4,
                None => rest.len(),
            },
            _ => return at,
        };
        at += skipped;
    }
}

/// The byte behind the closing quote of the string that opens at a byte.
fn string_end(bytes: &[u8], open: usize) -> Option<usize> {
    let mut at = open + 1;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}
