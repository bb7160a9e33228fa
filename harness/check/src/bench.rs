//! Speeds, measured side by side in one process so that their ratios mean something on any stepper.

use crate::batch::batch;
use crate::choices::seeded;
use crate::generate::{GeneratorOptions, generate};
use crate::known::KnownList;
use crate::limits;
use crate::oracle::Oracle;
use crate::worker::{BatchRequest, Engine, TargetSpec, WirePattern, Worker, scratch};
use mmapcheck_spec::{Case, Detail, Op, Profile, Target, TargetError};
use mmapcheck_targets::Embedded;
use mmapcheck_targets::InProcess;
use std::ops::Range;
use std::time::{Duration, Instant};

/// The row that others are compared with.
pub const ALONE: &str = "the target alone";
/// What a campaign does.
pub const WHOLE: &str = "generated, run on both, compared";
/// What it would do without steps that are there to hurt.
pub const CALM: &str = "the same without hostile steps";

/// One measurement.
#[derive(Clone, Debug)]
pub struct Row {
    /// What was done.
    pub name: &'static str,
    /// How many steps.
    pub steps: u64,
    /// How long it took.
    pub time: Duration,
}

impl Row {
    /// Steps per second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.steps as f64 / self.time.as_secs_f64().max(1e-9)
    }
}

/// All measurements of one run.
#[derive(Clone, Debug)]
pub struct Speeds {
    /// The target.
    pub info: String,
    /// The rows, in the order of the table.
    pub rows: Vec<Row>,
}

impl Speeds {
    /// Steps per second in the row of this name.
    #[must_use]
    pub fn rate(&self, name: &str) -> f64 {
        self.rows.iter().find(|row| row.name == name).map_or(0.0, Row::rate)
    }
}

/// Runs the same cases in each way. Rounds alternate, so that a busy moment of the stepper hits all rows alike.
///
/// # Errors
/// Where the target does not start.
pub fn measure(subject: &TargetSpec, profile: Option<Profile>, cases: u64) -> Result<Speeds, TargetError> {
    const ROUNDS: u64 = 10;
    mmapcheck_targets::check_interpreter()?;
    let dir = scratch()?;
    let stepper = Embedded::new(&subject.module, &subject.attr, dir.path())?;
    let (info, guards) = (stepper.info().clone(), stepper.guards());
    let profile = profile.unwrap_or(info.profile);
    let mut target = InProcess::new(stepper, info);
    let rules = KnownList::built_in(target.info(), &subject.module)?.rules(profile);
    let (mut oracle, mut sparing) = (Oracle::new(profile)?, Oracle::new(profile)?);
    oracle.set_rules(rules.clone());
    // A death that is not foreseen would be the end of the measurement.
    oracle.spare();
    sparing.set_rules(rules);
    sparing.spare_all();
    let (mix, calm) = (GeneratorOptions::all(profile), GeneratorOptions::calm(profile));
    let mut behind = match &subject.engine {
        Engine::Python(_) => Some(subject.start(None, limits::HANG)?),
        Engine::Embedded | Engine::Reference => None,
    };
    let names = [WHOLE, CALM, ALONE, "the reference alone", "generation alone"];
    let names = names.into_iter().chain(behind.as_ref().map(|_| "behind the driver, compared"));
    let mut rows: Vec<Row> = names.map(|name| Row { name, steps: 0, time: Duration::ZERO }).collect();
    for round in 0..ROUNDS {
        let range = round * cases / ROUNDS..(round + 1) * cases / ROUNDS;
        let make = || range.clone().map(|number| generate(&mut seeded(1, number), &mix));
        let plain = make()
            .map(|case| Ok(sparing.answer(case, Detail::Quick)?.case))
            .collect::<Result<Vec<_>, TargetError>>()?;
        let generated: Vec<Case> = make().collect();
        let steps: u64 = plain.iter().map(|case| case.steps.len() as u64).sum();
        let mut guarded = |case: u64, _| guards.set(case.is_multiple_of(limits::GUARDED));
        rows[0].add(|| Ok(batch(&mut oracle, &mut target, &mix, 1, range.clone(), &mut guarded)?.steps))?;
        guards.set(false);
        rows[1].add(|| Ok(batch(&mut sparing, &mut target, &calm, 1, range.clone(), &mut |_, _| {})?.steps))?;
        rows[2].add(|| {
            plain.iter().try_for_each(|case| target.run(case, Detail::Quick).map(drop))?;
            Ok(steps)
        })?;
        rows[3].add(|| {
            generated.into_iter().try_for_each(|case| sparing.answer(case, Detail::Quick).map(drop))?;
            Ok(steps)
        })?;
        rows[4].add(|| {
            make().for_each(drop);
            Ok(steps)
        })?;
        if let (Some(behind), Some(row)) = (&mut behind, rows.get_mut(5)) {
            behind_driver(behind.as_mut(), subject, row, range)?;
        }
    }
    Ok(Speeds { info: target.info.name, rows })
}

/// The same range of cases on another interpreter, judged by what it claims to be; they are the same cases where it is of the
/// same version.
fn behind_driver(
    worker: &mut dyn Worker,
    subject: &TargetSpec,
    row: &mut Row,
    range: Range<u64>,
) -> Result<(), TargetError> {
    let ops = Op::ALL.iter().map(ToString::to_string).collect();
    let count = range.end - range.start;
    let info = worker.info();
    let known =
        KnownList::built_in(info, &subject.module)?.rules(info.profile).0.iter().map(WirePattern::from).collect();
    let order = BatchRequest { seed: 1, first: range.start, count, ops, steps: limits::STEPS, callbacks: true, known };
    let began = Instant::now();
    let batch = worker
        .batch(order)?
        .map_err(|gone| TargetError(format!("the target {} in case {}", gone.end, gone.marks.case)))?;
    row.time += began.elapsed();
    row.steps += batch.steps;
    Ok(())
}

impl Row {
    /// Takes the time of work, which says how many steps it did.
    fn add(&mut self, work: impl FnOnce() -> Result<u64, TargetError>) -> Result<(), TargetError> {
        let began = Instant::now();
        self.steps += work()?;
        self.time += began.elapsed();
        Ok(())
    }
}
