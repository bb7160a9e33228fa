//! The reference over the memory store and the reference over the disk store agree on every generated case.
//!
//! `STORES_CASES=400000 cargo test --release --test stores` runs ten million steps.

use mmapcheck::batch::Batch;
use mmapcheck::differential::DifferentialRun;
use mmapcheck::generate::{GeneratorOptions, numbered};
use mmapcheck::oracle::{AnswerOptions, Omissions, Oracle};
use mmapcheck::pattern::Patterns;
use mmapcheck::report::session::session;
use mmapcheck::trace_table::side_by_side;
use mmapcheck::worker::scratch;
use mmapcheck_reference::Reference;
use mmapcheck_spec::{Detail, Op, Profile, TargetInfo};
use mmapcheck_targets::InProcess;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

const SEED: u64 = 1;

/// The number of cases unless `STORES_CASES` sets it: about a million steps.
const CASES: u64 = 40_000;

#[test]
fn the_memory_store_and_the_disk_store_agree() -> Result {
    let cases = std::env::var("STORES_CASES").map_or(Ok(CASES), |text| text.parse())?;
    // This version has many constants and operations.
    let profile = Profile::cpython(3, 13, 0);
    let dir = scratch()?;
    let mut oracle = Oracle::new(profile)?;
    let info = TargetInfo::of_profile(profile, "the reference on files");
    let mut target = InProcess::new(Reference::new(profile, dir.path())?, info);
    let mut generator = GeneratorOptions::all(profile);
    // The reference on files makes no child processes.
    generator.ops.retain(|op| *op != Op::Fork);
    let (known, omissions) = (Patterns::default(), Omissions::NONE);
    let batch = Batch { seed: SEED, cases: 0..cases, generator, known, model: Vec::new(), omissions, fresh: None };
    let result = batch.run(&mut oracle, &mut target, &mut |_, _| {})?;
    if let Some(hit) = result.hits.first() {
        let options = AnswerOptions { omissions: Omissions::of_case(hit.case), ..AnswerOptions::new(Detail::Full) };
        let case = numbered(SEED, hit.case, &batch.generator);
        let compared = DifferentialRun::of(case, &mut oracle, &mut target, &options)?;
        let first = compared.comparison.divergences.first();
        panic!("{hit:?}\n{}\n{}", session(&compared, first), side_by_side(&compared));
    }
    assert_eq!(result.incomparable, [], "what one store answers, the other does too");
    println!("{} cases, {} steps", result.cases, result.steps);
    assert!(result.steps > 20 * cases, "{} steps", result.steps);
    Ok(())
}

#[test]
fn the_command_line_compares_the_two_stores() -> Result {
    let dir = tempfile::tempdir()?;
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_mmapcheck"));
    command.args(["check", "--reference", "--random-only", "--seed", "2", "--cases", "4000", "--report"]);
    let done = command.arg(dir.path().join("found")).output()?;
    let text = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success() && text.contains("no divergence: 4,000 cases"), "{text}");
    Ok(())
}
