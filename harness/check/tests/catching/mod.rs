//! Catching a fault of the reference: a campaign must find it and make it small.

use mmapcheck::campaign::shrink_to;
use mmapcheck::census::Census;
use mmapcheck::compare::{Bucket, Comparison};
use mmapcheck::generate::{Mix, generate};
use mmapcheck::run::Judge;
use mmapcheck::saboteur::{Fault, Saboteur};
use mmapcheck::sweep::{Hit, sweep};
use mmapcheck::worker::scratch;
use mmapcheck_spec::notation::print;
use mmapcheck_spec::{Case, Profile, Target, Watch, repair};
use std::time::{Duration, Instant};

const PROFILE: Profile = Profile::cpython(3, 11, 7);
const SEED: u64 = 1;
/// A few seconds of a campaign on one core.
const MOST_CASES: u64 = 2_000_000;

/// Characters of a session that fits a screen and a half, a class of its own among them.
const LONGEST_SESSION: usize = 500;

/// Far more time than shrinking takes: how small a case becomes must not depend on what else the machine does.
const SHRINK: Duration = Duration::from_secs(120);

struct Caught {
    cases: u64,
    steps: usize,
    session: String,
}

fn catch(fault: &'static Fault, alone: bool) -> Result<Caught, Box<dyn std::error::Error>> {
    let dir = scratch()?;
    let mut judge = Judge::new(PROFILE)?;
    let mut saboteur = Saboteur::target(fault, PROFILE, dir.path())?;
    if alone {
        std::env::set_current_dir(dir.path())?;
        saboteur.census = Some(Census::new(dir.path())?);
    }
    let mix = Mix::all(PROFILE);
    let hit = first_hit(&mut judge, &mut saboteur, &mix)?.ok_or("not found")?;
    let case = generate(&mut mmapcheck::choices::seeded(SEED, hit.case), &mix);
    judge.take_up(hit.case);
    let close = judge.compare(case.clone(), &mut saboteur, Watch::Full)?;
    let bucket: Bucket = close.comparison.differences.first().ok_or("not shown again")?.bucket.clone();
    let small = shrink_to(&mut judge, &mut saboteur, case, &bucket, Instant::now() + SHRINK);
    let small = judge.compare(small, &mut saboteur, Watch::Full)?;
    let shows = |found: &Comparison| found.differences.iter().any(|difference| difference.bucket == bucket);
    if !shows(&small.comparison) {
        return Err("the small case shows something else".into());
    }
    for step in 0..small.case.steps.len() {
        let mut less: Case = small.case.clone();
        less.steps.remove(step);
        repair(&mut less);
        // A child is waited for, whether a step says so or not.
        if less != small.case && shows(&judge.compare(less, &mut saboteur, Watch::Full)?.comparison) {
            return Err(format!("step {} does nothing in\n{}", step + 1, print(&small.case)).into());
        }
    }
    Ok(Caught { cases: hit.case + 1, steps: small.case.steps.len(), session: print(&small.case) })
}

fn first_hit(
    judge: &mut Judge,
    saboteur: &mut dyn Target,
    mix: &Mix,
) -> Result<Option<Hit>, Box<dyn std::error::Error>> {
    const CHUNK: u64 = 500;
    for first in (0..MOST_CASES).step_by(CHUNK as usize) {
        let swept = sweep(judge, saboteur, mix, SEED, first..first + CHUNK, &mut |_, _| {})?;
        if let Some(hit) = swept.hits.into_iter().next() {
            return Ok(Some(hit));
        }
    }
    Ok(None)
}

/// What is wrong with how a fault was caught, if anything. `alone`: nothing else happens in this process, so that what cases
/// leave behind is counted.
pub fn complaint(fault: &'static Fault, alone: bool) -> Option<String> {
    let began = Instant::now();
    match catch(fault, alone) {
        Ok(caught) if caught.steps <= fault.longest && caught.session.len() <= LONGEST_SESSION => {
            let (seconds, cases, steps) = (began.elapsed().as_secs_f64(), caught.cases, caught.steps);
            println!("{seconds:6.2} s {cases:>9} cases  {steps} steps  {}\n{}", fault.name, caught.session);
            None
        }
        Ok(caught) => {
            Some(format!("{}: {} steps, at most {}\n{}", fault.name, caught.steps, fault.longest, caught.session))
        }
        Err(error) => Some(format!("{}: {error}", fault.name)),
    }
}
