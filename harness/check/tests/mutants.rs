//! A test of the tester: a campaign finds and shrinks every mutant.

mod catching;

use catching::complaint;
use mmapcheck::mutant::{FATAL, FORKED, KEEPING, LEAKING, LIMITED, MUTANTS};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

#[test]
fn every_mutant_is_found_and_shrunk() {
    let (next, missed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    // The rarest come first, so that no thread is left with them alone.
    let mutants: Vec<_> = [FATAL, KEEPING, FORKED, LIMITED, MUTANTS].into_iter().flatten().collect();
    let work = || {
        while let Some(mutant) = mutants.get(next.fetch_add(1, Ordering::Relaxed)) {
            let complaint = complaint(mutant, false);
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
fn there_are_many_mutants_and_each_has_a_name() {
    let all = [MUTANTS, FATAL, LIMITED, FORKED, KEEPING, LEAKING];
    let mut names: Vec<_> = all.into_iter().flatten().map(|mutant| mutant.name).collect();
    let many = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), many);
    assert!(names.len() >= 50);
}
