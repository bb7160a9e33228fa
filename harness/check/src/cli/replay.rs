//! `mmapcheck replay` and `mmapcheck shrink`

use super::args::{ListFormat, Replay, Shrink, TargetArgs};
use super::exit::{CommandError, Exit};
use super::output::write_out;
use crate::campaign::shrink_to;
use crate::differential::DifferentialRun;
use crate::divergence::Severity;
use crate::left_out::{Kind, Reason};
use crate::limits;
use crate::oracle::{AnswerOptions, Oracle};
use crate::repeat::{Rate, in_time, repeat_run, shows, until_shown};
use crate::report::case::{CaseRecord, LeftOutRecord, Verdict, worst};
use crate::report::session::session;
use crate::trace_table::side_by_side_tracing;
use crate::worker::Worker;
use mmapcheck_spec::{Case, Detail, Op, TargetInfo, notation};
use mmapcheck_targets::stop::Stop;
use std::path::{Path, PathBuf};
use std::time::Instant;

pub(super) fn replay(args: &Replay) -> Result<Exit, CommandError> {
    // All files are read before the first case is run, so that an unreadable one is reported at once.
    let cases = args.files.iter().map(|file| Ok((file, read(file)?))).collect::<Result<Vec<_>, CommandError>>()?;
    let part = Part::of(args, &cases)?;
    let mut pair = Pair::start(&args.target)?;
    let least = pair.least(args.severity);
    let mut records = Vec::new();
    for (file, case) in cases {
        let runs = pair.runs_of_part(&case, args.runs, part)?;
        let Some(run) = worst(&runs, least) else { continue };
        let rate = Rate::among(&runs, |run| Verdict::of(run, least) == Verdict::Diverge);
        let record = pair.record(file, run, rate, least, None);
        write_out(&match args.format {
            ListFormat::Json => record.json()?,
            ListFormat::Text => {
                let CaseRecord { file, target, profile, .. } = &record;
                let (traces, verdict) = (side_by_side_tracing(run, args.trace_bytes.as_ref()), record.line(least));
                format!("{file} on {target}, judged as {profile}\n\n{traces}\n{verdict}\n\n")
            }
        });
        records.push(record);
    }
    exit(&records)
}

pub(super) fn shrink(args: &Shrink) -> Result<Exit, CommandError> {
    let case = read(&args.file)?;
    let mut pair = Pair::start(&args.target)?;
    let least = pair.least(args.severity);
    let runs = pair.runs(&case, None)?;
    let found = runs.iter().find_map(|run| Some((run, run.comparison.first(least)?.bucket.clone())));
    let record = match found {
        None => {
            let run = worst(&runs, least).ok_or_else(|| CommandError("the case was not run".into()))?;
            pair.record(&args.file, run, Rate { shown: 0, runs: runs.len() }, least, None)
        }
        Some((run, bucket)) => {
            let rate = Rate::among(&runs, |run| shows(run, &bucket));
            let deadline = Instant::now() + args.shrink_time;
            let (oracle, target) = (&mut pair.oracle, pair.worker.as_mut());
            let small = shrink_to(oracle, target, case, &bucket, rate, &options(), deadline);
            let small = until_shown(&bucket, || pair.runs(&small.case, None))?;
            // A case that no longer shows the divergence is not the smaller one.
            let (run, rate) = match small.iter().find(|run| shows(run, &bucket)) {
                Some(run) => (run, Rate::among(&small, |run| shows(run, &bucket))),
                None => (run, rate),
            };
            let divergence = run.comparison.divergences.iter().find(|divergence| divergence.bucket == bucket);
            pair.record(&args.file, run, rate, least, Some(session(run, divergence)))
        }
    };
    write_out(&match (args.format, &record.session) {
        (ListFormat::Json, _) => record.json()?,
        (ListFormat::Text, Some(session)) => format!("# {}\n\n{session}", record.line(least)),
        (ListFormat::Text, None) => format!("# {}: {}\n", record.file, record.line(least)),
    });
    exit(&[record])
}

/// The exit status for these cases: 1 if one diverges, 0 if every step of all was compared.
///
/// # Errors
/// Where none diverges, but not every step was compared: the first step that was not.
fn exit(records: &[CaseRecord]) -> Result<Exit, CommandError> {
    let with = |verdict| records.iter().filter(move |record| record.verdict == verdict);
    if with(Verdict::Diverge).next().is_some() {
        return Ok(Exit::Diverges);
    }
    let Some(record) = with(Verdict::Incomplete).next() else { return Ok(Exit::Agrees) };
    let others = match with(Verdict::Incomplete).count() - 1 {
        0 => String::new(),
        many => format!("; {many} more files are incomplete"),
    };
    let first = record.left_out.first();
    let first = first.map(|LeftOutRecord { step, source, reason }| format!("; step {}, {source}: {reason}", step + 1));
    let (file, extent) = (&record.file, record.extent());
    Err(CommandError(format!("{file}: only {extent}{}{others}", first.unwrap_or_default())))
}

pub(super) fn read(path: &Path) -> Result<Case, CommandError> {
    let text = std::fs::read_to_string(path).map_err(|error| CommandError::file(path, error))?;
    let session = notation::parse(&text, 1).map_err(|error| CommandError(format!("{}:{error}", path.display())))?;
    if session.case.steps.is_empty() {
        let line = session.statements.last().map_or(1, |statement| statement.line);
        return Err(CommandError(format!("{}:{line}: the session has no step", path.display())));
    }
    Ok(session.case)
}

/// A saved case is run whole, and no divergence of it counts as known.
fn options() -> AnswerOptions<'static> {
    AnswerOptions::new(Detail::Full)
}

/// The part of a case that a replay runs and compares.
#[derive(Clone, Copy, Default)]
struct Part {
    /// The place of the first step that is compared, counted from 0.
    first: usize,
    /// One more than the place of the last step that is run; none: all are run.
    end: Option<usize>,
}

impl Part {
    /// The part that the options select of each of these cases.
    fn of(args: &Replay, cases: &[(&PathBuf, Case)]) -> Result<Part, CommandError> {
        if args.trace_bytes.is_some() && args.format == ListFormat::Json {
            return Err(CommandError("--trace-bytes has no effect on --format json".into()));
        }
        if let (Some(from), Some(until)) = (args.from, args.until)
            && from > until
        {
            return Err(CommandError(format!("--from {from} is after --until {until}")));
        }
        for (option, step) in [("--from", args.from), ("--until", args.until)] {
            let Some(step) = step else { continue };
            if let Some((file, case)) = cases.iter().find(|(_, case)| usize::from(step) > case.steps.len()) {
                let (file, many) = (file.display(), case.steps.len());
                return Err(CommandError(format!("{option} {step}: the last step of {file} is {many}")));
            }
        }
        Ok(Part { first: args.from.map_or(0, |from| usize::from(from) - 1), end: args.until.map(usize::from) })
    }

    /// The places of the steps that are not run. A child process that has begun is waited for.
    fn not_run(self, case: &Case) -> Vec<(usize, Reason)> {
        let Some(end) = self.end else { return Vec::new() };
        let has_child = case.steps[..end].iter().rfind(|step| step.op.is_of_children());
        let has_child = has_child.is_some_and(|step| step.op == Op::Fork);
        let later = || end..case.steps.len();
        let wait = later().find(|place| has_child && case.steps[*place].op == Op::Wait);
        later().filter(|place| Some(*place) != wait).map(|place| (place, Kind::AfterLast.into())).collect()
    }
}

/// A target, and the oracle that judges it.
pub(super) struct Pair {
    worker: Box<dyn Worker>,
    oracle: Oracle,
}

impl Pair {
    pub(super) fn start(target: &TargetArgs) -> Result<Pair, CommandError> {
        let worker = target.spec().start(target.profile, limits::HANG, &Stop::never())?;
        let oracle = Oracle::new(worker.info().judged_by(target.profile))?;
        Ok(Pair { worker, oracle })
    }

    /// Runs a case so many times; by default [`limits::REPEATS`] times, or as often as takes little time.
    fn runs(&mut self, case: &Case, many: Option<u16>) -> Result<Vec<DifferentialRun>, CommandError> {
        self.runs_of_part(case, many, Part::default())
    }

    fn runs_of_part(
        &mut self,
        case: &Case,
        many: Option<u16>,
        part: Part,
    ) -> Result<Vec<DifferentialRun>, CommandError> {
        let until = many.is_none().then(|| in_time(None));
        let many = many.map_or(limits::REPEATS, usize::from);
        let (oracle, target) = (&mut self.oracle, self.worker.as_mut());
        let run = || {
            let run = DifferentialRun::without(case.clone(), part.not_run(case), oracle, target, &options())?;
            Ok(if part.first > 0 { run.compared_from(part.first) } else { run })
        };
        Ok(repeat_run(many, until, run)?)
    }

    /// The description of the target.
    pub(super) fn info(&self) -> &TargetInfo {
        self.worker.info()
    }

    /// The result of a case, by as many runs as take little time. `file`: where it comes from.
    pub(super) fn judged(
        &mut self,
        file: &Path,
        case: &Case,
        requested: Option<Severity>,
    ) -> Result<CaseRecord, CommandError> {
        let least = self.least(requested);
        let runs = self.runs(case, None)?;
        let run = worst(&runs, least).ok_or_else(|| CommandError("the case was not run".into()))?;
        let rate = Rate::among(&runs, |run| Verdict::of(run, least) == Verdict::Diverge);
        Ok(self.record(file, run, rate, least, None))
    }

    fn record(
        &self,
        file: &Path,
        run: &DifferentialRun,
        rate: Rate,
        least: Severity,
        session: Option<String>,
    ) -> CaseRecord {
        CaseRecord::new(file.display().to_string(), self.worker.info().name.clone(), run, rate, least, session)
    }

    /// The mildest severity that counts.
    pub(super) fn least(&self, requested: Option<Severity>) -> Severity {
        Severity::least(requested, self.worker.info())
    }
}
