//! Choices read from a tape of bytes: a shorter tape, or smaller bytes, is a simpler topology, so that
//! a failure shrinks well.

/// The tape; behind its end all bytes are 0.
#[derive(Debug)]
pub struct Tape<'t>(&'t [u8]);

impl<'t> Tape<'t> {
    pub const fn new(bytes: &'t [u8]) -> Self {
        Self(bytes)
    }

    pub fn byte(&mut self) -> u8 {
        match self.0.split_first() {
            Some((first, rest)) => {
                self.0 = rest;
                *first
            }
            None => 0,
        }
    }

    /// A number below `count`.
    pub fn below(&mut self, count: usize) -> usize {
        usize::from(self.byte()) % count.max(1)
    }

    /// Something that happens in so many of a hundred cases; not on an empty tape.
    pub fn chance(&mut self, percent: usize) -> bool {
        usize::from(self.byte()) * 100 / 256 >= 100 - percent
    }

    pub fn pick<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }
}
