//! Every case that is generated, answered, edited, shrunk or sent to a worker is printed and read back the same.

use fastrand::Rng;
use mmapcheck::choices::seeded;
use mmapcheck::generate::{GeneratorOptions, generate};
use mmapcheck::oracle::{AnswerOptions, Omissions, Oracle};
use mmapcheck::shrink::shrink;
use mmapcheck_spec::notation::{parse, print};
use mmapcheck_spec::{Arg, Case, Detail, Draft, Profile};
use std::time::{Duration, Instant};

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

const PROFILES: [Profile; 3] = [Profile::cpython(2, 7, 18), Profile::cpython(3, 11, 7), Profile::NEWEST];
/// The number of generated cases for each profile.
const CASES: u64 = 200;

/// Asserts that a legal case is read back as it was printed, by a person and by a worker.
fn reads_back(case: &Case) -> Result {
    assert_eq!(case.draft().repair(), *case, "{}", print(case));
    reads_back_but_for_slots(case)
}

/// As [`reads_back`], for a case that lost steps, whose names may have gaps between them. They are read as the next names.
fn reads_back_but_for_slots(case: &Case) -> Result {
    let text = print(case);
    let back = parse(&text, 1).map_err(|error| format!("{error}\n{text}"))?;
    assert_eq!(back.case, case.draft().repair(), "{text}");
    assert_eq!(back.case.steps.len(), case.steps.len(), "{text}");
    assert_eq!(serde_json::from_slice::<Case>(&serde_json::to_vec(case)?)?, *case, "{text}");
    Ok(())
}

fn all_omissions() -> [Omissions; 4] {
    [Omissions::NONE, Omissions::KNOWN_DEATHS, Omissions::ALL_DEATHS, Omissions::of_case(1)]
}

/// Changes a case anyhow, as a mutator does.
fn change(draft: &mut Draft, rng: &mut Rng) {
    let many = draft.steps.len();
    if many == 0 {
        return;
    }
    let at = rng.usize(..many);
    match rng.u32(..8) {
        0 => drop(draft.steps.remove(at)),
        1 => draft.steps.swap(at, rng.usize(..many)),
        2 => draft.steps.insert(rng.usize(..=many), draft.steps[at].clone()),
        3 => draft.steps[at].on = rng.u8(..),
        4 => draft.steps[at].bind = rng.u8(..),
        5 if !draft.world.files.is_empty() => drop(draft.world.files.remove(rng.usize(..draft.world.files.len()))),
        _ => {
            for given in &mut draft.steps[at].args {
                match &mut given.arg {
                    Arg::Int(num) | Arg::Index(num) | Arg::OfInt(_, num) | Arg::IndexAfter(num, _) => {
                        num.plus = *rng.choice(&[i128::MIN, i128::MAX, -1, 0, num.plus]).unwrap_or(&0);
                    }
                    Arg::Bytes(_, bytes) | Arg::BufferAfter(bytes, _) => *bytes = bytes.repeat(2),
                    Arg::Fd(slot) | Arg::File(slot) | Arg::Map(slot) | Arg::View(slot) | Arg::Path(slot) => {
                        *slot = rng.u8(..)
                    }
                    _ => {}
                }
            }
        }
    }
}

#[test]
fn a_case_reads_back_after_it_was_generated_and_answered() -> Result {
    for profile in PROFILES {
        let (mut oracle, options) = (Oracle::new(profile)?, GeneratorOptions::all(profile));
        for number in 0..CASES {
            let case = generate(&mut seeded(1, number), &options);
            reads_back(&case)?;
            for omissions in all_omissions() {
                let options = AnswerOptions { omissions, ..AnswerOptions::new(Detail::Quick) };
                let answered = oracle.answer(case.clone(), &options)?;
                reads_back_but_for_slots(&answered.case)?;
                let again = oracle.answer(answered.case.clone(), &options)?;
                let all = "every step that was kept has the same answer again";
                assert_eq!((&again.case, &again.expected), (&answered.case, &answered.expected), "{all}");
            }
        }
    }
    Ok(())
}

#[test]
fn a_case_reads_back_after_any_edits() -> Result {
    let mut rng = Rng::with_seed(2);
    for profile in PROFILES {
        let (mut oracle, options) = (Oracle::new(profile)?, GeneratorOptions::all(profile));
        for number in 0..CASES {
            let mut case = generate(&mut seeded(2, number), &options);
            for _ in 0..10 {
                case.edit(|draft| change(draft, &mut rng));
                reads_back(&case)?;
            }
            reads_back_but_for_slots(&oracle.answer(case, &AnswerOptions::new(Detail::Quick))?.case)?;
        }
    }
    Ok(())
}

#[test]
fn every_candidate_of_a_shrink_reads_back() -> Result {
    let (profile, mut rng) = (Profile::cpython(3, 11, 7), Rng::with_seed(3));
    let (mut oracle, options) = (Oracle::new(profile)?, GeneratorOptions::all(profile));
    let deadline = Instant::now() + Duration::from_secs(600);
    for number in 0..10 {
        let mut wrong = None;
        let mut check = |case: &Case| {
            let answered = oracle.answer(case.clone(), &AnswerOptions::new(Detail::Quick));
            let done = reads_back(case).and_then(|()| reads_back_but_for_slots(&answered?.case));
            wrong = wrong.take().or(done.err().map(|error| error.to_string()));
            rng.u8(..4) == 0
        };
        shrink(generate(&mut seeded(3, number), &options), deadline, &mut check);
        assert_eq!(wrong, None);
    }
    Ok(())
}
