//! The model of the target: the variations that explain the findings so far.

use crate::diagnosis::Diagnosis;
use crate::limits;
use crate::variation::{Variation, method};
use mmapcheck_spec::{Case, Op};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The number of an explanation in its campaign.
pub type ExplanationId = u32;

/// A variation that explains findings.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The changed rule.
    pub variation: Variation,
    /// Whether the base of the class differs from the reference in the same way.
    pub inherited: bool,
    /// Number of cases in which it changed something, once it was in the model.
    pub met: u64,
    /// The id of the known entry that names the variation.
    pub(super) known: Option<String>,
    pub(super) diagnosis: Diagnosis,
    /// The number of counterexamples that no condition keeps apart.
    contradictions: usize,
    /// The place of the variation among those of its rank: what is learned last was learned beside all others, and changes
    /// their answers.
    learned: u32,
}

/// The model so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    pub(super) explanations: BTreeMap<ExplanationId, Explanation>,
    /// Effects that counterexamples have shown not to be those of the target.
    pub(super) refuted: Vec<Variation>,
    /// Variations of other operations that turned out to be too wide for theirs.
    pub(super) too_wide: Vec<Variation>,
    next: ExplanationId,
    /// How often an explanation was learned.
    lessons: u32,
    now: Snapshot,
}

/// The variations of a model at one time.
#[derive(Clone, Debug, Default)]
pub(super) struct Snapshot {
    /// Changes whenever the variations do.
    pub(super) version: u32,
    ids: Vec<ExplanationId>,
    pub(super) variations: Arc<[Variation]>,
}

impl Snapshot {
    /// The ids of the explanations, in the order of their variations.
    pub(super) fn ids(&self) -> &[ExplanationId] {
        &self.ids
    }

    /// The id of the explanation at a place of the variations.
    pub(super) fn id(&self, place: usize) -> Option<ExplanationId> {
        self.ids.get(place).copied()
    }
}

impl Model {
    /// The variations now.
    pub(super) fn now(&self) -> Snapshot {
        self.now.clone()
    }

    /// The model of the known divergences.
    pub(super) fn known(entries: &[(String, Variation)]) -> Model {
        let mut model = Model::default();
        for (entry, variation) in entries {
            model.insert(Diagnosis::given(variation.clone()), false, Some(entry.clone()));
        }
        model
    }

    /// Adds an explanation.
    pub(super) fn add(&mut self, diagnosis: Diagnosis, inherited: bool) -> ExplanationId {
        self.insert(diagnosis, inherited, None)
    }

    fn insert(&mut self, diagnosis: Diagnosis, inherited: bool, known: Option<String>) -> ExplanationId {
        let id = self.next;
        self.next += 1;
        let variation = diagnosis.variation.clone();
        let learned = self.lesson();
        let explanation = Explanation { variation, inherited, met: 0, known, diagnosis, contradictions: 0, learned };
        self.explanations.insert(id, explanation);
        self.renew();
        id
    }

    /// The explanations that a known entry names, with the number of cases that each changed; and the others.
    pub(super) fn split(self) -> (Vec<(String, u64)>, BTreeMap<ExplanationId, Explanation>) {
        let (known, found): (BTreeMap<_, _>, BTreeMap<_, _>) =
            self.explanations.into_iter().partition(|(_, one)| one.known.is_some());
        (known.into_values().filter_map(|one| Some((one.known?, one.met))).collect(), found)
    }

    /// Puts what was learned again in place of an explanation.
    pub(super) fn replace(&mut self, id: ExplanationId, diagnosis: Diagnosis) {
        let learned = self.lesson();
        if let Some(old) = self.explanations.get_mut(&id) {
            old.variation = diagnosis.variation.clone();
            old.diagnosis = diagnosis;
            old.learned = learned;
        }
        self.renew();
    }

    fn lesson(&mut self) -> u32 {
        self.lessons += 1;
        self.lessons
    }

    /// Puts one explanation in place of itself and of others.
    pub(super) fn join(&mut self, first: ExplanationId, others: &[ExplanationId], joined: Diagnosis) {
        let met: u64 = others.iter().filter_map(|other| self.explanations.remove(other)).map(|other| other.met).sum();
        if let Some(first) = self.explanations.get_mut(&first) {
            first.met += met;
        }
        self.replace(first, joined);
    }

    /// Notes a counterexample that no condition keeps apart. Returns whether they are too many for the explanation to be believed.
    pub(super) fn contradict(&mut self, id: ExplanationId) -> bool {
        let Some(one) = self.explanations.get_mut(&id) else { return false };
        one.contradictions += 1;
        one.contradictions >= limits::CONTRADICTIONS
    }

    /// Removes an explanation that counterexamples refute.
    pub(super) fn refute(&mut self, id: ExplanationId) -> Option<Explanation> {
        let refuted = self.explanations.remove(&id);
        self.refuted.extend(refuted.iter().map(|one| one.variation.clone()));
        self.renew();
        refuted
    }

    /// Removes an explanation that was not learned, and is wrong as it is.
    pub(super) fn drop_too_wide(&mut self, id: ExplanationId) -> Option<Explanation> {
        let dropped = self.explanations.remove(&id);
        self.too_wide.extend(dropped.iter().map(|one| one.variation.clone()));
        self.renew();
        dropped
    }

    /// Removes an explanation that is not needed.
    pub(super) fn drop(&mut self, id: ExplanationId) {
        self.explanations.remove(&id);
        self.renew();
    }

    /// The variations of other operations, for this one, but those that are too wide for it.
    pub(super) fn of_others(&self, op: Op) -> Vec<Variation> {
        let others = self.explanations.values().map(|one| &one.variation);
        let others = others.filter(|one| !one.is_everywhere() && !one.ops.contains(&op));
        let is_near =
            |one: &&Variation| one.effect.is_telling() || one.ops.iter().any(|other| method(*other) == method(op));
        let ours = others.filter(is_near).filter_map(|one| one.for_op(op));
        ours.filter(|one| !self.too_wide.contains(one)).collect()
    }

    /// The explanation that gives the same operations the same effect.
    pub(super) fn like(&self, variation: &Variation) -> Option<ExplanationId> {
        let same = |one: &Variation| one.ops == variation.ops && one.effect == variation.effect;
        self.explanations.iter().find(|(_, one)| one.known.is_none() && same(&one.variation)).map(|(id, _)| *id)
    }

    /// Whether one of these explanations is about an operation of a case.
    pub(super) fn are_about(&self, ids: &[ExplanationId], case: &Case) -> bool {
        let is_about = |id: &ExplanationId| {
            let one = self.explanations.get(id);
            one.is_some_and(|one| case.all_steps().any(|step| one.variation.is_about(step.op)))
        };
        ids.iter().any(is_about)
    }

    /// The variations without that of one explanation.
    pub(super) fn without(&self, id: ExplanationId) -> Arc<[Variation]> {
        self.without_all(&[id])
    }

    /// The variations without those of some explanations.
    pub(super) fn without_all(&self, ids: &[ExplanationId]) -> Arc<[Variation]> {
        self.ordered().filter(|(other, _)| !ids.contains(other)).map(|(_, one)| one.variation.clone()).collect()
    }

    /// The other explanations of the operations of one, which no known entry names.
    pub(super) fn siblings(&self, id: ExplanationId) -> Vec<ExplanationId> {
        let Some(one) = self.explanations.get(&id) else { return Vec::new() };
        let is_sibling = |other: &Explanation| other.known.is_none() && other.variation.ops == one.variation.ops;
        let all = self.explanations.iter().filter(|(other, explanation)| **other != id && is_sibling(explanation));
        all.map(|(other, _)| *other).collect()
    }

    /// Counts the cases of a batch in which variations changed something.
    pub(super) fn count(&mut self, snapshot: &Snapshot, applied: &[(usize, u64)]) {
        for (place, count) in applied {
            if let Some(one) = snapshot.id(*place).and_then(|id| self.explanations.get_mut(&id)) {
                one.met += count;
            }
        }
    }

    /// The explanations in the order in which their variations change a rule: of one rank, as they were learned.
    fn ordered(&self) -> impl Iterator<Item = (ExplanationId, &Explanation)> {
        let mut all: Vec<_> = self.explanations.iter().map(|(id, one)| (*id, one)).collect();
        all.sort_by_key(|(_, one)| (one.variation.effect.rank(), one.learned));
        all.into_iter()
    }

    fn renew(&mut self) {
        let (ids, variations): (Vec<_>, Vec<_>) = self.ordered().map(|(id, one)| (id, one.variation.clone())).unzip();
        let variations = variations.into();
        self.now = Snapshot { version: self.now.version + 1, ids, variations };
    }
}
