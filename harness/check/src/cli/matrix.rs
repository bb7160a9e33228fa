//! `mmapcheck matrix`

use super::{CannotRun, Exit, Matrix as Args, workers};
use mmapcheck::campaign::{Budget, CampaignConfig, Finding, Listener, Shard};
use mmapcheck::examine::{CheckConfig, Lists, examine};
use mmapcheck::histogram::Histogram;
use mmapcheck::interpreters;
use mmapcheck::limits;
use mmapcheck::matrix::Matrix;
use mmapcheck::pattern::Patterns;
use mmapcheck::worker::{Engine, TargetSpec};
use mmapcheck_spec::Op;
use std::path::PathBuf;
use std::sync::atomic::Ordering;

/// One target of the table.
struct Wanted {
    subject: TargetSpec,
    /// The options that name it, with the interpreter by its file's name alone: where it lies is of no use elsewhere.
    flags: String,
}

pub(super) fn matrix(args: &Args) -> Result<Exit, CannotRun> {
    let wanted = wanted(args);
    if wanted.is_empty() {
        return Err(CannotRun("no interpreter was found; name one, or a folder of them with --in".into()));
    }
    let file = args.out.join("matrix.json");
    let mut matrix = Matrix::read(&file)?;
    let stop = super::check::stop_on_interrupt()?;
    let mut exit = Exit::Agrees;
    for Wanted { subject, flags } in wanted {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        match examine(order(args, subject), &stop, &Silent) {
            // What was stopped is no result.
            Ok(_) if stop.load(Ordering::Relaxed) => break,
            Ok(examined) => {
                eprintln!("{}", matrix.take(&examined, &flags));
                exit = exit.max(if examined.agrees() { Exit::Agrees } else { Exit::Diverges });
            }
            Err(error) => {
                eprintln!("mmapcheck: {error}");
                matrix.missed(&flags, &error.0);
                exit = Exit::CannotRun;
            }
        }
        matrix.write(&args.out)?;
    }
    Ok(exit)
}

fn wanted(args: &Args) -> Vec<Wanted> {
    let named: Vec<String> = match args.targets.as_slice() {
        [] => interpreters::find(args.folder.as_deref()).iter().map(|python| python.display().to_string()).collect(),
        named => named.to_vec(),
    };
    named.iter().map(|target| one(target)).collect()
}

/// `EXE` or `EXE=MODULE[:ATTR]`
fn one(target: &str) -> Wanted {
    let (python, module) = target.split_once('=').unwrap_or((target, ""));
    let python = PathBuf::from(python);
    let name = python.file_name().unwrap_or_default().to_string_lossy();
    let (class, by_module) = match module {
        "" => ("mmap", String::new()),
        class => (class, format!(" --module {class}")),
    };
    let flags = format!(" --python {name}{by_module}");
    Wanted { subject: TargetSpec::named(Engine::Python(python), class), flags }
}

fn order(args: &Args, subject: TargetSpec) -> CheckConfig {
    let config = CampaignConfig {
        target: subject,
        profile: None,
        seed: args.seed,
        jobs: workers(args.jobs),
        ops: Op::ALL.to_vec(),
        steps: limits::STEPS,
        callbacks: true,
        budget: args.cases.map_or(Budget::Time(args.time), Budget::Cases),
        shard: Shard::WHOLE,
        hang: limits::HANG,
        fail_fast: false,
        severity: None,
        known: Patterns::default(),
    };
    let lists = if args.no_known { Lists::None } else { Lists::BuiltIn };
    CheckConfig { campaign: config, random: true, pages: Some("*".into()), lists }
}

/// Nobody watches: everything is told at the end.
struct Silent;

impl Listener for Silent {
    fn found(&self, _: &Finding) {}

    fn progress(&self, _: u64, _: u64, _: &Histogram) {}
}
