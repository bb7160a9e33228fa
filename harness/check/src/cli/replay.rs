//! `mmapcheck replay` and `mmapcheck shrink`

use super::{CannotRun, Exit, Replay, Shrink, TargetArgs, write_out};
use mmapcheck::campaign::shrink_to;
use mmapcheck::differential::DifferentialRun;
use mmapcheck::divergence::Severity;
use mmapcheck::oracle::{AnswerOptions, Oracle};
use mmapcheck::sides::side_by_side;
use mmapcheck::worker::Worker;
use mmapcheck::{limits, report};
use mmapcheck_spec::{Case, Detail, notation};
use std::path::Path;
use std::time::Instant;

pub(super) fn replay(args: &Replay) -> Result<Exit, CannotRun> {
    // All files are read first: a broken one must not hide behind the findings of another.
    let cases = args.files.iter().map(|file| Ok((file, read(file)?))).collect::<Result<Vec<_>, CannotRun>>()?;
    let mut bench = Bench::new(&args.target)?;
    let least = bench.least(args.severity);
    let mut exit = Exit::Agrees;
    for (file, case) in cases {
        let compared = bench.compare(case)?;
        let info = &bench.worker.info().name;
        let title = format!("{} on {info}, judged as {}\n\n", file.display(), bench.oracle.profile());
        let verdict = report::verdict(&compared.comparison, least);
        write_out(&format!("{title}{}\n{verdict}\n\n", side_by_side(&compared)));
        if compared.comparison.first(least).is_some() {
            exit = Exit::Diverges;
        }
    }
    Ok(exit)
}

pub(super) fn shrink(args: &Shrink) -> Result<Exit, CannotRun> {
    let case = read(&args.file)?;
    let mut bench = Bench::new(&args.target)?;
    let least = bench.least(args.severity);
    let compared = bench.compare(case.clone())?;
    let Some(bucket) = compared.comparison.first(least).map(|divergence| divergence.bucket.clone()) else {
        write_out(&format!("# {}: {}\n", args.file.display(), report::verdict(&compared.comparison, least)));
        return Ok(Exit::Agrees);
    };
    let deadline = Instant::now() + limits::SHRINK;
    let small = shrink_to(&mut bench.oracle, bench.worker.as_mut(), case, &bucket, &options(), deadline);
    let compared = bench.compare(small)?;
    let divergence = compared.comparison.divergences.iter().find(|divergence| divergence.bucket == bucket);
    let (verdict, session) = (report::verdict(&compared.comparison, least), report::session(&compared, divergence));
    write_out(&format!("# {verdict}\n\n{session}"));
    Ok(Exit::Diverges)
}

fn read(path: &Path) -> Result<Case, CannotRun> {
    let text = std::fs::read_to_string(path).map_err(|error| CannotRun::file(path, error))?;
    let session = notation::parse(&text, 1).map_err(|error| CannotRun(format!("{}:{error}", path.display())))?;
    Ok(session.case)
}

/// A single case is run with all its steps, and nothing is known of its divergences.
fn options() -> AnswerOptions<'static> {
    AnswerOptions::new(Detail::Full)
}

/// A target and an oracle for single cases.
struct Bench {
    worker: Box<dyn Worker>,
    oracle: Oracle,
}

impl Bench {
    fn new(target: &TargetArgs) -> Result<Bench, CannotRun> {
        let worker = target.subject().start(target.profile, limits::HANG)?;
        let oracle = Oracle::new(target.profile.unwrap_or(worker.info().profile))?;
        Ok(Bench { worker, oracle })
    }

    fn compare(&mut self, case: Case) -> Result<DifferentialRun, CannotRun> {
        Ok(DifferentialRun::of(case, &mut self.oracle, self.worker.as_mut(), &options())?)
    }

    fn least(&self, asked: Option<Severity>) -> Severity {
        Severity::least(asked, self.worker.info())
    }
}
