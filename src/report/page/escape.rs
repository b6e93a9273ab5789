//! Texts in markup: names of resources may hold anything.

use std::borrow::Cow;

/// A text in HTML, inside of an element or of an attribute in double quotes.
#[must_use]
pub fn escaped(text: &str) -> Cow<'_, str> {
    let special = |c: char| matches!(c, '&' | '<' | '>' | '"' | '\'') || is_lost(c);
    if !text.contains(special) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            lost if is_lost(lost) => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    Cow::Owned(out)
}

/// Whether HTML has no way to write it.
const fn is_lost(character: char) -> bool {
    matches!(character, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}')
}

/// JSON inside of a `<script>`: the same document, in which nothing ends the element or opens a comment, and
/// no separator that old scripts take for a line's end.
pub(super) fn in_script(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '<' => out.push_str("\\u003c"),
            '>' => out.push_str("\\u003e"),
            '&' => out.push_str("\\u0026"),
            '\u{2028}' => out.push_str("\\u2028"),
            '\u{2029}' => out.push_str("\\u2029"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end so")]

    use super::{escaped, in_script};

    #[test]
    fn markup_is_text() {
        assert_eq!(
            escaped("<b a=\"1\" c='2'>&\0"),
            "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;\u{fffd}"
        );
        assert_eq!(escaped("web-1 😀 שלום"), "web-1 😀 שלום");
    }

    #[test]
    fn nothing_ends_a_script() {
        let names = [
            "</script><script>alert(1)</script>",
            "<!--",
            "]]>",
            "\u{2028}\"\\",
        ];
        let json = serde_json::to_string(&names).unwrap();
        let inside = in_script(&json);
        assert!(!inside.contains(['<', '>', '&', '\u{2028}']), "{inside}");
        let read: Vec<String> = serde_json::from_str(&inside).unwrap();
        assert_eq!(read, names);
    }
}
