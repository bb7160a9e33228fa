//! The size of batches: as many cases as take a moment.

use std::time::Duration;

/// The time that a batch should take.
const MOMENT: Duration = Duration::from_millis(100);

/// The number of cases to put into the next batch, by the speed of the last one. A campaign must notice the end of its time even if
/// the target is slow or hangs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    at_once: u64,
    most: u64,
}

impl Pace {
    /// The pace before any batch: `first` cases at once, and never more than `most`.
    pub(super) fn new(first: u64, most: u64) -> Pace {
        Pace { at_once: first, most }
    }

    /// The number of cases for the next batch.
    pub(super) fn at_once(self) -> u64 {
        self.at_once
    }

    /// Takes note of a batch: the number of its cases, and its duration.
    pub(super) fn note(&mut self, cases: u64, time: Duration) {
        let rate = cases as f64 / time.as_secs_f64().max(1e-9);
        self.at_once = ((rate * MOMENT.as_secs_f64()) as u64).clamp(1, self.most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_takes_a_moment_whatever_the_speed() {
        let mut pace = Pace::new(10, 500);
        assert_eq!(pace.at_once(), 10);
        for (cases, seconds, at_once) in [(10, 0.01, 100), (100, 10.0, 1), (1, 100.0, 1), (1, 0.0, 500)] {
            pace.note(cases, Duration::from_secs_f64(seconds));
            assert_eq!(pace.at_once(), at_once, "{cases} in {seconds} s");
        }
    }
}
