//! Names by a pattern: `*` is any number of characters, `?` is one; case does not count.

use std::convert::Infallible;
use std::str::FromStr;

/// A pattern for names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob(Vec<char>);

impl Glob {
    /// The pattern that `text` spells.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.to_lowercase().chars().collect())
    }

    /// Whether the whole of `name` matches.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        let name: Vec<char> = name.to_lowercase().chars().collect();
        let pattern = &self.0;
        let (mut at, mut seen) = (0, 0);
        // Where the last star stands, and how much of the name it has taken so far.
        let mut star: Option<(usize, usize)> = None;
        while seen < name.len() {
            match pattern.get(at) {
                Some('*') => {
                    star = Some((at, seen));
                    at += 1;
                }
                Some(sign) if *sign == '?' || name.get(seen) == Some(sign) => {
                    at += 1;
                    seen += 1;
                }
                _ => match star {
                    Some((back, taken)) => {
                        star = Some((back, taken + 1));
                        at = back + 1;
                        seen = taken + 1;
                    }
                    None => return false,
                },
            }
        }
        pattern.iter().skip(at).all(|sign| *sign == '*')
    }
}

impl FromStr for Glob {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self::new(text))
    }
}

#[cfg(test)]
mod tests {
    use super::Glob;

    #[test]
    fn stars_and_question_marks() {
        let held = [
            ("*", ""),
            ("*", "anything"),
            ("spoke*", "Spoke1 reaches spoke2"),
            ("*telnet*", "the firewall stops telnet"),
            ("a*b*c", "a b b c"),
            ("vm-?", "vm-1"),
            ("", ""),
            ("*ü?", "grüÜn"),
        ];
        for (glob, name) in held {
            assert!(Glob::new(glob).matches(name), "{glob} {name}");
        }
        let not = [
            ("", "a"),
            ("vm-?", "vm-"),
            ("a*b", "a b c"),
            ("telnet", "no telnet"),
            ("?", ""),
        ];
        for (glob, name) in not {
            assert!(!Glob::new(glob).matches(name), "{glob} {name}");
        }
    }
}
