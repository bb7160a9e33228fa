//! A wrong target, to test the fuzzer.
//!
//! `MMAPCHECK_SABOTEUR` names a fault of `mmapcheck::saboteur`. Without it, the embedded CPython is wrong under a condition
//! that hardly any random case meets: a `readline()` that comes directly after `flush()`, `size()` and `len()`, in this order
//! and on the same map, each answered without an exception, loses the last byte of its answer.

use mmapcheck::run::Stepwise;
use mmapcheck::saboteur::{FAULTS, Saboteur};
use mmapcheck_spec::{
    End, FileState, Left, Machine, Op, Outcome, Profile, Slot, Step, StepTrace, Target, TargetError, Value, Watch, World,
};
use mmapcheck_targets::Embedded;
use std::hint::black_box;
use std::path::Path;

/// The target to be found out.
pub fn target(dir: &Path) -> Result<Box<dyn Target>, TargetError> {
    mmapcheck_targets::check_interpreter()?;
    let machine = Embedded::new("mmap", "mmap", dir)?;
    let host = machine.host().clone();
    match std::env::var("MMAPCHECK_SABOTEUR") {
        Ok(name) => named(&name, host.profile, dir),
        Err(_) => Ok(Box::new(Stepwise::new(Rare { machine, map: 0, met: 0 }, host))),
    }
}

fn named(name: &str, profile: Profile, dir: &Path) -> Result<Box<dyn Target>, TargetError> {
    let fault = FAULTS.iter().find(|fault| fault.name == name);
    let fault = fault.ok_or_else(|| {
        let names: Vec<_> = FAULTS.iter().map(|fault| fault.name).collect();
        TargetError(format!("no fault is called '{name}'; there are: {}", names.join(" · ")))
    })?;
    Ok(Box::new(Saboteur::target(fault, profile, dir)?))
}

/// What must come directly before the answer that is wrong.
const BEFORE: [Op; 3] = [Op::Flush, Op::Size, Op::Len];

struct Rare {
    machine: Embedded,
    /// The map of the last step, and how much of the condition its last steps have met.
    map: Slot,
    met: usize,
}

impl Machine for Rare {
    fn begin(&mut self, world: &World) -> Result<(), TargetError> {
        self.met = 0;
        self.machine.begin(world)
    }

    fn step(&mut self, step: &Step) -> Result<Outcome, End> {
        let mut answer = self.machine.step(step)?;
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

    fn fork(&mut self, block: &[Step], watch: Watch, mark: &mut dyn FnMut(usize)) -> Vec<StepTrace> {
        self.machine.fork(block, watch, mark)
    }

    fn look(&mut self, closely: bool, watch: Watch) -> Left {
        self.machine.look(closely, watch)
    }

    fn finish(&mut self, watch: Watch) -> (Vec<Option<Outcome>>, Vec<FileState>) {
        self.machine.finish(watch)
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
