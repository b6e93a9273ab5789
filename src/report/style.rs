//! How a text looks: with colour or without, in Unicode or in ASCII. Colour never says anything alone.

use std::fmt::Display;

use anstyle::{AnsiColor, Style as Paint};

/// How a text looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Style {
    /// Whether there is colour.
    pub color: bool,
    /// Whether marks and arrows may be other than ASCII.
    pub unicode: bool,
}

const GREEN: Paint = AnsiColor::Green.on_default().bold();
const RED: Paint = AnsiColor::Red.on_default().bold();
const YELLOW: Paint = AnsiColor::Yellow.on_default().bold();
const BOLD: Paint = Paint::new().bold();
const DIM: Paint = Paint::new().dimmed();

impl Style {
    /// Without colour, in Unicode.
    #[must_use]
    pub const fn plain() -> Self {
        Self {
            color: false,
            unicode: true,
        }
    }

    fn paint(self, paint: Paint, text: impl Display) -> String {
        if self.color {
            format!("{paint}{text}{paint:#}")
        } else {
            text.to_string()
        }
    }

    /// The mark of what is right: `✓`.
    #[must_use]
    pub fn ok(self) -> String {
        self.paint(GREEN, if self.unicode { "✓" } else { "ok" })
    }

    /// The mark of what is wrong: `✗`.
    #[must_use]
    pub fn fail(self) -> String {
        self.paint(RED, if self.unicode { "✗" } else { "FAIL" })
    }

    /// The mark of what is to be noted: `!`.
    #[must_use]
    pub fn warn(self) -> String {
        self.paint(YELLOW, if self.unicode { "!" } else { "warn" })
    }

    /// `✓` or `✗`.
    #[must_use]
    pub fn mark(self, right: bool) -> String {
        if right { self.ok() } else { self.fail() }
    }

    /// `→`.
    #[must_use]
    pub const fn arrow(self) -> &'static str {
        if self.unicode { "→" } else { "->" }
    }

    /// What matters most.
    #[must_use]
    pub fn strong(self, text: impl Display) -> String {
        self.paint(BOLD, text)
    }

    /// A verdict.
    #[must_use]
    pub fn verdict(self, right: bool, text: impl Display) -> String {
        self.paint(if right { GREEN } else { RED }, text)
    }

    /// What stands in the background.
    #[must_use]
    pub fn dim(self, text: impl Display) -> String {
        self.paint(DIM, text)
    }
}
