//! The reference and the embedded CPython agree on whatever can be generated.

use mmapcheck::generate::{GeneratorOptions, generate};
use mmapcheck::known::KnownList;
use mmapcheck::oracle::Oracle;
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
    let mut oracle = Oracle::new(info.profile)?;
    oracle.set_rules(KnownList::built_in(&info, "mmap")?.rules(info.profile));
    // It would be this process that dies.
    oracle.spare();
    let oracle = RefCell::new(oracle);
    let mix = GeneratorOptions::all(info.profile);
    let target = RefCell::new(InProcess::new(stepper, info));
    let config = ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(bytes in prop::collection::vec(any::<u8>(), 0..600))| {
        let case = generate(&mut arbitrary::Unstructured::new(&bytes), &mix);
        let compared = oracle.borrow_mut().compare(case, &mut *target.borrow_mut(), Detail::Full);
        let compared = compared.map_err(|error| TestCaseError::fail(error.to_string()))?;
        let first = compared.comparison.divergences.first();
        prop_assert!(first.is_none(), "{}\n{}", session(&compared, first), side_by_side(&compared));
    });
    Ok(())
}
