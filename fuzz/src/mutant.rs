//! A mutant in place of the target, to test the fuzzer.
//!
//! `MMAPCHECK_MUTANT` names a mutant of `mmapcheck::mutant`. Without it, the mutant is the embedded CPython with a wrong outcome
//! under a condition that random cases rarely meet: `readline()` drops the last byte if `flush()`, `size()` and `len()` of the
//! same map come directly before it, in this order, and each returns a value.

use mmapcheck::mutant::{MUTANTS, MutantTarget};
use mmapcheck_spec::{
    Detail, End, FileState, Op, Outcome, Profile, Slot, Snapshot, Step, StepTrace, Stepper, Target, TargetError, Value,
    World,
};
use mmapcheck_targets::Embedded;
use mmapcheck_targets::InProcess;
use std::hint::black_box;
use std::path::Path;

/// The mutant.
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
        TargetError(format!("unknown mutant '{name}' in MMAPCHECK_MUTANT: expected one of {}", names.join(" · ")))
    })?;
    Ok(Box::new(MutantTarget::target(mutant, profile, dir)?))
}

/// The operations that must come directly before the wrong outcome.
const BEFORE: [Op; 3] = [Op::Flush, Op::Size, Op::Len];

struct Rare {
    stepper: Embedded,
    /// The map of the last step, and the number of operations of [`BEFORE`] that its last steps were.
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

    fn fork(&mut self, block: &[Step], detail: Detail, mark: &mut dyn FnMut(Option<usize>)) -> Vec<StepTrace> {
        self.stepper.fork(block, detail, mark)
    }

    fn look(&mut self, closely: bool, detail: Detail) -> Snapshot {
        self.stepper.look(closely, detail)
    }

    fn finish(&mut self, detail: Detail) -> (Vec<Option<Outcome>>, Vec<FileState>) {
        self.stepper.finish(detail)
    }
}

/// A branch for each part of the condition, as an implementation in C would have it. The coverage of these branches guides
/// libFuzzer.
fn branch(met: usize) {
    match met {
        1 => drop(black_box("flush")),
        2 => drop(black_box("size")),
        _ => drop(black_box("len")),
    }
}
