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

/// Runs the same cases in each way. Rounds alternate, so that a busy moment of the machine hits all rows alike.
///
/// # Errors
/// Where the target does not start.
pub fn measure(subject: &Subject, profile: Option<Profile>, cases: u64) -> Result<Speeds, TargetError> {
    const ROUNDS: u64 = 10;
    mmapcheck_targets::check_interpreter()?;
    let dir = scratch()?;
    let machine = Embedded::new(&subject.module, &subject.attr, dir.path())?;
    let host = machine.host().clone();
    let profile = profile.unwrap_or(host.profile);
    let mut target = Stepwise::new(machine, host);
    let mut judge = Judge::new(profile)?;
    judge.set_rules(Known::built_in(target.host(), &subject.module)?.rules(profile));
    judge.spare_all();
    let mix = Mix::all(profile);
    let mut behind = match &subject.engine {
        Engine::Python(_) => Some(subject.start(None, limits::HANG)?),
        Engine::Embedded | Engine::Reference => None,
    };
    let names = ["generated, run on both, compared", ALONE, "the reference alone", "generation alone"];
    let names = names.into_iter().chain(behind.as_ref().map(|_| "behind the driver, compared"));
    let mut rows: Vec<Row> = names.map(|name| Row { name, steps: 0, time: Duration::ZERO }).collect();
    for round in 0..ROUNDS {
        let range = round * cases / ROUNDS..(round + 1) * cases / ROUNDS;
        let make = || range.clone().map(|number| generate(&mut seeded(1, number), &mix));
        let plain =
            make().map(|case| Ok(judge.answer(case, Watch::Quick)?.case)).collect::<Result<Vec<_>, TargetError>>()?;
        let generated: Vec<Case> = make().collect();
        let steps = plain.iter().map(|case| case.steps.len() as u64).sum();
        rows[0].add(steps, || sweep(&mut judge, &mut target, &mix, 1, range.clone(), &mut |_, _| {}).map(drop))?;
        rows[1].add(steps, || plain.iter().try_for_each(|case| target.run(case, Watch::Quick).map(drop)))?;
        rows[2].add(steps, || generated.into_iter().try_for_each(|case| judge.answer(case, Watch::Quick).map(drop)))?;
        rows[3].add(steps, || {
            make().for_each(drop);
            Ok(())
        })?;
        if let (Some(behind), Some(row)) = (&mut behind, rows.get_mut(4)) {
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
    fn add(&mut self, steps: u64, work: impl FnOnce() -> Result<(), TargetError>) -> Result<(), TargetError> {
        let began = Instant::now();
        work()?;
        self.time += began.elapsed();
        self.steps += steps;
        Ok(())
    }
}
