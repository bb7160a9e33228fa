//! Random cases, and what the target does in them. They are run once, and every explanation is tried on them: first by itself, and
//! at the end beside all others.

use super::job::Job;
use super::model::ExplanationId;
use crate::choices::seeded;
use crate::diagnosis::{Observation, followed, parting, understanding};
use crate::differential::run_expected;
use crate::generate::generate;
use crate::limits;
use crate::oracle::{AnswerOptions, Omissions};
use crate::variation::Variation;
use mmapcheck_spec::{Detail, Op, TargetError};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

/// Changes the seed of a campaign to that of its sample.
const OTHER: u64 = 0x7072_6f62_6500;

/// The number of cases of a sample that an explanation takes further towards the end of the case, and of those that it stops
/// earlier.
#[derive(Clone, Copy, Debug, Default)]
struct Use {
    helps: usize,
    harms: usize,
}

impl Job<'_> {
    /// The sample of the campaign so far. It grows with the time of the campaign, whenever it is asked for.
    pub(super) fn sample(&mut self) -> Result<Vec<Arc<Observation>>, TargetError> {
        let (shared, began) = (self.shared, Instant::now());
        let (mut all, until) = {
            let tally = shared.tally();
            (tally.sample.clone(), began + shared.longest_sample().saturating_sub(tally.sampling))
        };
        let known = &shared.config.known;
        let options = AnswerOptions {
            omissions: self.omissions(Omissions::ALL_DEATHS),
            known,
            ..AnswerOptions::new(Detail::Full)
        };
        while (all.len() as u64) < limits::SAMPLE && Instant::now() < until && !shared.over() {
            let case = generate(&mut seeded(shared.config.seed ^ OTHER, all.len() as u64), &self.options);
            let answered = self.oracle.without_variations(|plain| plain.answer(case, &options))?;
            let actual = run_expected(&answered, self.worker.as_mut(), Detail::Full, None)?;
            all.push(Arc::new(Observation { case: answered.case, actual }));
        }
        let mut tally = shared.tally();
        tally.sampling += began.elapsed();
        tally.sample.clone_from(&all);
        Ok(all)
    }

    /// Tries an explanation on the sample, and corrects it where the target contradicts it.
    pub(super) fn probe(&mut self, id: ExplanationId) -> Result<(), TargetError> {
        let (sample, began) = (self.sample()?, Instant::now());
        let mut left = limits::PROBES;
        for seen in &sample {
            let (now, others, variation) = {
                let model = &self.shared.tally().model;
                let Some(one) = model.explanations.get(&id) else { break };
                (model.now().variations, model.without(id), one.variation.clone())
            };
            if left == 0 || began.elapsed() > limits::PROBE || self.shared.over() {
                break;
            }
            let is_about = variation.is_everywhere() || seen.has_step_of(&variation.ops);
            if !is_about {
                continue;
            }
            if let Some(seen) = self.contradiction(seen, &variation, (&now, &others))? {
                left -= 1;
                self.narrow(id, &seen)?;
            }
        }
        Ok(())
    }

    /// Tries a switched rule on random cases in which it changes something: it is about every operation, and what explains it as well
    /// may be about one.
    pub(super) fn probe_rule(&mut self, id: ExplanationId) -> Result<(), TargetError> {
        let (shared, began) = (self.shared, Instant::now());
        let options =
            AnswerOptions { omissions: self.omissions(Omissions::ALL_DEATHS), ..self.answer_options(0, Detail::Full) };
        let mut left = limits::PROBES;
        for number in limits::SAMPLE..2 * limits::SAMPLE {
            let (now, others, variation) = {
                let model = &shared.tally().model;
                let one = model.explanations.get(&id).filter(|one| one.variation.is_everywhere());
                let Some(one) = one else { return Ok(()) };
                (model.now().variations, model.without(id), one.variation.clone())
            };
            if left == 0 || began.elapsed() > self.longest_diagnosis || shared.over() {
                break;
            }
            let case = generate(&mut seeded(shared.config.seed ^ OTHER, number), &self.options);
            self.oracle.vary(&others);
            let without = self.oracle.answer(case.clone(), &options)?;
            self.oracle.vary(&now);
            let answered = self.oracle.answer(case, &options)?;
            if answered == without {
                continue;
            }
            left -= 1;
            let actual = run_expected(&answered, self.worker.as_mut(), Detail::Full, None)?;
            let seen = Observation { case: answered.case, actual };
            if let Some(seen) = self.contradiction(&seen, &variation, (&now, &others))? {
                self.narrow(id, &seen)?;
            }
        }
        Ok(())
    }

    /// The run of the start of a case, up to where it parts from the model, if there it follows the model without one of its
    /// explanations.
    fn contradiction(
        &mut self,
        seen: &Observation,
        variation: &Variation,
        (now, others): (&Arc<[Variation]>, &Arc<[Variation]>),
    ) -> Result<Option<Observation>, TargetError> {
        let Some(at) = parting(seen, self.question(now, &[]), &mut self.oracle)? else { return Ok(None) };
        let without = parting(seen, self.question(others, &[]), &mut self.oracle)?;
        let is_changed = seen.case.steps.get(at).is_none_or(|step| {
            [Some(step), step.callback()].into_iter().flatten().any(|step| variation.is_about(step.op))
        });
        let end = seen.case.steps.len();
        let mut start = if at + 1 < end { seen.case.without(at + 1..end) } else { seen.case.clone() };
        match without {
            Some(without) if without == at => return Ok(None),
            // The explanation is right about an earlier step: the step at which the case parts may be one that it is wrong about.
            Some(without) if without < at => {
                if !is_changed {
                    return Ok(None);
                }
                start.edit(|draft| {
                    let last = draft.steps.pop();
                    draft.steps.retain(|step| !variation.is_about(step.op));
                    draft.steps.extend(last);
                });
            }
            _ => {}
        }
        self.oracle.vary(now);
        let seen = Observation::of(&self.compare(start, 0, Detail::Full)?);
        let differs = understanding(&seen, self.question(now, &[]), &mut self.oracle)?.is_none();
        let contradicts = differs && understanding(&seen, self.question(others, &[]), &mut self.oracle)?.is_some();
        Ok(contradicts.then_some(seen))
    }

    /// Weeds the explanations whenever the sample has doubled: a wrong one distorts what is learned beside it.
    pub(super) fn weed_with_sample(&mut self) -> Result<(), TargetError> {
        let shared = self.shared;
        {
            let mut tally = shared.tally();
            if tally.sample.len() < 2 * tally.weeded.max(limits::WEEDED) {
                return Ok(());
            }
            tally.weeded = tally.sample.len();
        }
        let _turn = shared.take_turn();
        let began = Instant::now();
        self.weed(began + limits::DIAGNOSIS)?;
        shared.tally().diagnosing += began.elapsed();
        Ok(())
    }

    /// Removes the operations of explanations for which they are more often wrong than right in the sample, beside all others.
    pub(super) fn weed(&mut self, until: Instant) -> Result<(), TargetError> {
        for ((id, op), Use { helps, harms }) in self.uses(until)? {
            if harms > helps && harms >= limits::CONTRADICTIONS {
                self.shared.tally().refute_for(id, op);
            }
        }
        Ok(())
    }

    /// The use of each explanation that was found in this campaign, for each of its operations.
    fn uses(&mut self, until: Instant) -> Result<BTreeMap<(ExplanationId, Option<Op>), Use>, TargetError> {
        let (sample, mut uses) = (self.sample()?, BTreeMap::<_, Use>::new());
        let now = self.shared.tally().model.now();
        let without: BTreeMap<_, _> = {
            let model = &self.shared.tally().model;
            let found = model.explanations.iter().filter(|(_, one)| one.known.is_none());
            found.map(|(id, _)| (*id, model.without(*id))).collect()
        };
        for seen in &sample {
            if !self.is_time(until) {
                break;
            }
            let end = seen.case.steps.len() + 1;
            let (parts, applied) = followed(seen, self.question(&now.variations, &[]), &mut self.oracle)?;
            let with = parts.unwrap_or(end);
            for id in applied.into_iter().filter_map(|place| now.id(place)) {
                let Some(others) = without.get(&id) else { continue };
                let without = parting(seen, self.question(others, &[]), &mut self.oracle)?.unwrap_or(end);
                let op = seen.case.steps.get(with.min(without)).map(|step| step.op);
                let one = uses.entry((id, op)).or_default();
                match without.cmp(&with) {
                    Ordering::Less => one.helps += 1,
                    Ordering::Greater => one.harms += 1,
                    Ordering::Equal => {}
                }
            }
        }
        Ok(uses)
    }
}
