//! `mmapcheck replay` and `mmapcheck shrink`

use super::args::{Replay, Shrink, TargetArgs};
use super::exit::{CommandError, Exit};
use super::output::write_out;
use mmapcheck::campaign::shrink_to;
use mmapcheck::differential::DifferentialRun;
use mmapcheck::divergence::Severity;
use mmapcheck::limits;
use mmapcheck::oracle::{AnswerOptions, Oracle};
use mmapcheck::report::session::session;
use mmapcheck::report::text::verdict;
use mmapcheck::trace_table::side_by_side;
use mmapcheck::worker::Worker;
use mmapcheck_spec::{Case, Detail, notation};
use std::path::Path;
use std::time::Instant;

pub(super) fn replay(args: &Replay) -> Result<Exit, CommandError> {
    // All files are read before the first case is run, so that an unreadable one is reported at once.
    let cases = args.files.iter().map(|file| Ok((file, read(file)?))).collect::<Result<Vec<_>, CommandError>>()?;
    let mut pair = Pair::start(&args.target)?;
    let least = pair.least(args.severity);
    let mut exit = Exit::Agrees;
    for (file, case) in cases {
        let compared = pair.compare(case)?;
        let (target, profile) = (&pair.worker.info().name, pair.oracle.profile());
        let title = format!("{} on {target}, judged as {profile}\n\n", file.display());
        let verdict = verdict(&compared.comparison, least);
        write_out(&format!("{title}{}\n{verdict}\n\n", side_by_side(&compared)));
        if compared.comparison.first(least).is_some() {
            exit = Exit::Diverges;
        }
    }
    Ok(exit)
}

pub(super) fn shrink(args: &Shrink) -> Result<Exit, CommandError> {
    let case = read(&args.file)?;
    let mut pair = Pair::start(&args.target)?;
    let least = pair.least(args.severity);
    let compared = pair.compare(case.clone())?;
    let Some(bucket) = compared.comparison.first(least).map(|divergence| divergence.bucket.clone()) else {
        write_out(&format!("# {}: {}\n", args.file.display(), verdict(&compared.comparison, least)));
        return Ok(Exit::Agrees);
    };
    let deadline = Instant::now() + limits::SHRINK;
    let small = shrink_to(&mut pair.oracle, pair.worker.as_mut(), case, &bucket, &options(), deadline);
    let compared = pair.compare(small)?;
    let divergence = compared.comparison.divergences.iter().find(|divergence| divergence.bucket == bucket);
    write_out(&format!("# {}\n\n{}", verdict(&compared.comparison, least), session(&compared, divergence)));
    Ok(Exit::Diverges)
}

fn read(path: &Path) -> Result<Case, CommandError> {
    let text = std::fs::read_to_string(path).map_err(|error| CommandError::file(path, error))?;
    let session = notation::parse(&text, 1).map_err(|error| CommandError(format!("{}:{error}", path.display())))?;
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
        let worker = target.spec().start(target.profile, limits::HANG)?;
        let oracle = Oracle::new(target.profile.unwrap_or(worker.info().profile))?;
        Ok(Pair { worker, oracle })
    }

    fn compare(&mut self, case: Case) -> Result<DifferentialRun, CommandError> {
        Ok(DifferentialRun::of(case, &mut self.oracle, self.worker.as_mut(), &options())?)
    }

    /// The mildest severity that counts.
    fn least(&self, requested: Option<Severity>) -> Severity {
        Severity::least(requested, self.worker.info())
    }
}
