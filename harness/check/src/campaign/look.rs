//! A second look at a divergence: the runs of its case, and the rate at which they show it.

use crate::differential::DifferentialRun;
use crate::divergence::{Bucket, Divergence, Severity};
use crate::repeat::{Rate, shows};

/// The runs of a case that is looked at again.
pub(super) struct Look {
    pub(super) runs: Vec<DifferentialRun>,
    /// Whether each run had a process of its own.
    pub(super) fresh: bool,
}

/// A divergence in the runs of a case.
pub(super) struct Seen {
    /// The first run that shows it.
    pub(super) run: DifferentialRun,
    pub(super) rate: Rate,
}

impl Seen {
    /// Why the divergence may not show again; none if it showed each time.
    pub(super) fn unsteady(&self, fresh: bool) -> Option<String> {
        let in_first = || format!("it shows only in the first run of a process ({} processes)", self.rate);
        if fresh { Some(in_first()) } else { self.rate.unsteady() }
    }
}

impl Look {
    /// This bucket if a run shows it, else the first bucket of at least this severity.
    pub(super) fn bucket(&self, wanted: &Bucket, least: Severity) -> Option<Bucket> {
        let is_shown = self.runs.iter().any(|run| shows(run, wanted));
        let other = || self.runs.iter().find_map(|run| Some(run.comparison.first(least)?.bucket.clone()));
        is_shown.then(|| wanted.clone()).or_else(other)
    }

    /// The divergence of this bucket, with the bucket; none if no run shows it.
    pub(super) fn seen(&self, bucket: &Bucket) -> Option<(Bucket, Seen)> {
        let run = self.runs.iter().find(|run| shows(run, bucket))?.clone();
        Some((bucket.clone(), Seen { run, rate: Rate::among(&self.runs, |run| shows(run, bucket)) }))
    }
}

/// A divergence from the model, in the terms of the rules alone.
pub(super) enum InPlainTerms {
    /// The rules alone diverge at the same step.
    Same(Box<(DifferentialRun, Divergence)>),
    /// Only the model says how the target comes to the step: an explained divergence comes before.
    OfTheModel,
    /// The target follows the rules alone: the model is wrong.
    Refuted,
}
