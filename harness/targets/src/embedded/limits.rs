//! Limits of the system, set by a case and in force while one of its steps is done: never while maps and files are looked at,
//! nor in another case.

use super::ffi::outlive_file_limit;
use mmapcheck_spec::{Arg, End, LimitOp, Step};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::cell::Cell;

/// The resource that an operation limits.
fn resource(op: LimitOp) -> Resource {
    match op {
        LimitOp::LimitFile => Resource::Fsize,
        LimitOp::LimitOpen => Resource::Nofile,
        LimitOp::LimitMemory => Resource::As,
    }
}

/// The limits of a case.
#[derive(Debug, Default)]
pub struct Limits {
    /// By the place of the operation in [`LimitOp::ALL`].
    asked: [Cell<Option<Asked>>; LimitOp::ALL.len()],
    /// Whether the case has set any.
    any: Cell<bool>,
    /// How many bytes of address space this process has taken before the first case.
    taken: u64,
}

#[derive(Clone, Copy, Debug)]
struct Asked {
    limit: Rlimit,
    /// What is in force between steps.
    own: Rlimit,
}

impl Limits {
    /// No limits, in a process that has none of a case in force.
    pub fn new() -> Limits {
        Limits { taken: address_space(), ..Limits::default() }
    }

    /// Forgets what a case has set.
    pub fn forget(&self) {
        self.asked.iter().for_each(|asked| asked.set(None));
        self.any.set(false);
    }

    /// Takes note of a step that sets one.
    pub fn set(&self, op: LimitOp, step: &Step) -> Result<(), End> {
        let most = match step.args.first().map(|given| &given.arg) {
            Some(Arg::Int(num)) => num.as_plain().and_then(|most| u64::try_from(most).ok()),
            _ => None,
        };
        let most = most.ok_or_else(|| End::Unsupported("a limit is a number".into()))?;
        if op == LimitOp::LimitMemory && most > 1 && self.taken > most {
            return Err(End::Unsupported("this process takes more address space than any case grants".into()));
        }
        let asked = &self.asked[op as usize];
        let own = asked.get().map_or_else(|| getrlimit(resource(op)), |asked| asked.own);
        let most = own.maximum.map_or(most, |highest| most.min(highest));
        asked.set(Some(Asked { limit: Rlimit { current: Some(most), ..own }, own }));
        if op == LimitOp::LimitFile {
            outlive_file_limit();
        }
        self.any.set(true);
        Ok(())
    }

    /// Puts them into force until the answer is dropped.
    pub fn hold(&self) -> SavedLimits {
        let mut held = SavedLimits([None; LimitOp::ALL.len()]);
        if self.any.get() {
            for ((op, asked), held) in LimitOp::ALL.iter().zip(&self.asked).zip(&mut held.0) {
                *held =
                    asked.get().filter(|asked| setrlimit(resource(*op), asked.limit).is_ok()).map(|asked| asked.own);
            }
        }
        held
    }
}

/// How many bytes of address space this process takes: terabytes under AddressSanitizer. 0 where the system does not tell.
fn address_space() -> u64 {
    let told = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: u64 = told.split(' ').next().and_then(|pages| pages.parse().ok()).unwrap_or(0);
    pages * rustix::param::page_size() as u64
}

/// Limits in force: what each was before, where it was changed.
pub struct SavedLimits([Option<Rlimit>; LimitOp::ALL.len()]);

impl Drop for SavedLimits {
    fn drop(&mut self) {
        for (op, own) in LimitOp::ALL.iter().zip(&self.0) {
            if let Some(own) = own {
                // It is no higher than what it may be, so that it is not refused.
                let _ = setrlimit(resource(*op), *own);
            }
        }
    }
}
