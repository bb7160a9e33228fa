//! `mmapcheck bench`

use super::args::Bench;
use super::exit::{CommandError, Exit};
use super::output::write_out;
use crate::bench::{ALONE, CALM, Speeds, WHOLE, measure};
use crate::detection;
use crate::limits;
use crate::text::grouped;
use std::fmt::Write;
use std::io::IsTerminal;

pub(super) fn bench(args: &Bench) -> Result<Exit, CommandError> {
    if args.detection {
        return detection(args);
    }
    let speeds = measure(&args.target.spec(), args.target.profile, args.cases)?;
    let (alone, calm) = (speeds.rate(ALONE), speeds.rate(CALM));
    let hostile = speeds.rate(WHOLE) / calm;
    let Speeds { info, rows } = speeds;
    let mut text = format!("{info}, one process, cases of {} steps\n\n", limits::STEPS);
    let _ = writeln!(text, "{:<34} {:>14} {:>10}", "", "steps/s", "ratio");
    for row in &rows {
        let _ = writeln!(text, "{:<34} {:>14} {:>10.2}", row.name, grouped(row.rate() as u64), row.rate() / alone);
    }
    let _ = writeln!(text, "\nspeed with hostile steps, relative to the speed without them: {hostile:.2}");
    write_out(&text);
    Ok(Exit::Agrees)
}

fn detection(args: &Bench) -> Result<Exit, CommandError> {
    let profile = args.target.profile.unwrap_or(detection::PROFILE);
    let shown = std::io::stderr().is_terminal();
    let mut progress = |done| {
        if shown {
            eprint!("\r{done} faults");
        }
    };
    let all = detection::all(profile, args.seeds, &mut progress)?;
    if shown {
        eprintln!();
    }
    write_out(&detection::page(all, profile, args.seeds));
    Ok(Exit::Agrees)
}
