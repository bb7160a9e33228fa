//! The end of all waiting: a user's Ctrl-C, or the end of a campaign.

use mmapcheck_spec::TargetError;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// When to stop waiting for a target, whatever it does: once one of some flags is set, or at a deadline.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    flags: Vec<Arc<AtomicBool>>,
    deadline: Option<Instant>,
}

impl Stop {
    /// A stop that is never due.
    #[must_use]
    pub fn never() -> Stop {
        Stop::default()
    }

    /// The same, also due once this flag is set.
    #[must_use]
    pub fn when(mut self, flag: &Arc<AtomicBool>) -> Stop {
        self.flags.push(Arc::clone(flag));
        self
    }

    /// The same, also due at this time.
    #[must_use]
    pub fn at(mut self, deadline: Instant) -> Stop {
        self.deadline = Some(self.deadline.map_or(deadline, |earlier| earlier.min(deadline)));
        self
    }

    /// Whether waiting is over.
    #[must_use]
    pub fn is_due(&self) -> bool {
        self.flags.iter().any(|flag| flag.load(Ordering::Relaxed))
            || self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// Refuses to begin anything once waiting is over.
    ///
    /// # Errors
    /// Waiting is over.
    pub fn check(&self) -> Result<(), TargetError> {
        if self.is_due() { Err(TargetError("stopped early".into())) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_stop_is_due_once_a_flag_is_set_or_its_time_has_come() {
        let (first, second) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let stop = Stop::never().when(&first).when(&second);
        assert!(!stop.is_due() && stop.check().is_ok() && !Stop::never().is_due());
        second.store(true, Ordering::Relaxed);
        assert!(stop.is_due() && stop.check().is_err());
        let (now, later) = (Instant::now(), Instant::now() + Duration::from_secs(600));
        assert!(Stop::never().at(later).at(now).is_due() && !Stop::never().at(later).is_due());
    }
}
