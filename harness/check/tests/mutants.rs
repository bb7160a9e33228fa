//! A test of the tester: a campaign finds and shrinks every mutant, and the diagnosis explains it.

mod catching;
mod explained;

use catching::{Caught, catch, complaint};
use explained::EXPLAINED;
use mmapcheck::diagnosis::{Question, diagnose};
use mmapcheck::divergence::Severity;
use mmapcheck::mutant::{FATAL, FORKED, KEEPING, LEAKING, LIMITED, MUTANTS, Mutant, MutantTarget};
use mmapcheck::oracle::Oracle;
use mmapcheck::pattern::Patterns;
use mmapcheck::worker::scratch;
use mmapcheck_spec::Profile;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

#[test]
fn every_mutant_is_found_and_shrunk_and_those_of_the_list_are_explained() {
    let (next, missed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    // The rarest come first, so that no thread is left with them alone.
    let mutants: Vec<_> = [FATAL, KEEPING, FORKED, LIMITED, MUTANTS].into_iter().flatten().collect();
    let work = || {
        while let Some(mutant) = mutants.get(next.fetch_add(1, Ordering::Relaxed)) {
            let caught = catch(mutant, false);
            let complaints = [complaint(mutant, &caught), caught.ok().and_then(|caught| misread(mutant, &caught))];
            missed.lock().unwrap_or_else(PoisonError::into_inner).extend(complaints.into_iter().flatten());
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

/// What is wrong with the sentence that explains a mutant; `None` where it is right, or not in the list.
fn misread(mutant: &'static Mutant, caught: &Caught) -> Option<String> {
    let (_, wanted) = EXPLAINED.iter().find(|(name, _)| *name == mutant.name)?;
    let found = sentence(mutant, caught).unwrap_or_else(|error| error.to_string());
    (found != *wanted).then(|| format!("{}: explained by\n  {found}\nnot by\n  {wanted}", mutant.name))
}

fn sentence(mutant: &'static Mutant, caught: &Caught) -> Result<String, Box<dyn std::error::Error>> {
    let profile = Profile::cpython(3, 11, 7);
    let dir = scratch()?;
    let (mut oracle, mut target) = (Oracle::new(profile)?, MutantTarget::target(mutant, profile, dir.path())?);
    let question = Question {
        model: &Arc::default(),
        known: &Patterns::default(),
        severity: Severity::Message,
        refuted: &[],
        until: Instant::now() + Duration::from_secs(60),
    };
    let found = diagnose(&caught.small, question, &mut oracle, &mut target)?;
    Ok(found.map_or_else(|| "nothing".to_owned(), |found| found.variation.to_string()))
}

#[test]
fn the_list_of_explanations_names_mutants() {
    let mutants: Vec<_> = MUTANTS.iter().map(|mutant| mutant.name).collect();
    for (name, _) in EXPLAINED {
        assert!(mutants.contains(name), "{name}");
    }
    assert!(EXPLAINED.len() >= 50);
}
