//! Shrinking a case to the smallest that still shows the same divergence.

use crate::differential::DifferentialRun;
use crate::divergence::Bucket;
use crate::oracle::{AnswerOptions, Oracle};
use crate::shrink::shrink;
use mmapcheck_spec::{Case, Detail, Target};
use std::time::Instant;

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
) -> Case {
    let (full, quick) = (options.with_detail(Detail::Full), options.with_detail(Detail::Quick));
    let mut same = |oracle: &mut Oracle, candidate: &Case| {
        let compared = DifferentialRun::of(candidate.clone(), oracle, target, &full);
        compared.is_ok_and(|compared| compared.comparison.divergences.iter().any(|d| d.bucket == *bucket))
    };
    let small = shrink(case, deadline, &mut |candidate| same(oracle, candidate));
    match oracle.answer(small.clone(), &quick) {
        Ok(answered) => shrink(answered.case, deadline, &mut |candidate| same(oracle, candidate)),
        Err(_) => small,
    }
}
