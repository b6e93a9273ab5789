//! Which of several equally good ways is taken: one walk makes its choices as it is told, the next walk
//! the next ones, until all have been made.

/// The choices of one walk, in their order: what is taken, of how many.
#[derive(Debug, Clone, Default)]
pub struct Choices {
    script: Vec<usize>,
    made: Vec<(usize, usize)>,
}

impl Choices {
    /// Takes one of `count` ways: as told, or the first.
    pub fn pick(&mut self, count: usize) -> usize {
        let pick = self.script.get(self.made.len()).copied().unwrap_or(0);
        self.made.push((pick, count));
        pick
    }

    /// The part of all flows that makes these choices.
    pub fn share(&self) -> f64 {
        let parts = self.made.iter().map(|(_, count)| 1.0 / *count as f64);
        parts.product()
    }

    /// What the next walk is told; `None` behind the last.
    pub fn next(mut self) -> Option<Self> {
        while let Some((pick, count)) = self.made.pop() {
            if pick + 1 < count {
                let mut script: Vec<usize> = self.made.iter().map(|(pick, _)| *pick).collect();
                script.push(pick + 1);
                return Some(Self {
                    script,
                    made: Vec::new(),
                });
            }
        }
        None
    }
}
