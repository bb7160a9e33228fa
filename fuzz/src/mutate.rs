//! The mutator of `ops`: it changes cases, so that every mutated input is a case too.
//!
//! New steps, arguments and worlds come from a generated case, the donor. A printed session has plain numbers only, so the
//! oracle runs each mutated case once, which makes its numbers plain and leaves out steps without an outcome.

use crate::{case, generator_options, recent};
use fastrand::Rng;
use mmapcheck::generate::{GeneratorOptions, generate};
use mmapcheck::limits;
use mmapcheck::oracle::{AnswerOptions, Omissions, Oracle};
use mmapcheck_spec::notation::print;
use mmapcheck_spec::{Arg, Case, Detail, Draft, Op, Profile, Step};
use std::cell::RefCell;
use std::io::Write;

/// The maximum number of steps of a mutated case: twice that of a generated one, so that there is room for inserted steps.
const MOST_STEPS: usize = 2 * limits::STEPS;

/// Mutates an input in place. `size`: the size of the input, in bytes; `most`: the maximum size of the mutated one. Returns the
/// size of the mutated input, or 0 if no case fits.
pub fn mutate(data: &mut [u8], size: usize, most: usize, seed: u32) -> usize {
    with_mutator(|mutator| {
        let mut rng = Rng::with_seed(seed.into());
        let mut case = case(&data[..size], &mutator.generator).into_draft();
        for _ in 0..=rng.usize(..3) {
            mutator.change(&mut case, &mut rng);
        }
        let case = mutator.legal(case);
        let has_child = rng.usize(..limits::FORKING) == 0;
        written(if has_child { forked(case, &mut rng) } else { case }, &mut data[..most])
    })
}

/// The case with some of its steps in a child process. libFuzzer does not see the coverage of a child, which is run all the same.
fn forked(case: Case, rng: &mut Rng) -> Case {
    let mut draft = case.into_draft();
    let many = draft.steps.len();
    if many > 0 {
        let first = rng.usize(1..=many);
        let end = first + rng.usize(..=limits::CHILD.min(many - first));
        draft.steps.insert(end, Step::new(Op::Wait, 0, []));
        draft.steps.insert(first, Step::new(Op::Fork, 0, []));
    }
    draft.repair()
}

/// Inserts some steps of the second input into the first. Returns the size of the input written to `out`, in bytes.
pub fn splice(into: &[u8], from: &[u8], out: &mut [u8], seed: u32) -> usize {
    with_mutator(|mutator| {
        let mut rng = Rng::with_seed(seed.into());
        let (mut case, donor) = (case(into, &mutator.generator).into_draft(), case(from, &mutator.generator));
        let run = run(&donor, &mut rng);
        let at = rng.usize(..=case.steps.len());
        case.steps.splice(at..at, run);
        written(mutator.legal(case), out)
    })
}

thread_local! {
    static MUTATOR: RefCell<Option<Mutator>> = const { RefCell::new(None) };
}

fn with_mutator(callback: impl FnOnce(&mut Mutator) -> usize) -> usize {
    MUTATOR.with_borrow_mut(|mutator| {
        if mutator.is_none() {
            *mutator = Mutator::new();
        }
        mutator.as_mut().map_or(0, callback)
    })
}

struct Mutator {
    oracle: Oracle,
    generator: GeneratorOptions,
}

impl Mutator {
    /// `None` if the oracle does not run on this system. The start of the target then reports the reason.
    fn new() -> Option<Mutator> {
        // A case is legal under every profile. The profile only makes constants and parameters likely to exist.
        let profile = Profile::cpython(3, 11, 7);
        let oracle = Oracle::new(profile).ok()?;
        Some(Mutator { oracle, generator: generator_options(profile) })
    }

    fn donor(&self, rng: &mut Rng, ops: &[Op]) -> Case {
        let generator = GeneratorOptions { ops: ops.to_vec(), ..self.generator.clone() };
        generate(rng, &generator)
    }

    /// A step of this operation, if the donor has one.
    fn step(&self, op: Op, rng: &mut Rng) -> Option<Step> {
        // A step on a view or iterator needs a step that creates it.
        let donor = self.donor(rng, &[op, Op::View, Op::Iter]);
        donor.into_draft().steps.into_iter().rev().find(|step| step.op == op)
    }

    /// One mutation. It may change nothing.
    fn change(&self, case: &mut Draft, rng: &mut Rng) {
        let many = case.steps.len();
        let at = rng.usize(..many.max(1));
        match rng.u32(..16) {
            _ if many == 0 => *case = self.donor(rng, &self.generator.ops).into_draft(),
            0..2 => {
                let donor = self.donor(rng, &self.generator.ops);
                case.steps
                    .splice(at + 1..at + 1, donor.into_draft().steps.into_iter().skip(1).take(1 + rng.usize(..3)));
            }
            // The generator chooses operations by weight; here all are equally likely.
            2 | 3 => {
                let op = self.generator.ops[rng.usize(..self.generator.ops.len())];
                case.steps.splice(at + 1..at + 1, self.step(op, rng));
            }
            4 | 5 => drop(case.steps.remove(at)),
            6 => case.steps.swap(at, rng.usize(..many)),
            7 => case.steps.insert(rng.usize(..=many), case.steps[at].clone()),
            8..13 => self.argument(case, at, rng),
            13 => case.steps[at].on = rng.u8(..3),
            14 => case.steps[at].bind = rng.u8(..3),
            _ => case.world = self.donor(rng, &[]).into_draft().world,
        }
    }

    /// Changes one argument of a step a little, or replaces all of its arguments.
    fn argument(&self, case: &mut Draft, at: usize, rng: &mut Rng) {
        let step = &mut case.steps[at];
        let place = rng.usize(..step.args.len().max(1));
        match step.args.get_mut(place) {
            Some(given) if rng.bool() => nudge(&mut given.arg, rng),
            _ => {
                if let Some(other) = self.step(step.op, rng) {
                    step.args = other.args;
                }
            }
        }
    }

    /// The case of a draft: with plain numbers, at most [`MOST_STEPS`] steps, and no child processes.
    fn legal(&mut self, mut draft: Draft) -> Case {
        draft.steps.retain(|step| !step.op.is_of_children());
        draft.steps.truncate(MOST_STEPS);
        let case = draft.repair();
        // Steps that are known to kill are left out: the steps after a death would never run.
        let options = AnswerOptions { omissions: Omissions::ALL_DEATHS, ..AnswerOptions::new(Detail::Quick) };
        // The oracle keeps the slots of a case that lost steps. The repair numbers them as a reader of the session does.
        self.oracle.answer(case.clone(), &options).map_or(case, |answered| answered.case.into_draft().repair())
    }
}

/// Up to eight consecutive steps of a case.
fn run(donor: &Case, rng: &mut Rng) -> Vec<Step> {
    let first = rng.usize(..=donor.steps.len());
    donor.steps.iter().skip(first).take(1 + rng.usize(..8)).cloned().collect()
}

/// Changes a number to one nearby, to its half, its double or its negative; changes, adds or drops one byte of bytes.
fn nudge(arg: &mut Arg, rng: &mut Rng) {
    match arg {
        Arg::Int(num) | Arg::Index(num) | Arg::OfInt(_, num) | Arg::IndexAfter(num, _) => {
            num.plus = match rng.u32(..6) {
                0 => num.plus.saturating_neg(),
                1 => num.plus / 2,
                2 => num.plus.saturating_mul(2),
                3 => num.plus.saturating_add(rng.i128(-16..=16)),
                4 => num.plus.saturating_sub(1),
                _ => num.plus.saturating_add(1),
            }
        }
        Arg::Bytes(_, bytes) | Arg::BufferAfter(bytes, _) => match (rng.u32(..3), bytes.is_empty()) {
            (0, false) => drop(bytes.pop()),
            (1, false) => {
                let at = rng.usize(..bytes.len());
                bytes[at] = rng.u8(..);
            }
            _ => bytes.push(*rng.choice(b"ab\n\0").unwrap_or(&0)),
        },
        Arg::Bool(value) => *value = !*value,
        Arg::Fd(slot) | Arg::File(slot) | Arg::Map(slot) | Arg::View(slot) | Arg::Path(slot) => *slot = rng.u8(..3),
        _ => {}
    }
}

/// Writes a case as a session, and drops steps from its end until it fits. Returns the size of the session, in bytes.
fn written(mut case: Case, mut out: &mut [u8]) -> usize {
    let room = out.len();
    loop {
        let text = print(&case);
        if text.len() <= room {
            let _ = out.write_all(text.as_bytes());
            let len = text.len();
            recent::keep_written(text.as_bytes(), case);
            return len;
        }
        if case.steps.is_empty() {
            return 0;
        }
        case.edit(|draft| draft.steps.truncate(draft.steps.len() * 3 / 4));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mmapcheck_spec::notation::parse;
    use mmapcheck_spec::pages;

    type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

    /// The maximum size of an input, in bytes: enough for most cases, so that few lose steps.
    const MOST: usize = 4096;

    /// The examples of the specification, and bytes that are choices of the generator.
    fn inputs() -> Result<Vec<Vec<u8>>> {
        let pages = pages::all()?;
        let mut inputs: Vec<_> =
            pages::examples(pages).map(|(.., example)| example.text.clone().into_bytes()).collect();
        let mut rng = Rng::with_seed(3);
        inputs.extend((0..100).map(|_| (0..rng.usize(..200)).map(|_| rng.u8(..)).collect()));
        Ok(inputs)
    }

    fn mutated(input: &[u8], most: usize, seed: u32) -> Vec<u8> {
        let mut data = input.to_vec();
        data.resize(most.max(input.len()), 0);
        let size = mutate(&mut data, input.len(), most, seed);
        assert!(size <= most, "{size} bytes");
        data.truncate(size);
        data
    }

    /// Asserts that a mutated input is the session of a legal case, and returns the case.
    fn checked(input: &[u8]) -> Result<Case> {
        let text = std::str::from_utf8(input)?;
        let case = parse(text, 1)?.case;
        assert_eq!(print(&case), text);
        assert_eq!(case.draft().repair(), case, "{text}");
        let children = case.steps.iter().filter(|step| step.op == Op::Fork).count();
        assert!(case.steps.len() <= MOST_STEPS + 2 * children && children <= 1, "{text}");
        if !case.steps.is_empty() {
            assert_eq!(recent::recall(input).as_ref(), Some(&case), "{text}");
        }
        Ok(case)
    }

    #[test]
    fn a_mutated_input_is_the_session_of_a_legal_case_that_reads_back_unchanged() -> Result {
        let (mut count, mut different) = (0, 0);
        for (seed, input) in inputs()?.into_iter().enumerate() {
            let mut input = input;
            for generation in 0..5 {
                let next = mutated(&input, MOST, seed as u32 * 5 + generation);
                checked(&next)?;
                count += 1;
                different += usize::from(next != input);
                input = next;
            }
        }
        assert!(different > count / 2, "{different} of {count} mutations change the input");
        Ok(())
    }

    #[test]
    fn a_spliced_input_is_the_session_of_a_legal_case_that_reads_back_unchanged() -> Result {
        let mut rng = Rng::with_seed(4);
        let inputs = inputs()?;
        for seed in 0..500 {
            let (into, from) = (&inputs[rng.usize(..inputs.len())], &inputs[rng.usize(..inputs.len())]);
            let mut out = vec![0; MOST];
            let size = splice(into, from, &mut out, seed);
            checked(&out[..size])?;
        }
        Ok(())
    }

    #[test]
    fn a_mutated_input_fits_its_maximum_size() -> Result {
        for (seed, input) in inputs()?.into_iter().enumerate().take(50) {
            for most in [0, 10, 100, 300] {
                let less = mutated(&input, most, seed as u32);
                assert!(less.is_empty() || checked(&less).is_ok(), "{most}");
            }
        }
        Ok(())
    }

    #[test]
    fn some_mutated_inputs_have_a_child_process() -> Result {
        let input = inputs()?.into_iter().next().ok_or("no input")?;
        let has_child = |seed: &u32| mutated(&input, MOST, *seed).windows(9).any(|word| word == b"os.fork()");
        let children = (0..4000).filter(has_child).count();
        assert!((2..40).contains(&children), "{children} of 4000");
        Ok(())
    }

    #[test]
    fn equal_seeds_give_equal_mutations() -> Result {
        for input in inputs()?.iter().take(50) {
            assert_eq!(mutated(input, MOST, 7), mutated(input, MOST, 7));
        }
        Ok(())
    }
}
