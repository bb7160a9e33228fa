//! A wrong target, to test the fuzzer.
//!
//! `MMAPCHECK_MUTANT` names a mutant of `mmapcheck::mutant`. Without it, the embedded CPython is wrong under a condition
//! that hardly any random case meets: a `readline()` that comes directly after `flush()`, `size()` and `len()`, in this order
//! and on the same map, each answered without an exception, loses the last byte of its answer.

use mmapcheck_targets::InProcess;
use mmapcheck::mutant::{MUTANTS, MutantTarget};
use mmapcheck_spec::{
    End, FileState, Snapshot, Stepper, Op, Outcome, Profile, Slot, Step, StepTrace, Target, TargetError, Value, Detail, World,
};
use mmapcheck_targets::Embedded;
use std::hint::black_box;
use std::path::Path;

/// The target to be found out.
pub fn target(dir: &Path) -> Result<Box<dyn Target>, TargetError> {
    mmapcheck_targets::check_interpreter()?;
    let stepper = Embedded::new("mmap", "mmap", dir)?;
    let info = stepper.info().clone();
    match std::env::var("MMAPCHECK_MUTANT") {
        Ok(name) => named(&name, info.profile, dir),
        Err(_) => Ok(Box::new(InProcess::new(Rare { stepper, map: 0, met: 0 }, info))),
    }
}

fn named(name: &str, profile: Profile, dir: &Path) -> Result<Box<dyn Target>, TargetError> {
    let mutant = MUTANTS.iter().find(|mutant| mutant.name == name);
    let mutant = mutant.ok_or_else(|| {
        let names: Vec<_> = MUTANTS.iter().map(|mutant| mutant.name).collect();
        TargetError(format!("no mutant is called '{name}'; there are: {}", names.join(" · ")))
    })?;
    Ok(Box::new(MutantTarget::target(mutant, profile, dir)?))
}

/// What must come directly before the answer that is wrong.
const BEFORE: [Op; 3] = [Op::Flush, Op::Size, Op::Len];

struct Rare {
    stepper: Embedded,
    /// The map of the last step, and how much of the condition its last steps have met.
    map: Slot,
    met: usize,
}

impl Stepper for Rare {
    fn begin(&mut self, world: &World) -> Result<(), TargetError> {
        self.met = 0;
        self.stepper.begin(world)
    }

    fn step(&mut self, step: &Step) -> Result<Outcome, End> {
        let mut answer = self.stepper.step(step)?;
        let met = if step.on == self.map { self.met } else { 0 };
        (self.map, self.met) = (step.on, 0);
        match (met, step.op, &mut answer) {
            (3, Op::ReadLine, Outcome::Value(Value::Bytes(line))) => drop(line.pop()),
            (_, op, Outcome::Value(_)) if BEFORE.get(met) == Some(&op) => {
                self.met = met + 1;
                branch(self.met);
            }
            _ => {}
        }
        Ok(answer)
    }

    fn fork(&mut self, block: &[Step], detail: Detail, mark: &mut dyn FnMut(usize)) -> Vec<StepTrace> {
        self.stepper.fork(block, detail, mark)
    }

    fn look(&mut self, closely: bool, detail: Detail) -> Snapshot {
        self.stepper.look(closely, detail)
    }

    fn finish(&mut self, detail: Detail) -> (Vec<Option<Outcome>>, Vec<FileState>) {
        self.stepper.finish(detail)
    }
}

/// A branch of the program for each part of the condition, as an implementation in C would have it.
fn branch(met: usize) {
    match met {
        1 => drop(black_box("flushed")),
        2 => drop(black_box("its size asked for")),
        _ => drop(black_box("its length asked for")),
    }
}
