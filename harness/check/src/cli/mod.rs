//! The command line: commands, options, output and exit status. Only it prints and chooses an exit status.

mod args;
mod bench;
mod bisect;
mod check;
mod corpus;
mod diff;
mod doctor;
mod exit;
mod explain;
mod interrupt;
mod manual;
mod matrix;
mod output;
mod pages;
mod profile;
mod recorder;
mod render;
mod replay;
mod smoke;
mod triage;
mod values;
mod worker;

use args::{Cli, Command};
use clap::Parser;
use exit::{CommandError, Exit};
use mmapcheck_spec::printable;
use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the program with these arguments, of which the first is the program's name. Returns the exit status for them.
#[must_use]
pub fn run(args: Vec<OsString>) -> ExitCode {
    exit(args).into()
}

fn exit(mut args: Vec<OsString>) -> Exit {
    // `mmapcheck --seed 3` is `mmapcheck check --seed 3`, but help and version are the whole program's.
    let first = args.get(1).and_then(|arg| arg.to_str());
    if first.is_none_or(|arg| arg.starts_with('-') && !["-h", "--help", "-V", "--version"].contains(&arg)) {
        args.insert(1.min(args.len()), "check".into());
    }
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let done = match cli.command {
        Command::Check(args) => check::check(&args),
        Command::Pages(args) => pages::pages(&args),
        Command::Explain(args) => explain::explain(&args),
        Command::Replay(args) => replay::replay(&args),
        Command::Shrink(args) => replay::shrink(&args),
        Command::Diff(args) => diff::diff(&args),
        Command::Bisect(args) => bisect::bisect(&args),
        Command::Triage(args) => triage::triage(&args),
        Command::Matrix(args) => matrix::matrix(&args),
        Command::Profile(args) => profile::profile(&args),
        Command::Smoke(args) => smoke::run(&args),
        Command::Bench(args) => bench::bench(&args),
        Command::Corpus(args) => corpus::corpus(&args),
        Command::Render(args) => render::render(&args),
        Command::Doctor => doctor::doctor(),
        Command::Completions(args) => manual::completions(&args),
        Command::Man(args) => manual::pages(&args),
        Command::Worker(args) => worker::worker(args),
    };
    done.unwrap_or_else(|CommandError(message)| {
        // A target's own words may be part of it.
        eprintln!("mmapcheck: {}", printable(&message));
        Exit::CannotRun
    })
}

/// Prints help and version to standard output. A usage error is one line on standard error.
fn usage(error: &clap::Error) -> Exit {
    if !error.use_stderr() {
        let _ = error.print();
        return Exit::Agrees;
    }
    let text = error.to_string();
    let lines: Vec<_> = text.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    eprintln!("mmapcheck: {}; see --help", lines.join(" ").trim_start_matches("error: "));
    Exit::CannotRun
}
