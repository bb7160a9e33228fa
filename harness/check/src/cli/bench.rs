//! `mmapcheck bench`

use super::{Bench, Exit, Stop};
use mmapcheck::bench::{Speeds, measure};
use mmapcheck::report::grouped;

pub(super) fn bench(args: &Bench) -> Result<Exit, Stop> {
    let Speeds { host, rows } = measure(&args.target.subject(), args.target.profile, args.cases)?;
    let alone = rows.iter().find(|row| row.name == mmapcheck::bench::ALONE).map_or(1.0, |row| row.rate());
    println!("{host}, one process, the same cases of {} steps in every row\n", mmapcheck::limits::STEPS);
    println!("{:<34} {:>14} {:>10}", "", "steps/s", "ratio");
    for row in &rows {
        println!("{:<34} {:>14} {:>10.2}", row.name, grouped(row.rate() as u64), row.rate() / alone);
    }
    Ok(Exit::Agrees)
}
