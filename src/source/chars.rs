//! Characters to bytes and back: the YAML parser counts characters, spans count bytes.

/// How many characters lie between two entries of the table.
const STEP: usize = 64;

/// A table of where characters stand in a text; empty where every character is one byte.
#[derive(Debug)]
pub(super) struct Chars {
    /// The byte of every [`STEP`]th character.
    table: Vec<usize>,
}

impl Chars {
    pub(super) fn new(text: &str) -> Self {
        if text.is_ascii() {
            return Self { table: Vec::new() };
        }
        Self {
            table: text
                .char_indices()
                .step_by(STEP)
                .map(|(byte, _)| byte)
                .collect(),
        }
    }

    /// The byte at which a character starts; the text's length behind its last character.
    pub(super) fn byte_of(&self, text: &str, index: usize) -> usize {
        if self.table.is_empty() {
            return index.min(text.len());
        }
        let Some(&near) = self.table.get(index / STEP) else {
            return text.len();
        };
        let rest = text.get(near..).unwrap_or("");
        rest.char_indices()
            .nth(index % STEP)
            .map_or(text.len(), |(byte, _)| near + byte)
    }

    /// The number of characters before a byte, which must be at a boundary.
    pub(super) fn char_of(&self, text: &str, byte: usize) -> usize {
        if self.table.is_empty() {
            return byte.min(text.len());
        }
        let entry = self
            .table
            .partition_point(|&start| start <= byte)
            .saturating_sub(1);
        let near = self.table.get(entry).copied().unwrap_or(0);
        entry * STEP + text.get(near..byte).unwrap_or("").chars().count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for text in ["", "plain", &"äx€😀".repeat(100)] {
            let chars = Chars::new(text);
            for (index, (byte, _)) in text.char_indices().enumerate() {
                assert_eq!(chars.byte_of(text, index), byte);
                assert_eq!(chars.char_of(text, byte), index);
            }
            assert_eq!(chars.byte_of(text, text.chars().count() + 5), text.len());
            assert_eq!(chars.char_of(text, text.len()), text.chars().count());
        }
    }
}
