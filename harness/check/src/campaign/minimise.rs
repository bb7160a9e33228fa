//! Shrinking a case to the smallest that still shows the same divergence.

use crate::differential::DifferentialRun;
use crate::divergence::Bucket;
use crate::oracle::{AnswerOptions, Oracle};
use crate::shrink::shrink;
use mmapcheck_spec::{Case, Detail, Target};
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

/// Shrinks a case while it shows a divergence of this bucket, until `deadline` at most. `options` are those under which the
/// divergence was seen. In a first pass, numbers that depend on the state (such as "the length plus one") follow the
/// shrinking state. A second pass runs on plain numbers and without the steps that the oracle leaves out.
pub fn shrink_to(
    oracle: &mut Oracle,
    target: &mut dyn Target,
    case: Case,
    bucket: &Bucket,
    options: &AnswerOptions<'_>,
    deadline: Instant,
) -> Shrunk {
    let (full, quick) = (options.with_detail(Detail::Full), options.with_detail(Detail::Quick));
    let (mut shown, mut complete) = (None, true);
    let mut same = |oracle: &mut Oracle, candidate: &Case| {
        let Ok(compared) = DifferentialRun::of(candidate.clone(), oracle, target, &full) else {
            // The target can no longer be used, so nothing more is found.
            complete = false;
            return false;
        };
        let is_same = compared.comparison.divergences.iter().any(|divergence| divergence.bucket == *bucket);
        if is_same {
            shown = Some(compared);
        }
        is_same
    };
    let small = shrink(case, deadline, &mut |candidate| same(oracle, candidate));
    let case = match oracle.answer(small.clone(), &quick) {
        Ok(answered) => shrink(answered.case, deadline, &mut |candidate| same(oracle, candidate)),
        Err(_) => small,
    };
    Shrunk { case, shown, complete: complete && Instant::now() < deadline }
}
