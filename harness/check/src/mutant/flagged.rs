//! Bugs of mutants that read `flags` or `prot` of the constructor wrong.

use super::steps::{StepResult, raised};
use mmapcheck_reference::Reference;
use mmapcheck_spec::platform::LINUX;
use mmapcheck_spec::{Arg, ConstructorParam, Outcome, Step, Stepper, SystemError, constants};

/// The type of maps that refuses flags, and one that takes them all.
const SHARED_VALIDATE: i128 = 3;
const SHARED: i128 = 1;

/// Changes the number that a constructor call passes for a parameter. A refused number becomes -1, and no call is made.
fn changed(m: &mut Reference, step: &Step, param: ConstructorParam, change: impl Fn(i128) -> i128) -> StepResult {
    let Some(bits) = step.passed(param).and_then(bits) else { return m.step(step) };
    let new = change(bits);
    if new == bits {
        return m.step(step);
    }
    if new == -1 {
        return raised("ValueError", "invalid argument");
    }
    let mut step = step.clone();
    let is_it = |at: usize, keyword: Option<&str>| {
        keyword == Some(param.name()) || (keyword.is_none() && param.place() == Some(at))
    };
    for (at, given) in step.args.iter_mut().enumerate() {
        if is_it(at, given.keyword) {
            given.arg = Arg::int(new);
        }
    }
    m.step(&step)
}

fn bits(arg: &Arg) -> Option<i128> {
    match arg {
        Arg::Int(num) => num.as_plain(),
        Arg::Flags(places) => {
            let known: Vec<_> = places.iter().map(|&place| constants::ALL[usize::from(place)]).collect();
            Some(known.iter().fold(0, |bits, &constant| bits | i128::from(LINUX.value_in_session(constant))))
        }
        _ => None,
    }
}

pub(super) fn with_prot(m: &mut Reference, step: &Step, change: fn(i128) -> i128) -> StepResult {
    changed(m, step, ConstructorParam::Prot, change)
}

pub(super) fn with_flags(m: &mut Reference, step: &Step, change: fn(i128) -> i128) -> StepResult {
    changed(m, step, ConstructorParam::Flags, change)
}

/// Makes a map of another type where the system would refuse the flags.
pub(super) fn takes_all_flags(m: &mut Reference, step: &Step) -> StepResult {
    let answer = m.step(step)?;
    match &answer {
        Outcome::Raised(raise) if raise.errno == Some(LINUX.errno(SystemError::NotSupported)) => {
            with_flags(m, step, |flags| flags & !SHARED_VALIDATE | SHARED)
        }
        _ => Ok(answer),
    }
}
