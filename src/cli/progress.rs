//! How far a long piece of work has come, on a terminal's standard error, once it has taken a second.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget};

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

    /// Takes it away.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }
}
