//! Detection: the number of random cases until a campaign finds each planted fault.
//!
//! A number of cases does not depend on the speed of the machine, so that two reports can be compared.

use crate::batch::Batch;
use crate::generate::GeneratorOptions;
use crate::limits;
use crate::mutant::{self, Mutant, MutantTarget};
use crate::oracle::{Omissions, Oracle};
use crate::pattern::Patterns;
use crate::text::grouped;
use crate::worker::scratch;
use mmapcheck_spec::{Profile, TargetError};
use mmapcheck_targets::census::Census;
use std::fmt::Write;

/// The profile of the reference in which the faults are planted, unless another is asked for.
pub const PROFILE: Profile = Profile::NEWEST;

/// The detection of one mutant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detection {
    /// The name of the mutant.
    pub name: &'static str,
    /// The number of cases until it was found, for each seed, in ascending order; not found comes last.
    found: Vec<Found>,
}

/// The result of one search. The order of the variants is that of the results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Found {
    /// The number of cases, the one that shows the fault included.
    After(u64),
    /// Not within [`limits::DETECTION`] cases.
    Not,
}

impl Found {
    fn text(self) -> String {
        match self {
            Found::After(cases) => grouped(cases),
            Found::Not => "not found".into(),
        }
    }
}

impl Detection {
    /// The detection of a mutant by campaigns with the seeds from 1 to this number, at least one. Leaks are counted, so this
    /// process must have no other activity; its working folder changes.
    ///
    /// # Errors
    /// Where the reference does not model the profile, or a folder cannot be made.
    pub fn measure(mutant: &'static Mutant, profile: Profile, seeds: u64) -> Result<Detection, TargetError> {
        let mut found = (1..=seeds.max(1)).map(|seed| search(mutant, profile, seed)).collect::<Result<Vec<_>, _>>()?;
        found.sort_unstable();
        Ok(Detection { name: mutant.name, found })
    }

    /// The median; the larger of the two in the middle if their number is even.
    fn median(&self) -> Found {
        self.found[self.found.len() / 2]
    }

    fn worst(&self) -> Found {
        self.found[self.found.len() - 1]
    }
}

/// Detects every mutant ([`Detection::measure`]). `done` is called with the number of mutants that are measured.
///
/// # Errors
/// As [`Detection::measure`].
pub fn all(profile: Profile, seeds: u64, done: &mut dyn FnMut(usize)) -> Result<Vec<Detection>, TargetError> {
    let mut found = Vec::new();
    for mutant in mutant::all() {
        found.push(Detection::measure(mutant, profile, seeds)?);
        done(found.len());
    }
    Ok(found)
}

fn search(mutant: &'static Mutant, profile: Profile, seed: u64) -> Result<Found, TargetError> {
    // A batch ends where it ends, and not at the first divergence: most mutants need few cases.
    const FIRST: u64 = 16;
    let dir = scratch()?;
    let (mut oracle, mut target) = (Oracle::new(profile)?, MutantTarget::target(mutant, profile, dir.path())?);
    if mutant.leaks() {
        let census = std::env::set_current_dir(dir.path()).and_then(|()| Census::new(dir.path()));
        target.census = Some(census.map_err(|error| TargetError(format!("the count of leaks: {error}")))?);
    }
    let mut batch = Batch {
        seed,
        cases: 0..FIRST,
        generator: GeneratorOptions::all(profile),
        known: Patterns::default(),
        model: Vec::new(),
        omissions: Omissions::NONE,
        fresh: None,
    };
    while batch.cases.start < limits::DETECTION {
        if let Some(hit) = batch.run(&mut oracle, &mut target, &mut |_, _| {})?.hits.first() {
            return Ok(Found::After(hit.case + 1));
        }
        let end = batch.cases.end;
        batch.cases = end..(2 * end).min(end + limits::BATCH).min(limits::DETECTION);
    }
    Ok(Found::Not)
}

/// The table as a page in Markdown, the faults that need the most cases first. `seeds`: the number of seeds.
#[must_use]
pub fn page(mut all: Vec<Detection>, profile: Profile, seeds: u64) -> String {
    all.sort_by_key(|one| (std::cmp::Reverse((one.median(), one.worst())), one.name));
    let most = grouped(limits::DETECTION);
    let mut page = format!(
        "# Detection\n\n\
        Each row is a fault that is planted in the reference ({profile}), and the number of random cases until a campaign finds it: the median and the worst of {seeds} seeds.\n\
        A search ends after {most} cases.\n\n\
        `mmapcheck bench --detection --seeds {seeds} --profile {profile} > reports/detection.md` writes this page.\n\n\
        | planted fault | median | worst |\n| --- | ---: | ---: |\n"
    );
    for one in &all {
        let _ =
            writeln!(page, "| {} | {} | {} |", one.name.replace('|', "\\|"), one.median().text(), one.worst().text());
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &'static str, found: &[Found]) -> Detection {
        Detection { name, found: found.to_vec() }
    }

    #[test]
    fn the_rarest_fault_is_the_first_row() {
        use Found::{After, Not};
        let all = vec![
            of("often", &[After(1), After(2), After(3)]),
            of("never", &[After(7), Not, Not]),
            of("rarely", &[After(10), After(2000), Not]),
        ];
        let page = page(all, PROFILE, 3);
        let rows: Vec<_> = page.lines().filter(|line| line.starts_with("| ")).skip(2).collect();
        assert_eq!(
            rows,
            ["| never | not found | not found |", "| rarely | 2,000 | not found |", "| often | 2 | 3 |"],
            "{page}"
        );
    }

    #[test]
    fn a_fault_of_every_case_is_found_in_the_first_cases() -> Result<(), TargetError> {
        let mutant = mutant::all().find(|mutant| mutant.name == "the text of a closed map's error is short");
        let found = Detection::measure(mutant.ok_or_else(|| TargetError("no such mutant".into()))?, PROFILE, 3)?;
        assert_eq!(found.found.len(), 3);
        assert!(found.worst() < Found::After(1000), "{found:?}");
        Ok(())
    }
}
