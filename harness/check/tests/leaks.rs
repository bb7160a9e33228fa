//! A campaign finds what is left behind. This process does nothing else meanwhile, so there is one test alone.

mod catching;

use catching::complaint;
use mmapcheck::mutant::LEAKING;

#[test]
fn every_leak_is_found_and_made_small() {
    let missed: Vec<_> = LEAKING.iter().filter_map(|mutant| complaint(mutant, true)).collect();
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}
