//! Effects of a known divergence: it takes in what follows from it in its case, and no more, and the case continues.

use crate::known::READ;
use crate::{Result, python};
use mmapcheck::compare::compare;
use mmapcheck::differential::DifferentialRun;
use mmapcheck::divergence::Field;
use mmapcheck::known::KnownList;
use mmapcheck::mutant::{MUTANTS, MutantTarget};
use mmapcheck::oracle::{AnswerOptions, Oracle};
use mmapcheck::pattern::Patterns;
use mmapcheck::worker::scratch;
use mmapcheck_spec::{
    Content, Detail, Draft, End, MapState, Op, Outcome, Profile, Raise, Snapshot, Step, StepTrace, Target, Trace,
    notation,
};
use mmapcheck_targets::driver::Driver;
use mmapcheck_targets::stop::Stop;
use smallvec::smallvec;
use std::path::Path;
use std::time::Duration;

#[test]
fn a_case_continues_after_a_known_divergence() -> Result {
    let mutant = MUTANTS.iter().find(|mutant| mutant.name == "read leaves the position").ok_or("no such mutant")?;
    let profile = Profile::cpython(3, 11, 7);
    let dir = scratch()?;
    let mut oracle = Oracle::new(profile)?;
    let mut target = MutantTarget::target(mutant, profile, dir.path())?;
    let session =
        ">>> import mmap\n>>> m = mmap.mmap(-1, 10)\n>>> m.read(2)\n>>> m.write(b'ab')\n>>> m.read(3)\n>>> m.tell()\n";
    let case = notation::parse(session, 1)?.case;
    let full = AnswerOptions::new(Detail::Full);
    let plain = DifferentialRun::of(case.clone(), &mut oracle, &mut target, &full)?.comparison;
    assert_eq!((plain.divergences.len(), plain.known.len()), (1, 0), "it ends where the two part");
    let patterns = KnownList::read("list", READ)?.patterns(profile);
    assert_eq!(patterns.0.len(), 1);
    let known = DifferentialRun::of(case, &mut oracle, &mut target, &AnswerOptions { known: &patterns, ..full })?;
    assert_eq!(known.comparison.divergences, []);
    assert_eq!(known.comparison.known.len(), 2, "both reads were met");
    assert_eq!(known.actual.steps.len(), 3, "the others were compared");
    Ok(())
}

/// Another map of the same file shows the byte that CPython writes beyond the end of a map.
const SHRUNK_MEANWHILE: &str = ">>> import mmap
>>> class IndexAfter:
...     def __init__(self, value, callback):
...         self.value = value
...         self.callback = callback
...     def __index__(self):
...         self.callback()
...         return self.value
...
>>> f = open('f', 'w+b', buffering=0)
>>> f.write(b'abcd')
4
>>> m = mmap.mmap(f.fileno(), 0)
>>> n = mmap.mmap(f.fileno(), 0)
>>> def callback():
...     n.resize(1)
...
>>> n[1] = IndexAfter(1, callback)
>>> m.seek(1)
>>> m.tell()
";

#[test]
fn a_known_divergence_takes_in_its_effect_on_another_map_of_the_file() -> Result {
    let dir = tempfile::tempdir()?;
    let mut target =
        Driver::start(Path::new(python()), "mmap", "mmap", dir.path(), Duration::from_secs(60), &Stop::never())?;
    let profile = target.info().profile;
    let patterns = KnownList::built_in(target.info(), "mmap")?.patterns(profile);
    if !patterns.0.iter().any(|pattern| pattern.id == "shrunk-meanwhile-item") {
        eprintln!("skipped: {} checks the index again", target.info().name);
        return Ok(());
    }
    let case = notation::parse(SHRUNK_MEANWHILE, 1)?.case;
    let mut oracle = Oracle::new(profile)?;
    for detail in [Detail::Quick, Detail::Every, Detail::Full] {
        let options = AnswerOptions { known: &patterns, ..AnswerOptions::new(detail) };
        let run = DifferentialRun::of(case.clone(), &mut oracle, &mut target, &options)?;
        assert_eq!(run.comparison.divergences, [], "{detail:?}");
        assert_eq!(run.comparison.known.len(), 1, "{detail:?}");
        assert_eq!(run.actual.steps.len(), case.steps.len() - 1, "the steps after it were compared");
    }
    Ok(())
}

/// A trace of one step, after which a map and a file have these numbers of bytes.
fn left(result: std::result::Result<Outcome, End>, map: u64, file: u64) -> Trace {
    let content = |len| Content { len, digest: len, bytes: None };
    let open = MapState::Open { pos: 0, len: 9, content: Some(content(map)) };
    let snapshot = Snapshot { maps: smallvec![open], files: vec![content(file)] };
    Trace { steps: vec![StepTrace { result, snapshot }], ..Trace::default() }
}

#[test]
fn a_known_divergence_takes_in_its_effects_and_no_more() -> Result {
    let case = Draft { steps: vec![Step::new(Op::Read, 0, [])], ..Draft::default() };
    let entry = |field: &str, expected: &str, actual: &str| -> Result<_> {
        let with = READ.replace("field = \"position\"", &format!("field = \"{field}\""));
        let with = with.replace("expected = \"\"", &format!("expected = \"{expected}\""));
        let with = with.replace("actual = \"\"", &format!("actual = \"{actual}\""));
        Ok(KnownList::read("list", &with)?.patterns(Profile::cpython(3, 11, 7)))
    };
    let (value, number) = (Outcome::Value(mmapcheck_spec::Value::None), Outcome::Value(mmapcheck_spec::Value::Int(1)));
    let raised = Outcome::Raised(Raise::new("IndexError", "no"));
    let fields = |known: &Patterns, wanted: &Outcome, given: &Outcome| {
        let found = compare(&case, &left(Ok(wanted.clone()), 1, 1), &left(Ok(given.clone()), 2, 2), known);
        (found.divergences.iter().map(|found| found.bucket.field).collect::<Vec<_>>(), found.cut)
    };
    let refused = entry("answer", "IndexError", "None")?;
    assert_eq!(fields(&refused, &raised, &value), (vec![], Some(0)), "one side wrote, the other did not");
    let another = entry("answer", "int", "None")?;
    assert_eq!(fields(&another, &number, &value), (vec![Field::File], None), "a wrong number explains no bytes");
    let bytes = entry("map bytes", "", "")?;
    assert_eq!(fields(&bytes, &value, &value), (vec![], Some(0)), "the file has the bytes of its map");
    let position = entry("position", "", "")?;
    assert_eq!(fields(&position, &value, &value), (vec![Field::File], None), "a position explains no bytes");
    let same = compare(&case, &left(Ok(raised), 1, 1), &left(Ok(value), 1, 1), &refused);
    assert_eq!((same.divergences.len(), same.cut), (0, Some(0)), "the states part where no snapshot shows it");
    Ok(())
}

/// The trace of one step with this result, after which the map is at this position.
fn step(result: std::result::Result<Outcome, End>, pos: i64) -> Trace {
    let left = Snapshot { maps: smallvec![MapState::Open { pos, len: 10, content: None }], files: Vec::new() };
    Trace { steps: vec![StepTrace { result, snapshot: left }], ..Trace::default() }
}

#[test]
fn a_known_divergence_of_a_step_hides_no_other_of_that_step() -> Result {
    let case = Draft { steps: vec![Step::new(Op::Read, 0, [])], ..Draft::default() };
    let (refused, read) = (Raise::new("TypeError", "no"), Outcome::Value(mmapcheck_spec::Value::None));
    let raised = Outcome::Raised(Raise::new("ValueError", "no"));
    let rules = KnownList::read("list", READ)?.patterns(Profile::cpython(3, 11, 7));
    let expected = step(Ok(Outcome::Raised(refused)), 3);
    // The divergence of the position is known and the more severe of the two.
    let both = compare(&case, &expected, &step(Ok(raised), 0), &rules);
    assert_eq!(both.known, [(0, "read-stays".to_owned())]);
    assert_eq!(both.divergences.iter().map(|found| found.bucket.field).collect::<Vec<_>>(), [Field::Answer]);
    assert_eq!(both.cut, None, "a step that shows something new is not left out");
    let dies = READ.replace("position", "answer").replace("expected = \"\"", "expected = \"a value\"");
    let dies = KnownList::read("list", &dies.replace("actual = \"\"", "actual = \"hung\""))?;
    let hung =
        Trace { steps: vec![StepTrace { result: Err(End::Hung), snapshot: Snapshot::default() }], ..Trace::default() };
    let death = compare(&case, &step(Ok(read), 3), &hung, &dies.patterns(Profile::cpython(3, 11, 7)));
    assert_eq!((death.divergences.len(), death.cut), (0, Some(0)), "what is dead has left nothing to look at");
    Ok(())
}
