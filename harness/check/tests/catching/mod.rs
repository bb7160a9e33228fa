//! Catching a mutant of the reference: a campaign must find it and shrink its case.

use mmapcheck::batch::{Batch, Hit};
use mmapcheck::campaign::shrink_to;
use mmapcheck::compare::Comparison;
use mmapcheck::differential::DifferentialRun;
use mmapcheck::divergence::Bucket;
use mmapcheck::generate::{GeneratorOptions, numbered};
use mmapcheck::mutant::{Mutant, MutantTarget};
use mmapcheck::oracle::{AnswerOptions, Omissions, Oracle};
use mmapcheck::pattern::Patterns;
use mmapcheck::repeat::Rate;
use mmapcheck::worker::scratch;
use mmapcheck_spec::notation::{CLASSES, Class, print};
use mmapcheck_spec::{Detail, Profile, Target};
use mmapcheck_targets::census::Census;
use std::time::{Duration, Instant};

const PROFILE: Profile = Profile::cpython(3, 11, 7);
/// The seed of the campaign.
pub const SEED: u64 = 2;
/// A few seconds of a campaign on one core.
const MOST_CASES: u64 = 2_000_000;

/// The maximum length of a session without the classes that it defines, in characters: a screen.
const LONGEST_SESSION: usize = 500;

/// Far more time than shrinking takes, so that the size of the shrunk case does not depend on the load of the machine.
const SHRINK: Duration = Duration::from_secs(120);

/// A divergence of a mutant, shrunk.
pub struct Caught {
    /// The run of the shrunk case.
    pub small: DifferentialRun,
}

/// Finds and shrinks the first divergence of a mutant. `alone`: this process has no other activity, so leaks are counted.
///
/// # Errors
/// Where the divergence is not found, or not minimal.
pub fn catch(mutant: &'static Mutant, seed: u64, alone: bool) -> Result<Caught, Box<dyn std::error::Error>> {
    let dir = scratch()?;
    let mut oracle = Oracle::new(PROFILE)?;
    let mut target = MutantTarget::target(mutant, PROFILE, dir.path())?;
    if alone {
        std::env::set_current_dir(dir.path())?;
        target.census = Some(Census::new(dir.path())?);
    }
    let generator = GeneratorOptions::all(PROFILE);
    let hit = first_hit(seed, &mut oracle, &mut target, &generator)?.ok_or("not found")?;
    let case = numbered(seed, hit.case, &generator);
    let options = AnswerOptions { omissions: Omissions::of_case(hit.case), ..AnswerOptions::new(Detail::Full) };
    let close = DifferentialRun::of(case.clone(), &mut oracle, &mut target, &options)?;
    let bucket: Bucket = close.comparison.divergences.first().ok_or("not shown again")?.bucket.clone();
    let small = shrink_to(&mut oracle, &mut target, case, &bucket, Rate::ONCE, &options, Instant::now() + SHRINK).case;
    let small = DifferentialRun::of(small, &mut oracle, &mut target, &options)?;
    let shows = |found: &Comparison| found.divergences.iter().any(|divergence| divergence.bucket == bucket);
    if !shows(&small.comparison) {
        return Err("the small case shows something else".into());
    }
    for step in 0..small.case.steps.len() {
        let less = small.case.without(step..step + 1);
        // A child is waited for, whether a step says so or not.
        if less != small.case && shows(&DifferentialRun::of(less, &mut oracle, &mut target, &options)?.comparison) {
            return Err(format!("step {} does nothing in\n{}", step + 1, print(&small.case)).into());
        }
    }
    Ok(Caught { small })
}

fn first_hit(
    seed: u64,
    oracle: &mut Oracle,
    target: &mut dyn Target,
    options: &GeneratorOptions,
) -> Result<Option<Hit>, Box<dyn std::error::Error>> {
    const CHUNK: u64 = 500;
    for first in (0..MOST_CASES).step_by(CHUNK as usize) {
        let cases = first..first + CHUNK;
        let (generator, known, omissions) = (options.clone(), Patterns::default(), Omissions::NONE);
        let batch = Batch { seed, cases, generator, known, model: Vec::new(), omissions, fresh: None };
        if let Some(hit) = batch.run(oracle, target, &mut |_, _| {})?.hits.into_iter().next() {
            return Ok(Some(hit));
        }
    }
    Ok(None)
}

/// The reason why a mutant was not caught, or its case not shrunk enough; `None` if both succeeded.
pub fn complaint(mutant: &'static Mutant, caught: &Result<Caught, Box<dyn std::error::Error>>) -> Option<String> {
    match caught {
        Ok(Caught { small, .. }) => {
            let (steps, session) = (small.case.steps.len(), print(&small.case));
            let without_class = |text: String, class: &Class| text.replace(&(class.lines.join("\n") + "\n"), "");
            let own = CLASSES.iter().fold(session.clone(), without_class);
            let is_small = steps <= mutant.longest && own.len() <= LONGEST_SESSION;
            (!is_small).then(|| format!("{}: {steps} steps, at most {}\n{session}", mutant.name, mutant.longest))
        }
        Err(error) => Some(format!("{}: {error}", mutant.name)),
    }
}
