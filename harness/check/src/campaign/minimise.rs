//! Shrinking a case to the smallest that still shows the same divergence.

use crate::clauses::Clauses;
use crate::differential::DifferentialRun;
use crate::divergence::{Bucket, Severity};
use crate::limits;
use crate::oracle::{AnswerOptions, Oracle};
use crate::repeat::{Rate, shows};
use crate::shrink::shrink;
use mmapcheck_spec::pages::Level;
use mmapcheck_spec::{Case, Detail, Target};
use std::cell::Cell;
use std::time::Instant;

/// A shrunk case.
pub struct Shrunk {
    /// The smallest case that was found.
    pub case: Case,
    /// Its run; none where no smaller case was found.
    pub shown: Option<DifferentialRun>,
    /// Whether no smaller case can be found. False at the deadline.
    pub complete: bool,
}

/// Shrinks a case while it shows a divergence of this bucket that breaks a promise of the same [`Level`] or a firmer one, until
/// `deadline` at most. `rate` is that of the case: if it does not show the divergence each time, a smaller case must show it
/// [half as often](Rate::holds), and in the second pass half as often as the smallest case of the first. `options` are those
/// under which the divergence was seen. In a first pass, numbers that depend on the state (such as "the length plus one") follow the
/// shrinking state. A second pass runs on plain numbers and without the steps that the oracle leaves out.
pub fn shrink_to(
    oracle: &mut Oracle,
    target: &mut dyn Target,
    case: Case,
    bucket: &Bucket,
    rate: Rate,
    options: &AnswerOptions<'_>,
    deadline: Instant,
) -> Shrunk {
    let (full, quick) = (options.with_detail(Detail::Full), options.with_detail(Detail::Quick));
    let (mut shown, mut complete) = (None, true);
    let whole = DifferentialRun::of(case.clone(), oracle, target, &full);
    let level = whole.ok().and_then(|run| firmest(&run, bucket));
    // The rate that a candidate is compared with.
    let wanted = Cell::new(rate);
    let mut same = |oracle: &mut Oracle, candidate: &Case| {
        let mut last = None;
        let holds = wanted.get().holds(|| {
            if Instant::now() > deadline {
                return Err(());
            }
            let compared = DifferentialRun::of(candidate.clone(), oracle, target, &full).map_err(drop)?;
            let is_firm = || level.is_none_or(|level| firmest(&compared, bucket).is_some_and(|other| other <= level));
            let is_shown = shows(&compared, bucket) && is_firm();
            last = Some(compared).filter(|_| is_shown).or(last.take());
            Ok(is_shown)
        });
        // If the time is over, or the target can no longer be used, nothing more is found.
        complete &= holds.is_ok();
        let is_same = holds.unwrap_or(false);
        if is_same {
            shown = last;
        }
        is_same
    };
    let small = shrink(case, deadline, &mut |candidate| same(oracle, candidate));
    // Several steps that show it at times show it more often together than each by itself. Another death costs too much.
    if bucket.severity < Severity::Death {
        wanted.set(Rate::ONCE);
        let count = (0..limits::REPEATS).filter(|_| same(oracle, &small)).count();
        wanted.set(Rate { shown: count.max(1), runs: limits::REPEATS });
    }
    let case = match oracle.answer(small.clone(), &quick) {
        Ok(answered) => shrink(answered.case, deadline, &mut |candidate| same(oracle, candidate)),
        Err(_) => small,
    };
    Shrunk { case, shown, complete: complete && Instant::now() < deadline }
}

/// The level of the firmest promise that a divergence of this bucket breaks in a run; none where no clause covers one.
fn firmest(run: &DifferentialRun, bucket: &Bucket) -> Option<Level> {
    let clauses = Clauses::of(run.profile);
    let of_bucket = run.comparison.divergences.iter().filter(|divergence| divergence.bucket == *bucket);
    of_bucket.filter_map(|divergence| clauses.level(run, divergence)).min()
}
