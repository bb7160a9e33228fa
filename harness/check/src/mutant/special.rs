//! Bugs of mutants that take a file for what it is not.

use super::steps::{EINVAL, StepResult, number, plain_int, raised, with_args};
use mmapcheck_reference::Reference;
use mmapcheck_spec::platform::LINUX;
use mmapcheck_spec::{Arg, ConstructorParam, Op, Outcome, PassedArg, SpecialFile, Step, Stepper, SystemError, Value};

/// The special file that a constructor call maps.
fn mapped(step: &Step) -> Option<SpecialFile> {
    match step.passed(ConstructorParam::Fileno) {
        Some(Arg::Special(file)) => Some(*file),
        _ => None,
    }
}

/// Refuses every file that is not regular by its size, which is 0.
pub(super) fn by_size(m: &mut Reference, step: &Step) -> StepResult {
    match mapped(step) {
        Some(file) if !file.is_regular() => raised("ValueError", "cannot mmap an empty file"),
        _ => m.step(step),
    }
}

/// Leaves a regular file whose size is 0 to the kernel.
pub(super) fn without_size(m: &mut Reference, step: &Step) -> StepResult {
    with_args(m, step, |arg| (*arg == Arg::Special(SpecialFile::Maps)).then_some(Arg::Special(SpecialFile::Folder)))
}

/// Makes anonymous memory where a file cannot be mapped.
pub(super) fn falls_back(m: &mut Reference, step: &Step) -> StepResult {
    let answer = m.step(step)?;
    let errno = LINUX.errno(SystemError::NoDevice);
    match (&answer, plain_int(step, 1)) {
        (Outcome::Raised(raise), Some(_)) if raise.errno == Some(errno) && mapped(step).is_some() => {
            let mut step = step.clone();
            step.args = [Arg::int(-1), step.args[1].arg.clone()].map(PassedArg::plain).into_iter().collect();
            m.step(&step)
        }
        _ => Ok(answer),
    }
}

/// Reports success where the file of a map cannot be resized, because it is a device.
pub(super) fn resized(m: &mut Reference, step: &Step) -> StepResult {
    let is_device = number(m, step, Op::Size) == Some(0) && plain_int(step, 0) > Some(0);
    let answer = m.step(step)?;
    match &answer {
        Outcome::Raised(raise) if is_device && raise.errno == Some(EINVAL) => Ok(Outcome::Value(Value::None)),
        _ => Ok(answer),
    }
}
