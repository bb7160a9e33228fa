//! Fresh cases at the end of a campaign: they say how much of the target its model takes in.

use super::job::Job;
use crate::agreement::Agreement;
use crate::batch::Batch;
use crate::limits;
use crate::oracle::Omissions;
use mmapcheck_spec::{End, TargetError};
use std::ops::Range;

/// Changes the seed of a campaign to that of its fresh cases.
const OTHER: u64 = 0x6672_6573_6800;

impl Job<'_> {
    /// Runs fresh cases until there are enough, or the time is over.
    pub(super) fn run_fresh(&mut self) -> Result<(), TargetError> {
        self.renew_model();
        self.explain_deaths();
        self.refine_once()?;
        let hang = self.shared.config.hang;
        self.worker.set_hang(hang.min(limits::HANG_AGAIN));
        while let Some(range) = self.shared.take_fresh(self.worker.at_once()) {
            self.run_fresh_range(range)?;
        }
        self.worker.set_hang(hang);
        Ok(())
    }

    /// Runs a range of fresh cases. A case in which the worker is lost does not agree.
    fn run_fresh_range(&mut self, range: Range<u64>) -> Result<(), TargetError> {
        let mut left = vec![range];
        while let Some(range) = left.pop().filter(|_| !self.shared.fresh_is_over()) {
            if range.is_empty() {
                continue;
            }
            let batch = self.batch_of(range.clone());
            let batch = Batch { seed: batch.seed ^ OTHER, fresh: Some(self.shared.severity), ..batch };
            let done = match self.worker.batch(&batch)? {
                Ok(batch) => batch.agreement,
                Err(loss) => {
                    let case = match loss.end {
                        End::Damaged(_) => range.start,
                        _ => loss.marks.case.clamp(range.start, range.end - 1),
                    };
                    left.extend([case + 1..range.end, range.start..case]);
                    Agreement { cases: 1, ..Agreement::default() }
                }
            };
            self.shared.tally().fresh += done;
        }
        Ok(())
    }

    /// The batch of these cases, judged by the model as it is now.
    pub(super) fn batch_of(&self, cases: Range<u64>) -> Batch {
        let config = self.shared.config;
        Batch {
            seed: config.seed,
            cases,
            generator: self.options.clone(),
            known: config.known.clone(),
            model: self.model.variations.to_vec(),
            omissions: self.omissions(Omissions::NONE),
            fresh: None,
        }
    }
}
