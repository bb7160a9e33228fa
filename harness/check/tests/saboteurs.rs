//! The tester tested: a campaign finds each way in which the reference can be wrong, and makes it small.

use mmapcheck::campaign::shrink_to;
use mmapcheck::compare::{Bucket, Comparison};
use mmapcheck::generate::{Mix, generate};
use mmapcheck::run::Judge;
use mmapcheck::saboteur::{FAULTS, Fault, Saboteur};
use mmapcheck::sweep::{Hit, sweep};
use mmapcheck_spec::notation::print;
use mmapcheck_spec::{Case, Profile, Target, Watch, repair};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const PROFILE: Profile = Profile::cpython(3, 11, 7);
const SEED: u64 = 1;
/// A few seconds of a campaign on one core.
const MOST_CASES: u64 = 2_000_000;

/// Characters of a session that fits a screen and a half, a class of its own among them.
const LONGEST_SESSION: usize = 500;

struct Caught {
    cases: u64,
    steps: usize,
    session: String,
}

fn catch(fault: &'static Fault) -> Result<Caught, Box<dyn std::error::Error>> {
    let mut judge = Judge::new(PROFILE)?;
    let mut saboteur = Saboteur::target(fault, PROFILE)?;
    let mix = Mix::all(PROFILE);
    let hit = first_hit(&mut judge, &mut saboteur, &mix)?.ok_or("not found")?;
    let case = generate(&mut mmapcheck::choices::seeded(SEED, hit.case), &mix);
    let close = judge.compare(case.clone(), &mut saboteur, Watch::Full)?;
    let bucket: Bucket = close.comparison.differences.first().ok_or("not shown again")?.bucket.clone();
    let small = shrink_to(&mut judge, &mut saboteur, case, &bucket, Instant::now() + Duration::from_secs(20));
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

/// What is wrong with how a fault was caught, if anything.
fn complaint(fault: &'static Fault) -> Option<String> {
    let began = Instant::now();
    match catch(fault) {
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

#[test]
fn every_fault_is_found_and_made_small() {
    let (next, missed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some(fault) = FAULTS.get(next.fetch_add(1, Ordering::Relaxed)) {
            let complaint = complaint(fault);
            missed.lock().unwrap_or_else(PoisonError::into_inner).extend(complaint);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    let missed = missed.into_inner().unwrap_or_else(PoisonError::into_inner);
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn there_are_many_faults_and_each_has_a_name() {
    let mut names: Vec<_> = FAULTS.iter().map(|fault| fault.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), FAULTS.len());
    assert!(names.len() >= 50);
}
