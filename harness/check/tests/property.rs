//! The reference and the embedded CPython agree on whatever can be generated.

use mmapcheck::generate::{Mix, generate};
use mmapcheck::known::Known;
use mmapcheck::report;
use mmapcheck::run::{Judge, Stepwise};
use mmapcheck::sides::side_by_side;
use mmapcheck::worker::scratch;
use mmapcheck_spec::Watch;
use mmapcheck_targets::Embedded;
use proptest::prelude::*;
use std::cell::RefCell;

#[test]
fn the_reference_and_cpython_agree_on_any_bytes() -> Result<(), Box<dyn std::error::Error>> {
    mmapcheck_targets::check_interpreter()?;
    let dir = scratch()?;
    let machine = Embedded::new("mmap", "mmap", dir.path())?;
    let host = machine.host().clone();
    let mut judge = Judge::new(host.profile)?;
    judge.set_rules(Known::built_in(&host, "mmap")?.rules(host.profile));
    // It would be this process that dies.
    judge.spare();
    let judge = RefCell::new(judge);
    let mix = Mix::all(host.profile);
    let target = RefCell::new(Stepwise::new(machine, host));
    let config = ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(bytes in prop::collection::vec(any::<u8>(), 0..600))| {
        let case = generate(&mut arbitrary::Unstructured::new(&bytes), &mix);
        let compared = judge.borrow_mut().compare(case, &mut *target.borrow_mut(), Watch::Full);
        let compared = compared.map_err(|error| TestCaseError::fail(error.to_string()))?;
        let first = compared.comparison.differences.first();
        prop_assert!(first.is_none(), "{}\n{}", report::session(&compared, first), side_by_side(&compared));
    });
    Ok(())
}
