//! A test of the tester: a campaign finds and shrinks every mutant, and the diagnosis explains it.

mod catching;
mod explained;

use catching::{Caught, SEED, catch, complaint};
use explained::EXPLAINED;
use mmapcheck::batch::Batch;
use mmapcheck::diagnosis::{Observation, Question, diagnose, observe};
use mmapcheck::divergence::Severity;
use mmapcheck::generate::GeneratorOptions;
use mmapcheck::mutant::{FATAL, FORKED, KEEPING, LIMITED, MUTANTS, Mutant, MutantTarget, all};
use mmapcheck::oracle::{Omissions, Oracle};
use mmapcheck::pattern::Patterns;
use mmapcheck::variation::{Variation, Varied, in_order};
use mmapcheck::worker::scratch;
use mmapcheck_spec::{Profile, TargetInfo};
use mmapcheck_targets::InProcess;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

const PROFILE: Profile = Profile::cpython(3, 11, 7);

/// The result of a mutant.
struct Tried {
    mutant: &'static Mutant,
    /// Why it was not found, or not shrunk; none if it was.
    complaint: Option<String>,
    /// The variation that explains it; none for a mutant that is not in the list.
    explained: Option<Result<Variation, String>>,
}

/// All mutants, tried once for all tests.
static TRIED: LazyLock<Vec<Tried>> = LazyLock::new(|| {
    let (next, tried) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    // The rarest come first, so that no thread is left with them alone.
    let mutants: Vec<_> = [FATAL, KEEPING, FORKED, LIMITED, MUTANTS].into_iter().flatten().collect();
    let work = || {
        while let Some(mutant) = mutants.get(next.fetch_add(1, Ordering::Relaxed)) {
            let one = tried_once(mutant);
            tried.lock().unwrap_or_else(PoisonError::into_inner).push(one);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    tried.into_inner().unwrap_or_else(PoisonError::into_inner)
});

fn tried_once(mutant: &'static Mutant) -> Tried {
    let caught = catch(mutant, SEED, false);
    let complaint = complaint(mutant, &caught);
    let explain = |caught: Result<Caught, Box<dyn std::error::Error>>| -> Result<Variation, String> {
        let found = explanation(mutant, &caught.map_err(|error| error.to_string())?);
        found.map_err(|error| error.to_string())?.ok_or("nothing".to_owned())
    };
    let explained = EXPLAINED.iter().find(|(name, _)| *name == mutant.name).map(|(_, wanted)| {
        let first = explain(caught);
        // One case and its neighbours may fit another sentence as well: then another campaign decides.
        let is_right = first.as_ref().is_ok_and(|found| found.to_string() == *wanted);
        if is_right { first } else { explain(catch(mutant, SEED + 1, false)).or(first) }
    });
    Tried { mutant, complaint, explained }
}

#[test]
fn every_mutant_is_found_and_shrunk_and_those_of_the_list_are_explained() {
    let missed: Vec<_> =
        TRIED.iter().flat_map(|tried| tried.complaint.clone().into_iter().chain(misread(tried))).collect();
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

/// The number of mutants of which each pair is tried together.
const PAIRED: usize = 30;

/// The most cases in which one mutant must show beside another.
const CASES: u64 = 20_000;

#[test]
fn a_mutant_that_is_explained_and_switched_on_hides_no_other() -> Result<(), Box<dyn std::error::Error>> {
    let explained =
        TRIED.iter().filter_map(|tried| Some((tried.mutant.name, tried.explained.as_ref()?.as_ref().ok()?)));
    let mut explained: Vec<_> = explained.collect();
    explained.sort_by_key(|(name, _)| EXPLAINED.iter().position(|(of_list, _)| of_list == name));
    explained.truncate(PAIRED);
    assert_eq!(explained.len(), PAIRED);
    let mut hidden = Vec::new();
    for (known, of_known) in &explained {
        for (other, of_other) in explained.iter().filter(|(other, _)| other != known) {
            if !is_found_beside(of_known, of_other)? {
                hidden.push(format!("'{known}' hides '{other}'"));
            }
        }
    }
    assert!(hidden.is_empty(), "{}", hidden.join("\n"));
    Ok(())
}

/// Whether cases show one variation in a target that has both, judged by a model that has the other.
fn is_found_beside(known: &Variation, other: &Variation) -> Result<bool, Box<dyn std::error::Error>> {
    let mut both = Varied::new(PROFILE)?;
    both.vary(&in_order([known, other]));
    let mut target: InProcess<Varied> = InProcess::new(both, TargetInfo::of_profile(PROFILE, "two bugs".to_owned()));
    let mut oracle = Oracle::new(PROFILE)?;
    for first in (0..CASES).step_by(100) {
        let batch = Batch {
            seed: 1,
            cases: first..first + 100,
            generator: GeneratorOptions::all(PROFILE),
            known: Patterns::default(),
            model: vec![known.clone()],
            omissions: Omissions::NONE,
            fresh: None,
        };
        if !batch.run(&mut oracle, &mut target, &mut |_, _| {})?.hits.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

#[test]
fn there_are_many_mutants_and_each_has_a_name() {
    let mut names: Vec<_> = all().map(|mutant| mutant.name).collect();
    let many = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), many);
    assert!(names.len() >= 50);
}

/// The most cases that a campaign may need to find a mutant, in the median of the seeds.
const MOST_CASES: u64 = 100_000;

#[test]
fn the_report_says_that_every_mutant_is_found_in_time() -> Result<(), Box<dyn std::error::Error>> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../reports/detection.md");
    let page = std::fs::read_to_string(page)?;
    let median = |mutant: &Mutant| {
        let row = page.lines().find_map(|line| line.strip_prefix(&format!("| {} | ", mutant.name)))?;
        row.split(" | ").next()?.replace(',', "").parse::<u64>().ok()
    };
    let late = |mutant: &&Mutant| median(mutant).is_none_or(|median| median > MOST_CASES);
    let late: Vec<_> = all().filter(late).map(|mutant| mutant.name).collect();
    assert!(late.is_empty(), "not in time, or not in the page, which `mmapcheck bench --detection` prints: {late:?}");
    Ok(())
}

/// The fault of the sentence that explains a mutant; `None` where it is right, or not in the list.
fn misread(Tried { mutant, explained, .. }: &Tried) -> Option<String> {
    let (_, wanted) = EXPLAINED.iter().find(|(name, _)| *name == mutant.name)?;
    let found = explained.as_ref()?.as_ref().map_or_else(String::clone, Variation::to_string);
    (found != *wanted).then(|| format!("{}: explained by\n  {found}\nnot by\n  {wanted}", mutant.name))
}

fn explanation(mutant: &'static Mutant, caught: &Caught) -> Result<Option<Variation>, Box<dyn std::error::Error>> {
    let dir = scratch()?;
    let (mut oracle, mut target) = (Oracle::new(PROFILE)?, MutantTarget::target(mutant, PROFILE, dir.path())?);
    let question = Question {
        model: &Arc::default(),
        known: &Patterns::default(),
        severity: Severity::Message,
        is_lenient: false,
        refuted: &[],
        until: Instant::now() + Duration::from_secs(60),
    };
    let all = observe(Observation::of(&caught.small), false, question, &mut oracle, &mut target)?;
    let found = diagnose(&all, question, &mut oracle)?;
    Ok(found.map(|found| found.variation))
}

#[test]
fn the_list_of_explanations_names_mutants() {
    let mutants: Vec<_> = MUTANTS.iter().map(|mutant| mutant.name).collect();
    for (name, _) in EXPLAINED {
        assert!(mutants.contains(name), "{name}");
    }
    assert!(EXPLAINED.len() >= 50);
}
