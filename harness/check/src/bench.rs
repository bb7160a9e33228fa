//! Speeds, measured side by side in one process so that their ratios mean something on any machine.

use crate::choices::seeded;
use crate::generate::{Mix, generate};
use crate::known::Known;
use crate::limits;
use crate::run::{Judge, Stepwise};
use crate::sweep::sweep;
use crate::worker::{Engine, Subject, SweepOrder, WireRule, Worker, scratch};
use mmapcheck_spec::{Case, Op, Profile, Target, TargetError, Watch};
use mmapcheck_targets::Embedded;
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
    pub host: String,
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

/// Runs the same cases in each way. Rounds alternate, so that a busy moment of the machine hits all rows alike.
///
/// # Errors
/// Where the target does not start.
pub fn measure(subject: &Subject, profile: Option<Profile>, cases: u64) -> Result<Speeds, TargetError> {
    const ROUNDS: u64 = 10;
    mmapcheck_targets::check_interpreter()?;
    let dir = scratch()?;
    let machine = Embedded::new(&subject.module, &subject.attr, dir.path())?;
    let (host, guards) = (machine.host().clone(), machine.guards());
    let profile = profile.unwrap_or(host.profile);
    let mut target = Stepwise::new(machine, host);
    let rules = Known::built_in(target.host(), &subject.module)?.rules(profile);
    let (mut judge, mut sparing) = (Judge::new(profile)?, Judge::new(profile)?);
    judge.set_rules(rules.clone());
    // A death that is not foreseen would be the end of the measurement.
    judge.spare();
    sparing.set_rules(rules);
    sparing.spare_all();
    let (mix, calm) = (Mix::all(profile), Mix::calm(profile));
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
        let plain =
            make().map(|case| Ok(sparing.answer(case, Watch::Quick)?.case)).collect::<Result<Vec<_>, TargetError>>()?;
        let generated: Vec<Case> = make().collect();
        let steps: u64 = plain.iter().map(|case| case.steps.len() as u64).sum();
        let mut guarded = |case: u64, _| guards.set(case.is_multiple_of(limits::GUARDED));
        rows[0].add(|| Ok(sweep(&mut judge, &mut target, &mix, 1, range.clone(), &mut guarded)?.steps))?;
        guards.set(false);
        rows[1].add(|| Ok(sweep(&mut sparing, &mut target, &calm, 1, range.clone(), &mut |_, _| {})?.steps))?;
        rows[2].add(|| {
            plain.iter().try_for_each(|case| target.run(case, Watch::Quick).map(drop))?;
            Ok(steps)
        })?;
        rows[3].add(|| {
            generated.into_iter().try_for_each(|case| sparing.answer(case, Watch::Quick).map(drop))?;
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
    Ok(Speeds { host: target.host.name, rows })
}

/// The same range of cases on another interpreter, judged by what it claims to be; they are the same cases where it is of the
/// same version.
fn behind_driver(
    worker: &mut dyn Worker,
    subject: &Subject,
    row: &mut Row,
    range: Range<u64>,
) -> Result<(), TargetError> {
    let ops = Op::ALL.iter().map(ToString::to_string).collect();
    let count = range.end - range.start;
    let host = worker.host();
    let known = Known::built_in(host, &subject.module)?.rules(host.profile).0.iter().map(WireRule::from).collect();
    let order = SweepOrder { seed: 1, first: range.start, count, ops, steps: limits::STEPS, acts: true, known };
    let began = Instant::now();
    let swept = worker
        .sweep(order)?
        .map_err(|gone| TargetError(format!("the target {} in case {}", gone.end, gone.marks.case)))?;
    row.time += began.elapsed();
    row.steps += swept.steps;
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
