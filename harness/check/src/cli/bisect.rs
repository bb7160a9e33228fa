//! `mmapcheck bisect`

use super::args::{Bisect, TargetArgs};
use super::exit::{CommandError, Exit};
use super::output::write_out;
use super::replay::{Pair, read};
use crate::bisection::{Bisection, bisect as search};
use crate::report::Report;
use crate::report::case::{CaseRecord, Verdict};
use crate::report::screen::wrapped;
use mmapcheck_spec::{Case, Profile, Version, notation};
use std::path::{Path, PathBuf};

/// Width of the text in columns.
const WIDTH: usize = 80;

/// An interpreter, its version, and its name.
struct Candidate {
    python: PathBuf,
    profile: Profile,
    name: String,
}

pub(super) fn bisect(args: &Bisect) -> Result<Exit, CommandError> {
    let (case, module) = case(args)?;
    let target = |python: &Path, profile| TargetArgs {
        python: Some(python.to_owned()),
        module: module.clone(),
        reference: false,
        profile,
    };
    let ask = |python: &PathBuf| {
        let pair = Pair::start(&target(python, None))?;
        let info = pair.info();
        Ok(Candidate { python: python.clone(), profile: info.profile, name: info.name.clone() })
    };
    let mut candidates = args.python.iter().map(ask).collect::<Result<Vec<_>, CommandError>>()?;
    candidates.sort_by_key(|candidate| -> Version { candidate.profile.version() });
    let profile = args.profile.or(candidates.first().map(|oldest| oldest.profile));
    let Some(profile) = profile else { return Err(CommandError("no interpreter is named".into())) };
    write_out(&format!("judged as {profile}\n"));
    let found = search(candidates.len(), |at| -> Result<Verdict, CommandError> {
        let Candidate { python, name, .. } = &candidates[at];
        let mut pair = Pair::start(&target(python, Some(profile)))?;
        let record: CaseRecord = pair.judged(python, &case, args.severity)?;
        let lines = wrapped(&record.line(pair.least(args.severity)), WIDTH - 2);
        write_out(&format!("{name}\n  {}\n", lines.join("\n  ")));
        Ok(record.verdict)
    })?;
    match found {
        Bisection { first: Some(first), .. } => {
            let Candidate { python, name, .. } = &candidates[first];
            write_out(&format!("first that diverges: {name}\n  {}\n", python.display()));
            Ok(Exit::Diverges)
        }
        Bisection { incomplete: true, .. } => {
            Err(CommandError("none diverges, but not every step could be compared on each interpreter".into()))
        }
        Bisection { .. } => {
            write_out("none diverges\n");
            Ok(Exit::Agrees)
        }
    }
}

/// The case, and the class that it is run on. A number is that of a cause of the last report.
fn case(args: &Bisect) -> Result<(Case, Option<String>), CommandError> {
    let Ok(number) = args.case.parse::<usize>() else {
        return Ok((read(Path::new(&args.case))?, args.module.clone()));
    };
    let report = Report::read(&args.last.report).map_err(CommandError)?;
    let cause = report.cause(number).map_err(CommandError)?;
    let session = notation::parse(&cause.session, 1)
        .map_err(|error| CommandError(format!("the session of cause {number} cannot be read: line {error}")))?;
    Ok((session.case, args.module.clone().or(cause.module())))
}
