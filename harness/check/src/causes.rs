//! Causes: how a target differs, with the findings of each difference.
//!
//! A cause is one or more variations that differ in nothing but their operations or their conditions; or, where no variation
//! explains the findings, all findings of one operation with the same expected and actual answers.

use crate::campaign::{CampaignResult, ExplanationId, Finding, SHARED};
use crate::clauses::Clauses;
use crate::divergence::{Bucket, Severity, headline};
use crate::variation::{Condition, Effect, Variation, are_twins, is_unsettled, method, sentence};
use mmapcheck_spec::Op;
use std::collections::{BTreeMap, BTreeSet};

/// A way in which a target differs.
#[derive(Clone, Debug)]
pub struct Cause<'a> {
    /// The changed rules; none where no variation explains the findings.
    pub variations: Vec<Variation>,
    /// The difference as a sentence, without a full stop.
    pub sentence: String,
    /// The operations in which it shows; none at the end of a case.
    pub ops: Vec<Op>,
    /// Whether the base of the class differs in the same way.
    pub inherited: bool,
    /// Number of cases that met it.
    pub count: u64,
    /// Its findings: those that break the firmest promise first, and of these the smallest case.
    pub findings: Vec<&'a Finding>,
}

impl Cause<'_> {
    /// The severity of its worst finding.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.findings.iter().map(|finding| finding.severity()).max().unwrap_or(Severity::Message)
    }
}

/// The common properties of the findings of an unexplained cause.
fn group(finding: &Finding) -> Bucket {
    let bucket = finding.divergence.bucket.clone();
    // A callback counts only where the divergence needs it, and then its operation is the one that shows it.
    Bucket { callback: None, ..bucket }
}

/// The causes of all findings of a campaign, those of the class itself and the inherited ones.
#[must_use]
pub fn causes(result: &CampaignResult) -> Vec<Cause<'_>> {
    let mut by_explanation: BTreeMap<ExplanationId, Vec<&Finding>> = BTreeMap::new();
    let mut by_group: BTreeMap<(bool, Bucket), Vec<&Finding>> = BTreeMap::new();
    // A divergence that no further run showed says too little.
    let is_seen = |finding: &&Finding| finding.rate.is_none_or(|rate| rate.shown > 0);
    for finding in result.findings.iter().chain(&result.inherited).filter(is_seen) {
        match finding.explanation.filter(|id| result.explanations.contains_key(id)) {
            Some(id) => by_explanation.entry(id).or_default().push(finding),
            None => by_group.entry((finding.inherited, group(finding))).or_default().push(finding),
        }
    }
    let mut all: Vec<Cause<'_>> = Vec::new();
    for (id, findings) in by_explanation {
        let Some(one) = result.explanations.get(&id) else { continue };
        let found = findings.iter().map(|finding| finding.count).sum::<u64>();
        let cause = Cause {
            variations: vec![one.variation.clone()],
            sentence: String::new(),
            ops: one.variation.ops.clone(),
            inherited: one.inherited,
            count: found + one.met,
            findings,
        };
        match all.iter_mut().find(|other| other.inherited == cause.inherited && is_one(other, &cause)) {
            Some(other) => other.add(cause),
            None => all.push(cause),
        }
    }
    merge_shared(&mut all);
    absorb_callbacks(&mut all);
    for cause in &mut all {
        cause.sentence = sentence(&cause.variations);
    }
    by_group.retain(|(inherited, group), findings| {
        match all.iter_mut().find(|cause| cause.takes_in(*inherited, group, findings)) {
            Some(cause) => {
                cause.count += findings.iter().map(|finding| finding.count).sum::<u64>();
                cause.findings.append(findings);
                false
            }
            None => true,
        }
    });
    all.extend(by_group.into_iter().map(|((inherited, bucket), findings)| Cause {
        variations: Vec::new(),
        sentence: findings.first().map_or(String::new(), |finding| headline(&finding.divergence)),
        ops: bucket.op.into_iter().collect(),
        inherited,
        count: findings.iter().map(|finding| finding.count).sum(),
        findings,
    }));
    let clauses = Clauses::of(result.profile);
    let level =
        |finding: &Finding| clauses.level(&finding.compared, &finding.divergence).map_or(u8::MAX, |level| level as u8);
    for cause in &mut all {
        cause.findings.sort_by_cached_key(|finding| (level(finding), finding.compared.case.steps.len()));
    }
    all
}

/// Merges each cause whose findings all need callbacks into the one that shows the same without callbacks.
fn absorb_callbacks(all: &mut Vec<Cause<'_>>) {
    let mut place = 0;
    while place < all.len() {
        let of: Vec<_> = all[place].findings.iter().map(|finding| group(finding)).collect();
        let others = (0..all.len()).filter(|other| *other != place);
        let taker = others
            .into_iter()
            .find(|other| of.iter().all(|of| all[*other].takes_in(all[place].inherited, of, &all[place].findings)));
        match taker {
            Some(taker) => {
                let cause = all.remove(place);
                let taker = &mut all[taker - usize::from(taker > place)];
                taker.count += cause.count;
                taker.findings.extend(cause.findings);
            }
            None => place += 1,
        }
    }
}

/// Whether two causes are one: they have the same effect on the same operations; on operations of one method, by the same arguments;
/// or under a common condition on methods that take the same arguments.
fn is_one(a: &Cause<'_>, b: &Cause<'_>) -> bool {
    let are_twin = |a: &BTreeSet<Op>, b: &BTreeSet<Op>| a.iter().all(|a| b.iter().all(|b| a == b || are_twins(*a, *b)));
    let alike = |a: &Variation, b: &Variation| {
        let (of_a, of_b) = (a.methods(), b.methods());
        let of_one = of_a.is_subset(&of_b) || of_b.is_subset(&of_a);
        a.effect.is_like(&b.effect)
            && (a.ops == b.ops
                || (of_one && share_arguments(a, b))
                || (share_conditions(a, b) && are_twin(&of_a, &of_b)))
    };
    b.variations.iter().any(|b| a.variations.iter().any(|a| alike(a, b)))
}

/// Whether two variations have a condition in common that a sentence says, or none at all. Of which argument a property is may be
/// chance.
fn share_conditions(a: &Variation, b: &Variation) -> bool {
    let said = |variation: &Variation| -> Vec<Condition> {
        let said = variation.when.iter().filter(|condition| condition.is_said());
        said.map(|condition| match condition {
            Condition::Argument(_, property) => Condition::Some(*property),
            other => other.clone(),
        })
        .collect()
    };
    let (of_a, of_b) = (said(a), said(b));
    of_a == of_b || of_a.iter().any(|condition| of_b.contains(condition))
}

/// Whether the conditions of two variations are about a common parameter, or those of one are about none.
fn share_arguments(a: &Variation, b: &Variation) -> bool {
    let (of_a, of_b) = (a.conditional_params(), b.conditional_params());
    of_a.is_empty() || of_b.is_empty() || !of_a.is_disjoint(&of_b)
}

/// Merges causes that have the same effect in many methods, if it tells of a common function or is had under the same conditions.
fn merge_shared(all: &mut Vec<Cause<'_>>) {
    let mut place = 0;
    while place < all.len() {
        let first = all[place].variations[0].clone();
        let inherited = all[place].inherited;
        let is_same = |one: &Variation| match first.effect.is_telling() {
            true => one.effect.is_like(&first.effect),
            false => one.effect == first.effect && one.when == first.when,
        };
        let is_shareable = first.is_shareable();
        let is_shared =
            |other: &Cause<'_>| is_shareable && other.inherited == inherited && other.variations.iter().any(is_same);
        let methods: BTreeSet<Op> =
            all.iter().filter(|other| is_shared(other)).flat_map(|one| one.ops.iter().map(|op| method(*op))).collect();
        if methods.len() >= SHARED {
            for other in (place + 1..all.len()).rev() {
                if is_shared(&all[other]) {
                    let other = all.remove(other);
                    all[place].add(other);
                }
            }
        }
        place += 1;
    }
}

impl<'a> Cause<'a> {
    /// Whether findings that no variation explains are this cause, met while a callback does something that the reference cannot
    /// follow: each needs a callback, and a finding of the cause has the same operation and answers, or is undone by the callback.
    fn takes_in(&self, inherited: bool, of: &Bucket, findings: &[&Finding]) -> bool {
        let is_shown = || self.findings.iter().any(|one| one.divergence.bucket.callback.is_none() && group(one) == *of);
        self.inherited == inherited
            && findings.iter().all(|finding| finding.divergence.bucket.callback.is_some())
            && (is_shown() || findings.iter().all(|finding| self.is_undone(finding)))
    }

    /// Whether a callback closes or resizes the map, and the cause is that the target goes on with the map of before, or that an
    /// exported buffer does not keep it from closing or resizing the map.
    fn is_undone(&self, finding: &Finding) -> bool {
        let Bucket { op, callback, .. } = &finding.divergence.bucket;
        let step = finding.compared.case.steps.get(finding.divergence.step);
        self.variations.iter().any(|one| match one.effect {
            Effect::Unforeseen => step.is_some_and(is_unsettled),
            Effect::IgnoresExports => [op, callback].into_iter().flatten().any(|op| one.ops.contains(op)),
            _ => false,
        })
    }

    fn add(&mut self, other: Cause<'a>) {
        self.ops.extend(other.ops.iter().filter(|op| !self.ops.contains(op)).copied().collect::<Vec<_>>());
        self.variations.extend(other.variations);
        self.findings.extend(other.findings);
        self.count += other.count;
    }
}
