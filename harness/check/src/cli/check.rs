//! `mmapcheck check`

use super::args::{Check, Format, workers};
use super::exit::{CommandError, Exit};
use super::interrupt::interrupt;
use super::output::write_out;
use super::recorder::Recorder;
use crate::campaign::CampaignConfig;
use crate::examine::{CheckConfig, Lists, Pages, examine};
use crate::known::KnownList;
use crate::pattern::Patterns;
use crate::report::Report;
use crate::report::json::json;
use crate::report::junit::junit;
use crate::report::page::page;
use crate::report::text::{Parts, text};
use std::path::Path;

const ENDED: &str = "the check ended early, because the target can no longer be used";

pub(super) fn check(args: &Check) -> Result<Exit, CommandError> {
    let campaign = CampaignConfig {
        target: args.target.spec(),
        profile: args.target.profile,
        seed: args.seed.unwrap_or_else(|| fastrand::u64(..1_000_000_000)),
        jobs: workers(args.jobs),
        ops: args.drawn(),
        weights: args.weights(),
        steps: args.max_steps.into(),
        callbacks: !args.no_reentrancy,
        offer: None,
        budget: args.budget(),
        shard: args.shard,
        hang: args.hang,
        shrink_time: args.shrink_time,
        fail_fast: args.fail_fast,
        severity: args.severity,
        known: Patterns::default(),
        known_model: Vec::new(),
    };
    let lists = match &args.known {
        Some(file) => Lists::This(read_known(file)?),
        None if args.no_known => Lists::None,
        None => Lists::BuiltIn,
    };
    let recorder = Recorder::new(&args.report, args.invocation(), campaign.seed)?;
    let stop = interrupt()?;
    let pages = match args.random_only {
        true => Pages::None,
        false => Pages::Matching(args.filter.clone().unwrap_or_else(|| "*".into())),
    };
    let result =
        examine(CheckConfig { campaign, random: !args.pages_only, pages, level: args.level, lists }, &stop, &recorder);
    recorder.clear_progress();
    let result = result?;
    let report = Report::new(&result, &recorder);
    write_out(&rendered(args, &report)?);
    let mut unstored = None;
    if report.is_worth_storing() {
        recorder.replace("index.html", &page(&report)?);
        unstored = report.store(&args.report).err();
    }
    // All that was found is printed before the error that ended the check, or kept it from saving.
    if let Some(error) =
        recorder.error().or(unstored).or(result.campaign.failure.as_ref().map(|why| format!("{ENDED}: {why}")))
    {
        return Err(CommandError(error));
    }
    if let Some(why) = result.nothing_compared() {
        return Err(CommandError(format!("{}: {why}", result.campaign.info.name)));
    }
    if result.campaign.interrupted && result.agrees() {
        let until = "no divergence until then, but the check was not completed";
        return Err(CommandError(format!("{}: interrupted: {until}", result.campaign.info.name)));
    }
    Ok(if result.agrees() { Exit::Agrees } else { Exit::Diverges })
}

fn read_known(path: &Path) -> Result<KnownList, CommandError> {
    let text = std::fs::read_to_string(path).map_err(|error| CommandError::file(path, error))?;
    Ok(KnownList::read(&path.display().to_string(), &text)?)
}

fn rendered(args: &Check, report: &Report) -> Result<String, CommandError> {
    let parts = Parts { pages: !args.random_only, random: !args.pages_only, verbose: args.verbose };
    Ok(match args.format {
        Format::Text => text(report, parts),
        Format::Json => json(report)?,
        Format::Junit => junit(report)?,
    })
}
