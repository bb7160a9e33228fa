//! Leaks of mutants.

use super::steps::{PAGE, StepResult};
use mmapcheck_reference::Reference;
use mmapcheck_spec::{Arg, Num, Op, Outcome, PassedArg, Step, Stepper, Value};
use std::fs::File;

/// Leaks after a step that raised.
pub(super) fn if_raised(answer: StepResult, leak: impl FnOnce()) -> StepResult {
    if let Ok(Outcome::Raised(_)) = &answer {
        leak();
    }
    answer
}

/// Leaks after a step that returned a value.
pub(super) fn if_done(answer: StepResult, leak: impl FnOnce()) -> StepResult {
    if let Ok(Outcome::Value(_)) = &answer {
        leak();
    }
    answer
}

pub(super) fn leak_descriptor() {
    std::mem::forget(File::open("/dev/null"));
}

pub(super) fn leak_memory() {
    std::mem::forget(memmap2::MmapOptions::new().len(PAGE as usize).map_anon());
}

pub(super) fn keeping_close(m: &mut Reference, step: &Step) -> StepResult {
    let was_open = m.step(&Step::new(Op::Closed, step.on, []))? == Outcome::Value(Value::Bool(false));
    let answer = m.step(step);
    if was_open { if_done(answer, leak_descriptor) } else { answer }
}

/// Leaves a file in the working folder if the step makes an anonymous map. The file always has the same name.
pub(super) fn leave_file(step: &Step) {
    if matches!(step.args.first(), Some(PassedArg { arg: Arg::Int(Num { plus: -1, .. }), .. })) {
        // Without the file nothing leaks, and the test that looks for the mutant fails.
        let _ = File::create("memory");
    }
}
