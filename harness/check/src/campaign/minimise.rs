//! Shrinking a case to the smallest that still shows the same divergence.

use crate::divergence::Bucket;
use crate::oracle::Oracle;
use crate::shrink::shrink;
use mmapcheck_spec::{Case, Detail, Target};
use std::time::Instant;

/// Shrinks a case while it shows a divergence of this bucket, until `deadline` at most. In a first pass, numbers that depend on
/// the state (such as "the length plus one") follow the shrinking state. A second pass runs on plain numbers and without the
/// steps that the oracle leaves out.
pub fn shrink_to(oracle: &mut Oracle, target: &mut dyn Target, case: Case, bucket: &Bucket, deadline: Instant) -> Case {
    let mut same = |oracle: &mut Oracle, candidate: &Case| {
        let compared = oracle.compare(candidate.clone(), target, Detail::Full);
        compared.is_ok_and(|compared| compared.comparison.divergences.iter().any(|d| d.bucket == *bucket))
    };
    let small = shrink(case, deadline, &mut |candidate| same(oracle, candidate));
    match oracle.answer(small.clone(), Detail::Quick) {
        Ok(answered) => shrink(answered.case, deadline, &mut |candidate| same(oracle, candidate)),
        Err(_) => small,
    }
}
