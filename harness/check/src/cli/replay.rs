//! `mmapcheck replay` and `mmapcheck shrink`

use super::{Exit, Replay, Shrink, Stop, TargetArgs, write_out};
use mmapcheck::campaign::shrink_to;
use mmapcheck::compare::Severity;
use mmapcheck::run::Judge;
use mmapcheck::sides::side_by_side;
use mmapcheck::worker::Worker;
use mmapcheck::{limits, report};
use mmapcheck_spec::{Case, Watch, notation};
use std::path::Path;
use std::time::Instant;

pub(super) fn replay(args: &Replay) -> Result<Exit, Stop> {
    // All files are read first: a broken one must not hide behind the findings of another.
    let cases = args.files.iter().map(|file| Ok((file, read(file)?))).collect::<Result<Vec<_>, Stop>>()?;
    let mut bench = Bench::new(&args.target)?;
    let least = bench.least(args.severity);
    let mut exit = Exit::Agrees;
    for (file, case) in cases {
        let compared = bench.judge.compare(case, bench.worker.as_mut(), Watch::Full)?;
        let host = &bench.worker.host().name;
        let title = format!("{} on {host}, judged as {}\n\n", file.display(), bench.judge.profile());
        let verdict = report::verdict(&compared.comparison, least);
        write_out(&format!("{title}{}\n{verdict}\n\n", side_by_side(&compared)));
        if compared.comparison.first(least).is_some() {
            exit = Exit::Diverges;
        }
    }
    Ok(exit)
}

pub(super) fn shrink(args: &Shrink) -> Result<Exit, Stop> {
    let case = read(&args.file)?;
    let mut bench = Bench::new(&args.target)?;
    let least = bench.least(args.severity);
    let compared = bench.judge.compare(case.clone(), bench.worker.as_mut(), Watch::Full)?;
    let Some(bucket) = compared.comparison.first(least).map(|difference| difference.bucket.clone()) else {
        write_out(&format!("# {}: {}\n", args.file.display(), report::verdict(&compared.comparison, least)));
        return Ok(Exit::Agrees);
    };
    let small = shrink_to(&mut bench.judge, bench.worker.as_mut(), case, &bucket, Instant::now() + limits::SHRINK);
    let compared = bench.judge.compare(small, bench.worker.as_mut(), Watch::Full)?;
    let difference = compared.comparison.differences.iter().find(|difference| difference.bucket == bucket);
    let (verdict, session) = (report::verdict(&compared.comparison, least), report::session(&compared, difference));
    write_out(&format!("# {verdict}\n\n{session}"));
    Ok(Exit::Diverges)
}

fn read(path: &Path) -> Result<Case, Stop> {
    let text = std::fs::read_to_string(path).map_err(|error| Stop::file(path, error))?;
    let session = notation::parse(&text, 1).map_err(|error| Stop(format!("{}:{error}", path.display())))?;
    Ok(session.case)
}

/// A target and a judge for single cases.
struct Bench {
    worker: Box<dyn Worker>,
    judge: Judge,
}

impl Bench {
    fn new(target: &TargetArgs) -> Result<Bench, Stop> {
        let worker = target.subject().start(target.profile, limits::HANG)?;
        let judge = Judge::new(target.profile.unwrap_or(worker.host().profile))?;
        Ok(Bench { worker, judge })
    }

    fn least(&self, asked: Option<Severity>) -> Severity {
        Severity::least(asked, self.worker.host())
    }
}
