//! `mmapcheck replay` and `mmapcheck shrink`

use super::{Exit, Replay, Shrink, Stop, TargetArgs};
use mmapcheck::campaign::shrink_to;
use mmapcheck::compare::Severity;
use mmapcheck::run::Judge;
use mmapcheck::worker::Remote;
use mmapcheck::{limits, report};
use mmapcheck_spec::{Case, Target, TargetError, Watch, notation};
use std::path::Path;
use std::time::Instant;
use tempfile::TempDir;

pub(super) fn replay(args: &Replay) -> Result<Exit, Stop> {
    // All files are read first: a broken one must not hide behind the findings of another.
    let cases = args.files.iter().map(|file| Ok((file, read(file)?))).collect::<Result<Vec<_>, Stop>>()?;
    let mut bench = Bench::new(&args.target)?;
    let least = bench.least(args.severity);
    let mut exit = Exit::Agrees;
    for (file, case) in cases {
        let compared = bench.judge.compare(case, &mut bench.remote, Watch::Full)?;
        println!("{} on {}, judged as {}\n", file.display(), bench.remote.host().name, bench.judge.profile());
        print!("{}", report::side_by_side(&compared));
        println!("\n{}\n", report::verdict(&compared.comparison, least));
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
    let compared = bench.judge.compare(case.clone(), &mut bench.remote, Watch::Full)?;
    let Some(bucket) = compared.comparison.first(least).map(|difference| difference.bucket.clone()) else {
        println!("# {}: {}", args.file.display(), report::verdict(&compared.comparison, least));
        return Ok(Exit::Agrees);
    };
    let small = shrink_to(&mut bench.judge, &mut bench.remote, case, &bucket, Instant::now() + limits::SHRINK);
    let compared = bench.judge.compare(small, &mut bench.remote, Watch::Full)?;
    let difference = compared.comparison.differences.iter().find(|difference| difference.bucket == bucket);
    println!("# {}\n", report::verdict(&compared.comparison, least));
    print!("{}", report::session(&compared, difference));
    Ok(Exit::Diverges)
}

fn read(path: &Path) -> Result<Case, Stop> {
    let text = std::fs::read_to_string(path).map_err(|error| Stop::file(path, error))?;
    let session = notation::parse(&text, 1).map_err(|error| Stop(format!("{}:{error}", path.display())))?;
    Ok(session.case)
}

/// A target and a judge for single cases.
struct Bench {
    remote: Remote,
    judge: Judge,
    _dir: TempDir,
}

impl Bench {
    fn new(target: &TargetArgs) -> Result<Bench, Stop> {
        let remote = Remote::start(&target.subject(), target.profile, limits::HANG)?;
        let dir =
            tempfile::tempdir().map_err(|error| TargetError(format!("no temporary folder can be made: {error}")))?;
        let judge = Judge::new(target.profile.unwrap_or(remote.host().profile), dir.path())?;
        Ok(Bench { remote, judge, _dir: dir })
    }

    fn least(&self, asked: Option<Severity>) -> Severity {
        asked.unwrap_or(if self.remote.host().is_cpython_mmap { Severity::Message } else { Severity::Class })
    }
}
