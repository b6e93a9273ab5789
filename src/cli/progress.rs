//! How far a long piece of work has come, on a terminal's standard error, once it has taken a second.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// What is shown; nothing on anything but a terminal.
pub struct Progress {
    bar: ProgressBar,
    start: Instant,
}

impl Progress {
    /// Work that starts now; nothing is ever shown where all is to be `quiet`.
    pub fn new(quiet: bool) -> Self {
        let target = match quiet {
            true => ProgressDrawTarget::hidden(),
            false => ProgressDrawTarget::stderr(),
        };
        Self {
            bar: ProgressBar::with_draw_target(None, target),
            start: Instant::now(),
        }
    }

    /// So much of so much is done.
    pub fn done(&self, part: usize, whole: usize) {
        if self.start.elapsed() >= Duration::from_secs(1) {
            self.bar.set_length(whole as u64);
            self.bar.set_position(part as u64);
        }
    }

    /// So much of so much of a part of the work, which has a name, is done.
    pub fn stage(&self, what: &'static str, part: usize, whole: usize) {
        if self.start.elapsed() >= Duration::from_secs(1) {
            if let Ok(style) = ProgressStyle::with_template("{msg}: {wide_bar} {pos} of {len}") {
                self.bar.set_style(style);
            }
            self.bar.set_message(what);
            self.done(part, whole);
        }
    }

    /// Takes it away.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }
}
