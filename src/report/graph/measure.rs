//! How wide a text is, and how a long one is cut: in the middle, for the ends of names tell them apart.
//!
//! No font is asked: it differs from reader to reader. The widths are those of a wide one (Verdana,
//! DejaVu Sans), so that in any other there is room to spare; what is not Latin is measured in columns
//! (Unicode Standard Annex 11).

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// How wide a letter is, in thousandths of the font's size.
fn letter(cluster: &str) -> i32 {
    match cluster {
        "i" | "j" | "l" | "I" | "|" | "'" | "." | "," | ":" | ";" | "!" => 380,
        "f" | "r" | "t" | "(" | ")" | "[" | "]" | "{" | "}" | "/" | "\\" | "-" | " " | "J" => 460,
        "m" | "M" | "w" | "W" | "@" | "%" | "…" | "→" | "↔" => 1010,
        "+" | "=" | "<" | ">" | "~" | "#" | "&" | "−" | "↷" | "»" | "✓" | "✗" | "↩" => {
            860
        }
        _ if cluster.len() == 1 => match cluster.as_bytes().first() {
            Some(b'A'..=b'Z') => 760,
            _ => 645,
        },
        // A wide letter or an emoji is as wide as the font is high, and some more.
        _ => match UnicodeWidthStr::width(cluster) {
            0 => 0,
            1 => 800,
            _ => 1400,
        },
    }
}

/// The width of a text in pixels, rounded up.
#[must_use]
pub(super) fn width(text: &str, size: i32, bold: bool) -> i32 {
    let thousandths: i32 = text.graphemes(true).map(letter).sum();
    let thousandths = if bold {
        thousandths + thousandths / 12
    } else {
        thousandths
    };
    (thousandths.saturating_mul(size) + 999) / 1000
}

/// The text, cut in the middle where it is wider than `room` pixels.
#[must_use]
pub(super) fn cut(text: &str, room: i32, size: i32, bold: bool) -> String {
    let text = clean(text);
    if width(&text, size, bold) <= room {
        return text;
    }
    let clusters: Vec<&str> = text.graphemes(true).collect();
    let mut kept = clusters.len();
    while kept > 0 {
        kept -= 1;
        let front = kept.div_ceil(2);
        let back = clusters.len() - (kept - front);
        let start: String = clusters.iter().take(front).copied().collect();
        let end: String = clusters.iter().skip(back).copied().collect();
        let short = format!("{start}…{end}");
        if width(&short, size, bold) <= room {
            return short;
        }
    }
    "…".to_owned()
}

/// The text without what XML has no place for and what would turn the letters behind it round: each such
/// character is a `�`, a line break a space.
#[must_use]
pub(super) fn clean(text: &str) -> String {
    let one = |letter: char| match letter {
        '\n' | '\r' | '\t' => ' ',
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
        letter if letter.is_control() => '\u{fffd}',
        letter => letter,
    };
    text.chars().map(one).collect()
}

/// The text for XML, between tags or quotes.
#[must_use]
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in clean(text).chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{clean, cut, escaped, width};

    #[test]
    fn long_names_are_cut_in_the_middle() {
        let name = "vm-spoke-one-linux-production-westeurope-0001";
        let short = cut(name, 150, 13, true);
        assert!(width(&short, 13, true) <= 150, "{short}");
        assert!(
            short.starts_with("vm-spok") && short.ends_with("0001"),
            "{short}"
        );
        assert_eq!(cut("web-1", 150, 13, true), "web-1");
        assert_eq!(cut("web-1", 0, 13, true), "…");
    }

    #[test]
    fn letters_that_are_one_to_the_eye_stay_together() {
        let family = "👩‍👩‍👧‍👦";
        let name = family.repeat(20);
        let short = cut(&name, 120, 13, false);
        assert_eq!(short.replace(family, "").replace('…', ""), "");
    }

    #[test]
    fn what_is_not_text_is_neither_markup() {
        assert_eq!(
            escaped("<a href='x'>\"&"),
            "&lt;a href=&#39;x&#39;&gt;&quot;&amp;"
        );
        assert_eq!(clean("a\u{202e}b\u{7}c\nd"), "a\u{fffd}b\u{fffd}c d");
    }
}
