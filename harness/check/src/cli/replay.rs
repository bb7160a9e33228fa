//! `mmapcheck replay` and `mmapcheck shrink`

use super::args::{ListFormat, Replay, Shrink, TargetArgs};
use super::exit::{CommandError, Exit};
use super::output::write_out;
use mmapcheck::campaign::shrink_to;
use mmapcheck::differential::DifferentialRun;
use mmapcheck::divergence::Severity;
use mmapcheck::limits;
use mmapcheck::oracle::{AnswerOptions, Oracle};
use mmapcheck::report::case::{CaseRecord, LeftOutRecord, Verdict};
use mmapcheck::report::session::session;
use mmapcheck::trace_table::side_by_side;
use mmapcheck::worker::Worker;
use mmapcheck_spec::{Case, Detail, notation};
use mmapcheck_targets::stop::Stop;
use std::path::Path;
use std::time::Instant;

pub(super) fn replay(args: &Replay) -> Result<Exit, CommandError> {
    // All files are read before the first case is run, so that an unreadable one is reported at once.
    let cases = args.files.iter().map(|file| Ok((file, read(file)?))).collect::<Result<Vec<_>, CommandError>>()?;
    let mut pair = Pair::start(&args.target)?;
    let least = pair.least(args.severity);
    let mut records = Vec::new();
    for (file, case) in cases {
        let compared = pair.compare(case)?;
        let record = pair.record(file, &compared, least, None);
        write_out(&match args.format {
            ListFormat::Json => record.json()?,
            ListFormat::Text => {
                let CaseRecord { file, target, profile, .. } = &record;
                let (traces, verdict) = (side_by_side(&compared), record.line(least));
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
    let compared = pair.compare(case.clone())?;
    let bucket = compared.comparison.first(least).map(|divergence| divergence.bucket.clone());
    let (compared, session) = match bucket {
        None => (compared, None),
        Some(bucket) => {
            let deadline = Instant::now() + limits::SHRINK;
            let small = shrink_to(&mut pair.oracle, pair.worker.as_mut(), case, &bucket, &options(), deadline);
            let compared = pair.compare(small.case)?;
            let divergence = compared.comparison.divergences.iter().find(|divergence| divergence.bucket == bucket);
            let session = session(&compared, divergence);
            (compared, Some(session))
        }
    };
    let record = pair.record(&args.file, &compared, least, session);
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

fn read(path: &Path) -> Result<Case, CommandError> {
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

/// A target, and the oracle that judges it.
struct Pair {
    worker: Box<dyn Worker>,
    oracle: Oracle,
}

impl Pair {
    fn start(target: &TargetArgs) -> Result<Pair, CommandError> {
        let worker = target.spec().start(target.profile, limits::HANG, &Stop::never())?;
        let oracle = Oracle::new(target.profile.unwrap_or(worker.info().profile))?;
        Ok(Pair { worker, oracle })
    }

    fn compare(&mut self, case: Case) -> Result<DifferentialRun, CommandError> {
        Ok(DifferentialRun::of(case, &mut self.oracle, self.worker.as_mut(), &options())?)
    }

    fn record(&self, file: &Path, run: &DifferentialRun, least: Severity, session: Option<String>) -> CaseRecord {
        CaseRecord::new(file.display().to_string(), self.worker.info().name.clone(), run, least, session)
    }

    /// The mildest severity that counts.
    fn least(&self, requested: Option<Severity>) -> Severity {
        Severity::least(requested, self.worker.info())
    }
}
