//! Speeds, measured side by side in one process, so that their ratios mean something on any machine.

use crate::batch::Batch;
use crate::choices::seeded;
use crate::generate::{GeneratorOptions, generate};
use crate::known::KnownList;
use crate::limits;
use crate::oracle::{AnswerOptions, Omissions, Oracle};
use crate::worker::{Engine, TargetSpec, Worker, scratch};
use mmapcheck_spec::{Case, Detail, Profile, Target, TargetError};
use mmapcheck_targets::Embedded;
use mmapcheck_targets::InProcess;
use mmapcheck_targets::stop::Stop;
use std::ops::Range;
use std::time::{Duration, Instant};

/// The row that the ratios of the table refer to.
pub const ALONE: &str = "the target alone";
/// The row of everything that a campaign does.
pub const WHOLE: &str = "generated, run on both, compared";
/// The row of a campaign without hostile steps.
pub const CALM: &str = "the same without hostile steps";

/// The seed of the cases.
const SEED: u64 = 1;

/// One row of the table.
#[derive(Clone, Debug)]
pub struct Row {
    /// The work that was measured.
    pub name: &'static str,
    /// The number of steps.
    pub steps: u64,
    /// The time of all rounds.
    pub time: Duration,
}

impl Row {
    /// Steps per second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.steps as f64 / self.time.as_secs_f64().max(1e-9)
    }
}

/// The speed table.
#[derive(Clone, Debug)]
pub struct Speeds {
    /// The name of the target.
    pub info: String,
    /// The rows, in the order of the table.
    pub rows: Vec<Row>,
}

impl Speeds {
    /// Steps per second in the row of this name; 0 where there is none.
    #[must_use]
    pub fn rate(&self, name: &str) -> f64 {
        self.rows.iter().find(|row| row.name == name).map_or(0.0, Row::rate)
    }
}

/// Measures every row on the same cases. Rounds alternate, so that a busy moment of the machine slows all rows alike.
///
/// # Errors
/// Where the target does not start.
pub fn measure(spec: &TargetSpec, profile: Option<Profile>, cases: u64) -> Result<Speeds, TargetError> {
    const ROUNDS: u64 = 10;
    mmapcheck_targets::check_interpreter()?;
    let dir = scratch()?;
    let stepper = Embedded::new(&spec.module, &spec.attr, dir.path())?;
    let (info, guards) = (stepper.info().clone(), stepper.guards());
    let profile = info.judged_by(profile);
    let mut target = InProcess::new(stepper, info);
    let known = KnownList::built_in(target.info(), &spec.module)?.patterns(profile);
    let mut oracle = Oracle::new(profile)?;
    // An unexpected death would end this process and so the measurement.
    let whole = Batch {
        seed: SEED,
        cases: 0..0,
        generator: GeneratorOptions::all(profile),
        known: known.clone(),
        model: Vec::new(),
        omissions: Omissions::KNOWN_DEATHS,
        fresh: None,
    };
    let calm = Batch { generator: GeneratorOptions::calm(profile), omissions: Omissions::ALL_DEATHS, ..whole.clone() };
    let answering =
        AnswerOptions { known: &known, omissions: Omissions::ALL_DEATHS, ..AnswerOptions::new(Detail::Quick) };
    let mut behind_pipe = match &spec.engine {
        Engine::Python(_) => Some(spec.start(None, limits::HANG, &Stop::never())?),
        Engine::Embedded | Engine::Reference | Engine::Program => None,
    };
    let names = [WHOLE, CALM, ALONE, "the reference alone", "generation alone"];
    let names = names.into_iter().chain(behind_pipe.as_ref().map(|_| "behind the driver, compared"));
    let mut rows: Vec<Row> = names.map(|name| Row { name, steps: 0, time: Duration::ZERO }).collect();
    for round in 0..ROUNDS {
        let range = round * cases / ROUNDS..(round + 1) * cases / ROUNDS;
        let make = || range.clone().map(|number| generate(&mut seeded(SEED, number), &whole.generator));
        let plain =
            make().map(|case| Ok(oracle.answer(case, &answering)?.case)).collect::<Result<Vec<_>, TargetError>>()?;
        let generated: Vec<Case> = make().collect();
        let steps: u64 = plain.iter().map(|case| case.steps.len() as u64).sum();
        let mut guarded = |case: u64, _| guards.set(case.is_multiple_of(limits::GUARDED));
        let of_range = |batch: &Batch| Batch { cases: range.clone(), ..batch.clone() };
        rows[0].add(|| Ok(of_range(&whole).run(&mut oracle, &mut target, &mut guarded)?.steps))?;
        guards.set(false);
        rows[1].add(|| Ok(of_range(&calm).run(&mut oracle, &mut target, &mut |_, _| {})?.steps))?;
        rows[2].add(|| {
            plain.iter().try_for_each(|case| target.run(case, Detail::Quick).map(drop))?;
            Ok(steps)
        })?;
        rows[3].add(|| {
            generated.into_iter().try_for_each(|case| oracle.answer(case, &answering).map(drop))?;
            Ok(steps)
        })?;
        rows[4].add(|| {
            make().for_each(drop);
            Ok(steps)
        })?;
        if let (Some(worker), Some(row)) = (&mut behind_pipe, rows.get_mut(5)) {
            behind_driver(worker.as_mut(), spec, row, range)?;
        }
    }
    Ok(Speeds { info: target.info.name, rows })
}

/// Runs the range of cases on another interpreter, judged by its own profile. The generator makes the same cases for the same
/// version.
fn behind_driver(
    worker: &mut dyn Worker,
    spec: &TargetSpec,
    row: &mut Row,
    range: Range<u64>,
) -> Result<(), TargetError> {
    let info = worker.info();
    let batch = Batch {
        seed: SEED,
        cases: range,
        generator: GeneratorOptions::all(info.profile),
        known: KnownList::built_in(info, &spec.module)?.patterns(info.profile),
        model: Vec::new(),
        omissions: Omissions::NONE,
        fresh: None,
    };
    let began = Instant::now();
    let result = worker
        .batch(&batch)?
        .map_err(|loss| TargetError(format!("the target {} in case {}", loss.end, loss.marks.case)))?;
    row.time += began.elapsed();
    row.steps += result.steps;
    Ok(())
}

impl Row {
    /// Adds the time and the number of steps of some work.
    fn add(&mut self, work: impl FnOnce() -> Result<u64, TargetError>) -> Result<(), TargetError> {
        let began = Instant::now();
        self.steps += work()?;
        self.time += began.elapsed();
        Ok(())
    }
}
