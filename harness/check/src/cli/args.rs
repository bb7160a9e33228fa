//! The commands and their options.

use super::values::{byte_range, hang_time, operation, seed, time, weight, weight_text};
use crate::campaign::{Budget, Shard};
use crate::divergence::Severity;
use crate::generate::Weights;
use crate::limits;
use crate::report::command::{Invocation, environment};
use crate::worker::{Engine, TargetSpec};
use clap::{Args, Parser, Subcommand, ValueEnum};
use mmapcheck_spec::pages::Level;
use mmapcheck_spec::{Op, Profile};
use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

/// The folder that a check saves cases and its report in.
pub(super) const FOUND: &str = "mmapcheck-found";

/// Checks whether an mmap behaves like Python's mmap.
#[derive(Parser)]
#[command(
    name = "mmapcheck",
    version,
    about,
    after_help = "Without a command: check.\nExit status: 0 no divergence beyond known ones, 1 a divergence or a known one that no longer holds, 2 could not run, or not all could be compared."
)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Subcommand)]
pub(super) enum Command {
    /// Run the examples of the specification, then random cases, and compare the target with the reference
    Check(Check),
    /// List or show the clauses of the specification, or rewrite their answers
    Pages(Pages),
    /// Show one cause of the last report, whole; or print it as a text to file upstream
    Explain(Explain),
    /// Run saved cases again and show both traces side by side
    Replay(Replay),
    /// Make a diverging case smaller and print it
    Shrink(Shrink),
    /// List the causes that are new, gone or changed between two reports
    Diff(Diff),
    /// Find the first of several interpreters on which a case diverges
    Bisect(Bisect),
    /// Propose a list of known divergences from reports and saved cases
    Triage(Triage),
    /// Check several targets and write the conformance matrix with a page for each
    Matrix(Matrix),
    /// List the rules that hold for a profile, or those that differ from another profile
    Profile(ProfileArgs),
    /// Show whether a target can be driven, and what it offers
    Smoke(Smoke),
    /// Measure the speed, as ratios within one run
    Bench(Bench),
    /// Print the cases of the specification, and of saved files, as data
    Corpus(Corpus),
    /// Print a saved report in another format
    Render(Render),
    /// Show what this machine can check, and what each missing thing switches off
    Doctor,
    /// Print the completions of all commands for a shell
    Completions(Completions),
    /// Write a man page for each command
    Man(Man),
    /// Internal: the worker process of a campaign
    #[command(hide = true)]
    Worker(Worker),
}

#[derive(Args)]
pub(super) struct Corpus {
    /// One JSON object a line, one for each case: the only format
    #[arg(long, required = true)]
    pub(super) json: bool,
    /// Saved cases to print as well
    #[arg(value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
}

#[derive(Args)]
pub(super) struct Render {
    /// The report: what 'check --format json' printed, or the directory that 'check --report' wrote it into
    #[arg(value_name = "REPORT")]
    pub(super) report: PathBuf,
    /// Format of the report on standard output
    #[arg(long, value_enum, default_value_t = RenderFormat::Text)]
    pub(super) format: RenderFormat,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum RenderFormat {
    Text,
    Junit,
    /// A page for a browser
    Html,
    /// A summary for the job of a continuous integration
    Markdown,
}

#[derive(Args)]
pub(super) struct Completions {
    /// The shell
    pub(super) shell: clap_complete::Shell,
}

#[derive(Args)]
pub(super) struct Man {
    /// The folder to write the pages in, which is created if need be
    #[arg(value_name = "DIR")]
    pub(super) folder: PathBuf,
}

#[derive(Args, Clone)]
pub(super) struct TargetArgs {
    /// Run the class in this interpreter, through a driver that needs nothing installed there
    #[arg(long, value_name = "EXE")]
    pub(super) python: Option<PathBuf>,
    /// A class from another module; PYTHONPATH is honoured [default: mmap; ATTR: mmap]
    #[arg(long, value_name = "NAME[:ATTR]")]
    pub(super) module: Option<String>,
    /// The reference on real files against the reference in memory: a self-test
    #[arg(long, conflicts_with_all = ["python", "module"])]
    pub(super) reference: bool,
    /// Judge by this profile, such as cpython-3.11-linux, instead of the interpreter's own
    #[arg(long, value_name = "NAME")]
    pub(super) profile: Option<Profile>,
}

impl TargetArgs {
    /// The target that the options select.
    pub(super) fn spec(&self) -> TargetSpec {
        let engine = match &self.python {
            Some(python) => Engine::Python(python.clone()),
            None if self.reference => Engine::Reference,
            None => Engine::Embedded,
        };
        TargetSpec::named(engine, self.module.as_deref().unwrap_or("mmap"))
    }

    /// This program as it was called, in its environment, with the options that select the target.
    pub(super) fn invocation(&self) -> Invocation {
        let program = std::env::args_os().next().map_or("mmapcheck".into(), |name| name.to_string_lossy().into_owned());
        Invocation::new(&[&program], &environment(), self.words())
    }

    fn words(&self) -> Vec<String> {
        let option = |name: &str, value: Option<String>| value.map(|value| vec![name.to_owned(), value]);
        let python = self.python.as_ref().map(|python| python.display().to_string());
        let words = [
            option("--python", python),
            self.reference.then(|| vec!["--reference".to_owned()]),
            option("--module", self.module.clone()),
            option("--profile", self.profile.map(|profile| profile.to_string())),
        ];
        words.into_iter().flatten().flatten().collect()
    }
}

#[derive(Args)]
pub(super) struct Check {
    #[command(flatten)]
    pub(super) target: TargetArgs,
    /// Run only the examples of the specification
    #[arg(long, conflicts_with = "random_only")]
    pub(super) pages_only: bool,
    /// Run only random cases
    #[arg(long)]
    pub(super) random_only: bool,
    /// Run only the examples of these clauses, such as READ-3 or 'READ-*'; READ-3.2 is the second example of a clause
    #[arg(long, value_name = "ID", conflicts_with = "random_only")]
    pub(super) filter: Option<String>,
    /// Print the result of every example and the outcomes of every operation
    #[arg(long, short)]
    pub(super) verbose: bool,
    /// Run random cases for this time, such as 30s or 5m [default: 10s]
    #[arg(long, value_parser = time, conflicts_with = "cases")]
    pub(super) time: Option<Duration>,
    /// Run this number of random cases
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) cases: Option<u64>,
    /// Seed of the random cases; date: the same one all day, such as 20260131 (UTC) [default: a new one for each run, which is
    /// printed]
    #[arg(long, value_name = "N|date", value_parser = seed)]
    pub(super) seed: Option<u64>,
    /// Run only part I of N, such as 2/8: of the examples and, with the same --seed, of the random cases
    #[arg(long, value_name = "I/N", default_value = "1/1", hide_default_value = true)]
    pub(super) shard: Shard,
    /// Number of worker processes [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) jobs: Option<u16>,
    /// Maximum number of steps in a case
    #[arg(long, value_name = "N", default_value_t = limits::STEPS as u16, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(super) max_steps: u16,
    /// Generate only these operations, separated by commas
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = operation)]
    pub(super) ops: Option<Vec<Op>>,
    /// Draw an operation N times as often as usual: a decimal number up to 1000; 0: never. Repeatable
    #[arg(long, value_name = "OP=N", value_parser = weight)]
    pub(super) weight: Vec<(Op, u32)>,
    /// Do not generate arguments whose __index__ or __buffer__ calls back into the case
    #[arg(long)]
    pub(super) no_reentrancy: bool,
    /// The mildest divergence that counts: message, class, value, death or bytes
    /// [default: message for CPython's own mmap, class for any other]
    #[arg(long, value_name = "LEVEL")]
    pub(super) severity: Option<Severity>,
    /// Count only what breaks a promise of this level or a firmer one: documented, cpython or free
    #[arg(long, value_name = "LEVEL", default_value_t = Level::Free, conflicts_with = "fail_fast")]
    pub(super) level: Level,
    /// Use this list of known divergences instead of the one built in for the target
    #[arg(long, value_name = "FILE")]
    pub(super) known: Option<PathBuf>,
    /// Report known divergences like any other
    #[arg(long, conflicts_with = "known")]
    pub(super) no_known: bool,
    /// Time without an answer after which a step counts as hung
    #[arg(long, value_name = "TIME", value_parser = hang_time, default_value = "10s")]
    pub(super) hang: Duration,
    /// The longest time that one divergence is made smaller for [default: 10s, and a fifth of --time at most]
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(super) shrink_time: Option<Duration>,
    /// Stop at the first divergence
    #[arg(long)]
    pub(super) fail_fast: bool,
    /// Directory in which diverging cases are saved
    #[arg(long, value_name = "DIR", default_value = FOUND)]
    pub(super) report: PathBuf,
    /// Format of the report on standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
}

impl Check {
    /// This program with the options that make it judge the target as this check does.
    pub(super) fn invocation(&self) -> Invocation {
        let option = |name: &str, value: String| vec![name.to_owned(), value];
        let severity = self.severity.map(|severity| option("--severity", severity.to_string()));
        let known = self.known.as_ref().map(|file| option("--known", file.display().to_string()));
        let known = known.or(self.no_known.then(|| vec!["--no-known".to_owned()]));
        let invocation = self.target.invocation().generating(self.generating());
        invocation.counting(severity.unwrap_or_default(), known.unwrap_or_default())
    }

    /// The options that decide which cases a seed generates.
    fn generating(&self) -> Vec<String> {
        let names = |ops: &Vec<Op>| ops.iter().map(Op::to_string).collect::<Vec<_>>().join(",");
        let ops = self.ops.as_ref().map(|ops| ["--ops".to_owned(), names(ops)]);
        let weights = self.weight.iter().map(|weight| ["--weight".to_owned(), weight_text(*weight)]);
        let steps = (usize::from(self.max_steps) != limits::STEPS).then(|| self.max_steps.to_string());
        let steps = steps.map(|steps| ["--max-steps".to_owned(), steps]);
        let calm = self.no_reentrancy.then(|| "--no-reentrancy".to_owned());
        ops.into_iter().chain(weights).chain(steps).flatten().chain(calm).collect()
    }

    pub(super) fn weights(&self) -> Weights {
        Weights::new(self.weight.iter().copied())
    }

    /// The operations that cases are generated of: an operation with weight 0 is none of them.
    pub(super) fn drawn(&self) -> Vec<Op> {
        let weights = self.weights();
        let ops = self.ops.clone().unwrap_or_else(|| Op::ALL.to_vec());
        ops.into_iter().filter(|op| weights.of(*op) > 0).collect()
    }

    pub(super) fn budget(&self) -> Budget {
        match self.cases {
            Some(cases) => Budget::Cases(cases),
            None => Budget::Time(self.time.unwrap_or(Duration::from_secs(10))),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Text,
    Json,
    Junit,
}

#[derive(Args)]
#[command(group = clap::ArgGroup::new("mode"))]
pub(super) struct Pages {
    /// List the clauses, or those that match a pattern such as 'READ-*', one a line [default]
    #[arg(long, value_name = "ID", group = "mode", num_args = 0..=1, default_missing_value = "*")]
    pub(super) list: Option<String>,
    /// Show a clause with its text and examples
    #[arg(long, value_name = "ID", group = "mode")]
    pub(super) show: Option<String>,
    /// Rewrite the answers in these pages from CPython's own mmap, where they differ
    #[arg(long, value_name = "PAGE", group = "mode", num_args = 1..)]
    pub(super) bless: Vec<PathBuf>,
    /// Write the specification as a book for mdbook into this directory, with indexes by topic, by method and by clause
    #[arg(long, value_name = "DIR", group = "mode")]
    pub(super) book: Option<PathBuf>,
}

#[derive(Args)]
pub(super) struct Explain {
    /// Number of the cause in the table of causes
    #[arg(value_name = "N")]
    pub(super) number: usize,
    /// Print Markdown for the tracker of the target, with a script that shows the difference without mmapcheck
    #[arg(long)]
    pub(super) issue: bool,
    #[command(flatten)]
    pub(super) last: LastReport,
}

/// The report that a command is about.
#[derive(Args)]
pub(super) struct LastReport {
    /// The report: the directory that 'check --report' wrote it into, or its file
    #[arg(long, value_name = "DIR", default_value = FOUND)]
    pub(super) report: PathBuf,
}

#[derive(Args)]
pub(super) struct Diff {
    /// The earlier report: a report.json, a directory with one, or a directory of 'matrix'
    pub(super) old: PathBuf,
    /// The later report, of the same kind
    pub(super) new: PathBuf,
    /// Format of the list on standard output
    #[arg(long, value_enum, default_value_t = ListFormat::Text)]
    pub(super) format: ListFormat,
}

#[derive(Args)]
pub(super) struct Bisect {
    /// A saved case, or the number of a cause of the last report, whose smallest case is run
    #[arg(value_name = "FILE|CAUSE")]
    pub(super) case: String,
    /// An interpreter; give the option once for each, in any order
    #[arg(long, value_name = "EXE", required = true)]
    pub(super) python: Vec<PathBuf>,
    /// A class from another module; PYTHONPATH is honoured [default: that of the cause, else mmap; ATTR: mmap]
    #[arg(long, value_name = "NAME[:ATTR]")]
    pub(super) module: Option<String>,
    /// Judge every interpreter by this profile [default: that of the oldest interpreter, so that a change of CPython's own
    /// behaviour is found as well]
    #[arg(long, value_name = "NAME")]
    pub(super) profile: Option<Profile>,
    /// The mildest divergence that counts
    #[arg(long, value_name = "LEVEL")]
    pub(super) severity: Option<Severity>,
    #[command(flatten)]
    pub(super) last: LastReport,
}

#[derive(Args)]
pub(super) struct Replay {
    /// Saved cases
    #[arg(required = true, value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// Neither show nor compare the steps before this one, counted from 1; they are run
    #[arg(long, value_name = "STEP", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) from: Option<u16>,
    /// Run no step after this one
    #[arg(long, value_name = "STEP", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) until: Option<u16>,
    /// Show these bytes of every map and file after each step: from A on and before B, at most 256, such as 4090..4100
    #[arg(long, value_name = "A..B", value_parser = byte_range)]
    pub(super) trace_bytes: Option<Range<usize>>,
    /// Number of runs of each case, which may not diverge each time [default: 10, or as many as begin within two seconds]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) runs: Option<u16>,
    #[command(flatten)]
    pub(super) target: TargetArgs,
    /// The mildest divergence that counts
    #[arg(long, value_name = "LEVEL")]
    pub(super) severity: Option<Severity>,
    /// Format of the result on standard output; json: one object a line, one for each file
    #[arg(long, value_enum, default_value_t = ListFormat::Text)]
    pub(super) format: ListFormat,
}

#[derive(Args)]
pub(super) struct Shrink {
    /// A saved case
    pub(super) file: PathBuf,
    /// The longest time that the case is made smaller for
    #[arg(long, value_name = "TIME", value_parser = time, default_value = "10s")]
    pub(super) shrink_time: Duration,
    #[command(flatten)]
    pub(super) target: TargetArgs,
    /// The mildest divergence that counts
    #[arg(long, value_name = "LEVEL")]
    pub(super) severity: Option<Severity>,
    /// Format of the result on standard output
    #[arg(long, value_enum, default_value_t = ListFormat::Text)]
    pub(super) format: ListFormat,
}

#[derive(Args)]
pub(super) struct Triage {
    /// Reports of 'check --format json', or saved cases
    #[arg(required = true, value_name = "REPORT")]
    pub(super) files: Vec<PathBuf>,
}

#[derive(Args)]
pub(super) struct Matrix {
    /// Interpreters, each as EXE or EXE=MODULE[:ATTR] [default: all that are found]
    #[arg(value_name = "TARGET", conflicts_with = "folder")]
    pub(super) targets: Vec<String>,
    /// Check every program in this directory too, besides the interpreters on the PATH and of pyenv
    #[arg(long = "in", value_name = "DIR")]
    pub(super) folder: Option<PathBuf>,
    /// Directory of the pages; the results of other targets in it stay
    #[arg(long, value_name = "DIR", default_value = "reports")]
    pub(super) out: PathBuf,
    /// Run random cases for this time on each target
    #[arg(long, value_parser = time, default_value = "10s", conflicts_with = "cases")]
    pub(super) time: Duration,
    /// Run this number of random cases on each target
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) cases: Option<u64>,
    /// Seed of the random cases
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) seed: u64,
    /// Number of worker processes for a target [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) jobs: Option<u16>,
    /// Report known divergences like any other
    #[arg(long)]
    pub(super) no_known: bool,
}

#[derive(Args)]
pub(super) struct ProfileArgs {
    /// Implementation, version and platform, such as cpython-3.14.2-linux; the platform is Linux unless named
    #[arg(value_name = "NAME")]
    pub(super) profile: Profile,
    /// List only the differences from this profile
    #[arg(long, value_name = "NAME")]
    pub(super) against: Option<Profile>,
    /// Format of the list on standard output
    #[arg(long, value_enum, default_value_t = ListFormat::Text)]
    pub(super) format: ListFormat,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ListFormat {
    Text,
    Json,
}

#[derive(Args)]
pub(super) struct Smoke {
    #[command(flatten)]
    pub(super) target: TargetArgs,
    /// Time without an answer after which a step counts as hung
    #[arg(long, value_name = "TIME", value_parser = hang_time, default_value = "10s")]
    pub(super) hang: Duration,
}

#[derive(Args)]
pub(super) struct Bench {
    #[command(flatten)]
    pub(super) target: TargetArgs,
    /// Number of cases in each measurement
    #[arg(long, value_name = "N", default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(100..))]
    pub(super) cases: u64,
    /// Count the cases until a campaign finds each planted fault instead, and print them as a table in Markdown
    #[arg(long, conflicts_with_all = ["python", "module", "reference", "cases"])]
    pub(super) detection: bool,
    /// Number of seeds of --detection
    #[arg(long, value_name = "N", default_value_t = 10, requires = "detection", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) seeds: u64,
}

#[derive(Args)]
pub(super) struct Worker {
    #[arg(long)]
    pub(super) module: String,
    #[arg(long)]
    pub(super) attr: String,
    #[arg(long)]
    pub(super) dir: PathBuf,
    #[arg(long)]
    pub(super) profile: Option<Profile>,
}

/// Number of workers: the requested one, or one for each processor.
pub(super) fn workers(requested: Option<u16>) -> usize {
    requested.map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from)
}
