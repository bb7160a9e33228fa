//! `mmapcheck matrix`

use super::args::{Matrix as Args, workers};
use super::exit::{CommandError, Exit};
use super::interrupt::interrupt;
use crate::campaign::{Budget, CampaignConfig, Finding, Listener, Shard};
use crate::divergence::slug;
use crate::examine::{CheckConfig, Lists, Pages, examine};
use crate::generate::Weights;
use crate::histogram::Histogram;
use crate::interpreters;
use crate::limits;
use crate::matrix::Matrix;
use crate::pattern::Patterns;
use crate::report::Report;
use crate::report::build::Commands;
use crate::report::command::Invocation;
use crate::worker::{Engine, TargetSpec};
use mmapcheck_spec::pages::Level;
use mmapcheck_spec::{Op, TargetError, printable};
use std::path::{Path, PathBuf};

/// A target of the matrix.
struct MatrixTarget {
    spec: TargetSpec,
    /// The options that select it. The interpreter is named without its folder, which differs between machines.
    invocation: Invocation,
}

pub(super) fn matrix(args: &Args) -> Result<Exit, CommandError> {
    let targets = targets(args)?;
    if targets.is_empty() {
        return Err(CommandError("no interpreter found: name one, or a directory of interpreters with --in".into()));
    }
    let mut matrix = Matrix::read(&args.out)?;
    let stop = interrupt()?;
    let mut exit = Exit::Agrees;
    for MatrixTarget { spec, invocation } in targets {
        if stop.is_due() {
            break;
        }
        let options = invocation.target_options();
        let examined = examine(config(args, spec), &stop, &Silent);
        // The result of an interrupted check is incomplete, and so is that of a target that can no longer be used.
        if stop.is_due() {
            break;
        }
        let examined = examined.and_then(|result| match (&result.campaign.failure, result.nothing_compared()) {
            (Some(why), _) => Err(TargetError(why.clone())),
            (None, Some(why)) => Err(TargetError(format!("{}: {why}", result.campaign.info.name))),
            (None, None) => Ok(result),
        });
        match examined {
            Ok(result) => {
                let report = Report::new(&result, &MatrixCommands(invocation));
                eprintln!("{}", matrix.add(&report, &options)?);
                exit = exit.max(if result.agrees() { Exit::Agrees } else { Exit::Diverges });
            }
            Err(error) => {
                eprintln!("mmapcheck: {}", printable(&error.0));
                matrix.note_trouble(&options, &error.0);
                exit = Exit::CannotRun;
            }
        }
        matrix.write(&args.out)?;
    }
    Ok(exit)
}

fn targets(args: &Args) -> Result<Vec<MatrixTarget>, TargetError> {
    let named: Vec<String> = match args.targets.as_slice() {
        [] => interpreters::find(args.folder.as_deref())?.iter().map(|python| python.display().to_string()).collect(),
        named => named.to_vec(),
    };
    Ok(named.iter().map(|target| matrix_target(target)).collect())
}

/// The target of `EXE` or `EXE=MODULE[:ATTR]`.
fn matrix_target(target: &str) -> MatrixTarget {
    let (python, module) = target.split_once('=').unwrap_or((target, ""));
    let python = PathBuf::from(python);
    let name = python.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut options = vec!["--python".to_owned(), name];
    if !module.is_empty() {
        options.extend(["--module".to_owned(), module.to_owned()]);
    }
    let class = if module.is_empty() { "mmap" } else { module };
    MatrixTarget {
        spec: TargetSpec::named(Engine::Python(python), class),
        invocation: Invocation::new(&["mmapcheck"], &[], options),
    }
}

fn config(args: &Args, target: TargetSpec) -> CheckConfig {
    let campaign = CampaignConfig {
        target,
        profile: None,
        seed: args.seed,
        jobs: workers(args.jobs),
        ops: Op::ALL.to_vec(),
        weights: Weights::default(),
        steps: limits::STEPS,
        callbacks: true,
        offer: None,
        budget: args.cases.map_or(Budget::Time(args.time), Budget::Cases),
        shard: Shard::WHOLE,
        hang: limits::HANG,
        shrink_time: None,
        fail_fast: false,
        severity: None,
        known: Patterns::default(),
        known_model: Vec::new(),
    };
    let lists = if args.no_known { Lists::None } else { Lists::BuiltIn };
    CheckConfig { campaign, random: true, pages: Pages::Matching("*".into()), level: Level::Free, lists }
}

/// The commands of a target's page, run in the folder of the page.
struct MatrixCommands(Invocation);

impl Commands for MatrixCommands {
    fn finding(&self, finding: &Finding, _: &str) -> String {
        self.0.replay(Path::new(&format!("{}.pycon", slug(&finding.divergence))))
    }

    fn example(&self, id: &str) -> String {
        self.0.example(id)
    }
}

/// A listener that shows nothing: a target has one line at its end.
struct Silent;

impl Listener for Silent {
    fn found(&self, _: &Finding) {}

    fn progress(&self, _: u64, _: u64, _: &Histogram) {}
}
