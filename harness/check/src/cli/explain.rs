//! `mmapcheck explain`

use super::args::Explain;
use super::exit::{CommandError, Exit};
use super::output::write_out;
use crate::report::Report;
use crate::report::explain::explain as text;
use crate::report::issue::issue;
use std::path::Path;

pub(super) fn explain(args: &Explain) -> Result<Exit, CommandError> {
    let report = Report::read(&args.last.report).map_err(CommandError)?;
    let text = if args.issue { issue(&report, args.number) } else { text(&report, args.number, &command(args)?) };
    write_out(&text.map_err(CommandError)?);
    Ok(Exit::Agrees)
}

/// The shell command that prints the same cause as a text to file.
fn command(args: &Explain) -> Result<String, CommandError> {
    let program = std::env::args_os().next().map_or("mmapcheck".into(), |name| name.to_string_lossy().into_owned());
    let mut words = vec![program, "explain".into(), args.number.to_string(), "--issue".into()];
    if args.last.report != Path::new(super::args::FOUND) {
        words.push(format!("--report={}", args.last.report.display()));
    }
    Ok(shlex::try_join(words.iter().map(String::as_str))?)
}
