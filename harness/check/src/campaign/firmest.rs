//! The firmest promise that a cause breaks. The first case of a cause may break a habit of CPython only, and no further case is
//! reported, since the model foresees it: the examples of the specification show what else the cause breaks.

use super::Finding;
use super::job::Job;
use super::minimise::shrink_to;
use super::model::{ExplanationId, Snapshot};
use crate::clauses::Clauses;
use crate::diagnosis::{Observation, followed};
use crate::differential::DifferentialRun;
use crate::divergence::Divergence;
use crate::oracle::AnswerOptions;
use crate::repeat::Rate;
use mmapcheck_spec::pages::{Level, all, examples};
use mmapcheck_spec::{Case, Detail, TargetError};
use std::collections::BTreeMap;
use std::time::Instant;

/// The first step at which a run differs from the rules alone, as one explanation says.
struct Broken {
    id: ExplanationId,
    run: DifferentialRun,
    divergence: Divergence,
    level: Level,
}

impl<'a> Job<'a> {
    /// Keeps a further finding for each explanation that breaks a firmer promise in an example than in its findings so far.
    pub(super) fn show_firmest(&mut self, until: Instant) -> Result<(), TargetError> {
        let mut levels = self.levels();
        if levels.is_empty() {
            return Ok(());
        }
        let (profile, now) = (self.shared.profile, self.shared.tally().model.now());
        let all = all().map_err(|error| TargetError(error.to_string()))?;
        let mut examples: Vec<_> = examples(all).filter(|(_, clause, _)| clause.applies_to(profile)).collect();
        examples.sort_by_key(|(_, clause, _)| clause.level);
        for (_, clause, example) in examples {
            if !self.is_time(until) {
                break;
            }
            let is_firmer = |least: &Option<Level>| least.is_none_or(|least| clause.level < least);
            let ids: Vec<_> = levels.iter().filter(|(_, least)| is_firmer(least)).map(|(id, _)| *id).collect();
            if !self.shared.tally().model.are_about(&ids, &example.session.case) {
                continue;
            }
            let Some(broken) = self.broken(example.session.case.clone(), &now)? else { continue };
            if let Some(least) = levels.get_mut(&broken.id).filter(|least| is_firmer(least)) {
                *least = Some(broken.level);
                self.keep_broken(broken, until)?;
            }
        }
        Ok(())
    }

    /// The level of the firmest promise that the findings of each explanation break. Inherited and known ones are not the subject
    /// of a report.
    fn levels(&self) -> BTreeMap<ExplanationId, Option<Level>> {
        let (clauses, tally) = (Clauses::of(self.shared.profile), self.shared.tally());
        let own = tally.model.explanations.iter().filter(|(_, one)| one.known.is_none() && !one.inherited);
        let mut levels: BTreeMap<_, _> = own.map(|(id, _)| (*id, None)).collect();
        for finding in tally.all_findings() {
            let level = clauses.level(&finding.compared, &finding.divergence);
            if let Some(least) = finding.explanation.and_then(|id| levels.get_mut(&id)) {
                *least = [*least, level].into_iter().flatten().min();
            }
        }
        levels
    }

    /// Examples are run as every case of the campaign: what a known entry suppresses is no finding.
    fn full_options(&self) -> AnswerOptions<'a> {
        AnswerOptions { known: &self.shared.config.known, ..AnswerOptions::new(Detail::Full) }
    }

    /// The promise that the target breaks first in a case, if the model says so and a clause covers it.
    fn broken(&mut self, case: Case, now: &Snapshot) -> Result<Option<Broken>, TargetError> {
        let (options, worker) = (self.full_options(), self.worker.as_mut());
        let run = self.oracle.without_variations(|plain| DifferentialRun::of(case, plain, worker, &options))?;
        let Some(divergence) = run.comparison.first(self.shared.severity).cloned() else { return Ok(None) };
        let Some(op) = run.case.steps.get(divergence.step).map(|step| step.op) else { return Ok(None) };
        let seen = Observation::of(&run);
        let (parts, applied) = followed(&seen, self.question(&now.variations, &[]), &mut self.oracle)?;
        if parts.is_some_and(|parts| parts <= divergence.step) {
            return Ok(None);
        }
        let is_about = |place: &usize| now.variations[*place].is_about(op);
        let id = applied.into_iter().find(is_about).and_then(|place| now.id(place));
        let level = Clauses::of(run.profile).level(&run, &divergence);
        Ok(id.zip(level).map(|(id, level)| Broken { id, run, divergence, level }))
    }

    /// Shrinks the case of an example and keeps it as a finding, if it is still what the explanation says.
    fn keep_broken(&mut self, broken: Broken, until: Instant) -> Result<(), TargetError> {
        let Broken { id, run, divergence, .. } = broken;
        let case = run.case.without(divergence.step + 1..run.case.steps.len());
        let (options, bucket) = (self.full_options(), &divergence.bucket);
        let worker = self.worker.as_mut();
        let deadline = until.min(Instant::now() + self.longest_diagnosis);
        let small = self
            .oracle
            .without_variations(|plain| shrink_to(plain, worker, case, bucket, Rate::ONCE, &options, deadline));
        let Some(run) = small.shown else { return Ok(()) };
        let now = self.shared.tally().model.now();
        let of_bucket = run.comparison.divergences.iter().find(|one| one.bucket == *bucket).cloned();
        let is_explained = self.explained_by(&Observation::of(&run), &now)? == Some(id);
        if let Some(divergence) = of_bucket.filter(|_| is_explained) {
            self.keep(Finding { explanation: Some(id), rate: Some(Rate::ONCE), ..Finding::of(divergence, run) });
        }
        Ok(())
    }
}
