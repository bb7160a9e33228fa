//! Commands, options, and what the program exits with.

mod bench;
mod check;
mod matrix;
mod pages;
mod replay;
mod smoke;
mod triage;

use clap::{Args, Parser, Subcommand, ValueEnum};
use mmapcheck::campaign::{Budget, Shard};
use mmapcheck::divergence::Severity;
use mmapcheck::worker::{Engine, TargetSpec, WorkerConfig};
use mmapcheck_spec::{Op, Profile, TargetError};
use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// What the program exits with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// 0: no divergence beyond the known ones.
    Agrees,
    /// 1: at least one divergence, or a known one that no longer holds.
    Diverges,
    /// 2: it could not run: bad usage, a target that does not start, a file that cannot be read.
    CannotRun,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Agrees => 0,
            Exit::Diverges => 1,
            Exit::CannotRun => 2,
        })
    }
}

/// Why the program cannot run: one line.
pub struct CannotRun(String);

impl From<TargetError> for CannotRun {
    fn from(error: TargetError) -> CannotRun {
        CannotRun(error.0)
    }
}

impl CannotRun {
    fn file(path: &std::path::Path, error: impl std::fmt::Display) -> CannotRun {
        CannotRun(format!("{}: {error}", path.display()))
    }
}

/// Says whether an mmap behaves like Python's mmap.
#[derive(Parser)]
#[command(
    name = "mmapcheck",
    version,
    about,
    after_help = "Without a command: check.\nExit status: 0 no divergence, 1 divergence or a known one that no longer holds, 2 could not run."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// The examples of the specification, then random cases, on a target and on the reference
    Check(Check),
    /// The specification: lists its clauses, prints them, rewrites their answers
    Pages(Pages),
    /// Run saved cases again: both traces side by side
    Replay(Replay),
    /// Make a diverging case smaller and print it
    Shrink(Shrink),
    /// Entries for the lists of known divergences, proposed from reports and saved cases
    Triage(Triage),
    /// Every clause on every target, and what else each shows, as pages
    Matrix(Matrix),
    /// A first look at a target: can it be driven at all, and what does it offer
    Smoke(Smoke),
    /// How fast it is, as ratios in one run
    Bench(Bench),
    /// What the campaign starts; not for people
    #[command(hide = true)]
    Worker(Worker),
}

#[derive(Args, Clone)]
struct TargetArgs {
    /// This interpreter, through a driver script that needs nothing installed in it
    #[arg(long, value_name = "EXE")]
    python: Option<PathBuf>,
    /// A class from another module, imported by the interpreter in use (PYTHONPATH is honoured)
    #[arg(long, value_name = "NAME[:ATTR]")]
    module: Option<String>,
    /// The reference on real files, judged by itself in memory: a self-test
    #[arg(long, conflicts_with_all = ["python", "module"])]
    reference: bool,
    /// Oracle by this profile instead of the interpreter's own, such as cpython-3.11-linux
    #[arg(long)]
    profile: Option<Profile>,
}

impl TargetArgs {
    fn subject(&self) -> TargetSpec {
        let engine = match &self.python {
            Some(python) => Engine::Python(python.clone()),
            None if self.reference => Engine::Reference,
            None => Engine::Embedded,
        };
        TargetSpec::named(engine, self.module.as_deref().unwrap_or("mmap"))
    }

    /// How to call this program again: as it was called, with the `PYTHONPATH` a module may need.
    fn program(&self) -> String {
        let program = std::env::args_os().next().map_or("mmapcheck".into(), |name| name.to_string_lossy().into_owned());
        match (std::env::var("PYTHONPATH"), &self.module) {
            (Ok(path), Some(_)) if !path.is_empty() => format!("PYTHONPATH={path} {program}"),
            _ => program,
        }
    }

    /// The options again, for a command to be printed.
    fn flags(&self) -> String {
        let python = self.python.as_ref().map(|python| format!(" --python {}", python.display()));
        let reference = self.reference.then(|| " --reference".to_owned());
        let module = self.module.as_ref().map(|module| format!(" --module {module}"));
        let profile = self.profile.map(|profile| format!(" --profile {profile}"));
        [python, reference, module, profile].into_iter().flatten().collect()
    }
}

#[derive(Args)]
struct Check {
    #[command(flatten)]
    target: TargetArgs,
    /// Only the examples of the specification
    #[arg(long, conflicts_with = "random_only")]
    pages_only: bool,
    /// Only random cases
    #[arg(long)]
    random_only: bool,
    /// Of the specification only these clauses, such as READ-3 or 'READ-*'; READ-3.2 is the second example of one
    #[arg(long, value_name = "ID", conflicts_with = "random_only")]
    filter: Option<String>,
    /// Name the examples that passed or were skipped, and count what each operation answered, too
    #[arg(long, short)]
    verbose: bool,
    /// How long random cases go on, such as 30s or 5m [default: 10s]
    #[arg(long, value_parser = duration, conflicts_with = "cases")]
    time: Option<Duration>,
    /// How many cases to run instead
    #[arg(long, value_name = "N")]
    cases: Option<u64>,
    /// The seed of the cases [default: a new one each time, printed]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Only this part of all, such as 2/8: of the examples, and, with the same --seed, of the cases
    #[arg(long, value_name = "I/N", default_value = "1/1", hide_default_value = true)]
    shard: Shard,
    /// How many worker processes [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// The most steps of a case
    #[arg(long, value_name = "N", default_value_t = mmapcheck::limits::STEPS as u16, value_parser = clap::value_parser!(u16).range(1..=1000))]
    max_steps: u16,
    /// Only these operations, separated by commas
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = operation)]
    ops: Option<Vec<Op>>,
    /// No arguments that do another step while they are converted
    #[arg(long)]
    no_reentrancy: bool,
    /// The mildest divergence that counts: message, class, value, death or bytes
    /// [default: message for CPython's own mmap, class for any other]
    #[arg(long, value_name = "LEVEL")]
    severity: Option<Severity>,
    /// The list of known divergences to use instead of the one built in for the target
    #[arg(long, value_name = "FILE")]
    known: Option<PathBuf>,
    /// Report known divergences like all others
    #[arg(long, conflicts_with = "known")]
    no_known: bool,
    /// How long a step may take before the target is taken for hung
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "10s")]
    hang: Duration,
    /// CannotRun at the first divergence
    #[arg(long)]
    fail_fast: bool,
    /// Where diverging cases are saved
    #[arg(long, value_name = "DIR", default_value = "mmapcheck-found")]
    report: PathBuf,
    /// How the result is printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
    Junit,
}

#[derive(Args)]
#[command(group = clap::ArgGroup::new("what"))]
struct Pages {
    /// One line for each clause, or for those a pattern such as 'READ-*' takes in [default]
    #[arg(long, value_name = "ID", group = "what", num_args = 0..=1, default_missing_value = "*")]
    list: Option<String>,
    /// A clause with its text and examples
    #[arg(long, value_name = "ID", group = "what")]
    show: Option<String>,
    /// Rewrite the answers in these pages from CPython's own mmap, where they differ
    #[arg(long, value_name = "PAGE", group = "what", num_args = 1..)]
    bless: Vec<PathBuf>,
}

#[derive(Args)]
struct Replay {
    /// Saved cases
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    target: TargetArgs,
    /// The mildest divergence that counts
    #[arg(long, value_name = "LEVEL")]
    severity: Option<Severity>,
}

#[derive(Args)]
struct Shrink {
    /// A saved case
    file: PathBuf,
    #[command(flatten)]
    target: TargetArgs,
    /// The mildest divergence to keep
    #[arg(long, value_name = "LEVEL")]
    severity: Option<Severity>,
}

#[derive(Args)]
struct Triage {
    /// Reports of `check --format json`, or saved cases
    #[arg(required = true, value_name = "REPORT")]
    files: Vec<PathBuf>,
}

#[derive(Args)]
struct Matrix {
    /// Interpreters, each as EXE or EXE=MODULE[:ATTR] [default: all that are found]
    #[arg(value_name = "TARGET", conflicts_with = "folder")]
    targets: Vec<String>,
    /// Take every program in this folder for an interpreter, besides those on the path and of pyenv
    #[arg(long = "in", value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Where the pages are written; what other targets showed before stays
    #[arg(long, value_name = "DIR", default_value = "reports")]
    out: PathBuf,
    /// How long random cases go on for each target
    #[arg(long, value_parser = duration, default_value = "10s", conflicts_with = "cases")]
    time: Duration,
    /// How many cases to run for each target instead
    #[arg(long, value_name = "N")]
    cases: Option<u64>,
    /// The seed of the cases
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// How many of a target run at once [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Count what is known as well
    #[arg(long)]
    no_known: bool,
}

#[derive(Args)]
struct Smoke {
    #[command(flatten)]
    target: TargetArgs,
    /// How long a case may take before the target is taken for hung
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "10s")]
    hang: Duration,
}

#[derive(Args)]
struct Bench {
    #[command(flatten)]
    target: TargetArgs,
    /// How many cases each measurement runs
    #[arg(long, value_name = "N", default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(100..))]
    cases: u64,
}

#[derive(Args)]
struct Worker {
    #[arg(long)]
    module: String,
    #[arg(long)]
    attr: String,
    #[arg(long)]
    dir: PathBuf,
    #[arg(long)]
    profile: Option<Profile>,
}

/// How many workers: as many as asked for, or one for each processor.
fn workers(asked: Option<u16>) -> usize {
    asked.map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from)
}

fn operation(name: &str) -> Result<Op, String> {
    Op::named(name).ok_or_else(|| {
        let names: Vec<_> = Op::ALL.iter().map(|op| op.row().name).collect();
        format!("no such operation; there are: {}", names.join(" "))
    })
}

fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = text.split_at(text.find(|c: char| c.is_alphabetic()).unwrap_or(text.len()));
    let seconds = match unit {
        "" | "s" => 1.0,
        "ms" => 0.001,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err("write a time such as 30s, 5m or 1h".into()),
    };
    let number: f64 = number.parse().map_err(|_| "write a time such as 30s, 5m or 1h")?;
    Duration::try_from_secs_f64(number * seconds).map_err(|_| "this time is out of range".into())
}

impl Check {
    fn budget(&self) -> Budget {
        match self.cases {
            Some(cases) => Budget::Cases(cases),
            None => Budget::Time(self.time.unwrap_or(Duration::from_secs(10))),
        }
    }
}

/// Runs the program with these arguments.
pub fn run(mut args: Vec<OsString>) -> Exit {
    // `mmapcheck --seed 3` is `mmapcheck check --seed 3`, but help and version are the whole program's.
    let first = args.get(1).and_then(|arg| arg.to_str());
    if first.is_none_or(|arg| arg.starts_with('-') && !["-h", "--help", "-V", "--version"].contains(&arg)) {
        args.insert(1.min(args.len()), "check".into());
    }
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            return refuse(&error);
        }
    };
    let done = match cli.command {
        Command::Check(args) => check::check(&args),
        Command::Pages(args) => pages::pages(&args),
        Command::Replay(args) => replay::replay(&args),
        Command::Shrink(args) => replay::shrink(&args),
        Command::Triage(args) => triage::triage(&args),
        Command::Matrix(args) => matrix::matrix(&args),
        Command::Smoke(args) => smoke::run(&args),
        Command::Bench(args) => bench::bench(&args),
        Command::Worker(args) => worker(args),
    };
    done.unwrap_or_else(|CannotRun(message)| {
        eprintln!("mmapcheck: {message}");
        Exit::CannotRun
    })
}

/// Help and version go to standard output and are no failure. Whatever is wrong is said on one line.
fn refuse(error: &clap::Error) -> Exit {
    if !error.use_stderr() {
        let _ = error.print();
        return Exit::Agrees;
    }
    let text = error.to_string();
    let lines: Vec<_> = text.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    eprintln!("mmapcheck: {}; --help says more", lines.join(" ").trim_start_matches("error: "));
    Exit::CannotRun
}

/// Prints to standard output. A reader that went away, such as `head`, is no failure.
fn write_out(text: &str) {
    let _ = anstream::stdout().write_all(text.as_bytes());
}

fn worker(args: Worker) -> Result<Exit, CannotRun> {
    let subject = TargetSpec { engine: Engine::Embedded, module: args.module, attr: args.attr };
    let orders = WorkerConfig { subject, profile: args.profile, dir: args.dir };
    mmapcheck::worker::serve(&orders).map_err(|error| CannotRun(error.to_string()))?;
    Ok(Exit::Agrees)
}
