//! `mmapcheck bench`

use super::{Bench, CannotRun, Exit};
use mmapcheck::bench::{ALONE, CALM, Speeds, WHOLE, measure};
use mmapcheck::text::grouped;

pub(super) fn bench(args: &Bench) -> Result<Exit, CannotRun> {
    let speeds = measure(&args.target.subject(), args.target.profile, args.cases)?;
    let (alone, calm) = (speeds.rate(ALONE), speeds.rate(CALM));
    let hostile = speeds.rate(WHOLE) / calm;
    let Speeds { info, rows } = speeds;
    println!("{info}, one process, cases of {} steps\n", mmapcheck::limits::STEPS);
    println!("{:<34} {:>14} {:>10}", "", "steps/s", "ratio");
    for row in &rows {
        println!("{:<34} {:>14} {:>10.2}", row.name, grouped(row.rate() as u64), row.rate() / alone);
    }
    println!("\nwith hostile steps {hostile:.2} of the speed without them");
    Ok(Exit::Agrees)
}
