//! The reference and the embedded CPython agree on every generated case.

use mmapcheck::differential::DifferentialRun;
use mmapcheck::generate::{GeneratorOptions, generate};
use mmapcheck::known::KnownList;
use mmapcheck::oracle::{AnswerOptions, Omissions, Oracle};
use mmapcheck::report::session::session;
use mmapcheck::trace_table::side_by_side;
use mmapcheck::worker::scratch;
use mmapcheck_spec::Detail;
use mmapcheck_targets::Embedded;
use mmapcheck_targets::InProcess;
use proptest::prelude::*;
use std::cell::RefCell;

#[test]
fn the_reference_and_cpython_agree_on_any_bytes() -> Result<(), Box<dyn std::error::Error>> {
    mmapcheck_targets::check_interpreter()?;
    let dir = scratch()?;
    let stepper = Embedded::new("mmap", "mmap", dir.path())?;
    let info = stepper.info().clone();
    let known = KnownList::built_in(&info, "mmap")?.patterns(info.profile);
    // A death would kill this process.
    let omissions = Omissions::KNOWN_DEATHS;
    let options = AnswerOptions { known: &known, omissions, ..AnswerOptions::new(Detail::Full) };
    let oracle = RefCell::new(Oracle::new(info.profile)?);
    let generator = GeneratorOptions::all(info.profile);
    let target = RefCell::new(InProcess::new(stepper, info));
    let config = ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(bytes in prop::collection::vec(any::<u8>(), 0..600))| {
        let case = generate(&mut arbitrary::Unstructured::new(&bytes), &generator);
        let compared = DifferentialRun::of(case, &mut oracle.borrow_mut(), &mut *target.borrow_mut(), &options);
        let compared = compared.map_err(|error| TestCaseError::fail(error.to_string()))?;
        let first = compared.comparison.divergences.first();
        prop_assert!(first.is_none(), "{}\n{}", session(&compared, first), side_by_side(&compared));
    });
    Ok(())
}
