//! Cases changed one thing at a time, so that what is changed is still a case.
//!
//! New steps, arguments and worlds come from a case of the generator: the donor. What is printed has plain numbers only,
//! so the reference runs each changed case once, which also leaves out steps that have no answer.

use crate::{case, mix, recent};
use fastrand::Rng;
use mmapcheck::generate::{GeneratorOptions, generate};
use mmapcheck::limits;
use mmapcheck::oracle::{AnswerOptions, Omissions, Oracle};
use mmapcheck_spec::notation::print;
use mmapcheck_spec::{Arg, Case, Detail, Draft, Op, Profile, Step};
use std::cell::RefCell;
use std::io::Write;

/// The most steps of a changed case: room for what is inserted.
const MOST_STEPS: usize = 2 * limits::STEPS;

/// Changes an input of `size` bytes in place to another of at most `most`. Gives back its size.
pub fn mutate(data: &mut [u8], size: usize, most: usize, seed: u32) -> usize {
    with_mutator(|mutator| {
        let mut rng = Rng::with_seed(seed.into());
        let mut case = case(&data[..size], &mutator.mix).into_draft();
        for _ in 0..=rng.usize(..3) {
            mutator.change(&mut case, &mut rng);
        }
        written(mutator.legal(case), &mut data[..most])
    })
}

/// Puts a run of steps of the second input into the first. Gives back the size of what was written.
pub fn splice(into: &[u8], from: &[u8], out: &mut [u8], seed: u32) -> usize {
    with_mutator(|mutator| {
        let mut rng = Rng::with_seed(seed.into());
        let (mut case, donor) = (case(into, &mutator.mix).into_draft(), case(from, &mutator.mix));
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
    mix: GeneratorOptions,
}

impl Mutator {
    /// None where this system is none that the reference foresees; the target then says so.
    fn new() -> Option<Mutator> {
        // What it makes is legal under every version; which one it is for makes it only more likely to be interesting.
        let profile = Profile::cpython(3, 11, 7);
        let oracle = Oracle::new(profile).ok()?;
        Some(Mutator { oracle, mix: mix(profile) })
    }

    fn donor(&self, rng: &mut Rng, ops: &[Op]) -> Case {
        let mix = GeneratorOptions { ops: ops.to_vec(), ..self.mix.clone() };
        generate(rng, &mix)
    }

    /// A step of this operation, if it can be had.
    fn step(&self, op: Op, rng: &mut Rng) -> Option<Step> {
        // A view or an iterator is made before anything is done on it.
        let donor = self.donor(rng, &[op, Op::View, Op::Iter]);
        donor.into_draft().steps.into_iter().rev().find(|step| step.op == op)
    }

    /// One change. Where it does not apply, nothing changes.
    fn change(&self, case: &mut Draft, rng: &mut Rng) {
        let many = case.steps.len();
        let at = rng.usize(..many.max(1));
        match rng.u32(..16) {
            _ if many == 0 => *case = self.donor(rng, &self.mix.ops).into_draft(),
            0..2 => {
                let donor = self.donor(rng, &self.mix.ops);
                case.steps.splice(at + 1..at + 1, donor.into_draft().steps.into_iter().skip(1).take(1 + rng.usize(..3)));
            }
            // The generator makes few steps of a rare operation; here each is as likely as any other.
            2 | 3 => {
                let op = self.mix.ops[rng.usize(..self.mix.ops.len())];
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

    /// Another argument for a step, or the one it has changed a little.
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

    /// The case as it can be run: legal, its numbers plain, not too long, and without child processes.
    fn legal(&mut self, mut case: Draft) -> Case {
        case.steps.retain(|step| !step.op.is_of_children());
        case.steps.truncate(MOST_STEPS);
        let case = case.repair();
        // The steps after a death would be lost.
        let options = AnswerOptions { omissions: Omissions::ALL_DEATHS, ..AnswerOptions::new(Detail::Quick) };
        self.oracle.answer(case.clone(), &options).map_or(case, |answered| answered.case)
    }
}

/// A few steps in a row.
fn run(donor: &Case, rng: &mut Rng) -> Vec<Step> {
    let first = rng.usize(..=donor.steps.len());
    donor.steps.iter().skip(first).take(1 + rng.usize(..8)).cloned().collect()
}

/// A number near by, half or twice as large, or bytes that are a little different.
fn nudge(arg: &mut Arg, rng: &mut Rng) {
    match arg {
        Arg::Int(num) | Arg::Index(num) | Arg::IndexAfter(num, _) => {
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

/// Writes a case, without its last steps where it would not fit. Gives back how long it is.
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
