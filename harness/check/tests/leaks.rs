//! A campaign finds every mutant that leaks. The count of leaks needs a process without other activity, so this is one test.

mod catching;

use catching::{SEED, catch, complaint};
use mmapcheck::mutant::LEAKING;

#[test]
fn every_leak_is_found_and_shrunk() {
    let missed: Vec<_> = LEAKING.iter().filter_map(|mutant| complaint(mutant, &catch(mutant, SEED, true))).collect();
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}
