//! Resource limits of this process, set by a case and in force only while a step of it runs. Snapshots of maps and files,
//! and other cases, run without them.

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

/// The most address space of a process without a sanitizer, in bytes. A sanitizer reserves terabytes, and ends the process
/// where it gets no memory.
const SANITIZED: u64 = 1 << 40;

/// The resource limits of a case.
#[derive(Debug, Default)]
pub struct ResourceLimits {
    /// In the order of [`LimitOp::ALL`].
    requested: [Cell<Option<Requested>>; LimitOp::ALL.len()],
    /// Whether the case has set any.
    any: Cell<bool>,
    /// How many bytes of address space this process had mapped before the first case.
    mapped: u64,
}

#[derive(Clone, Copy, Debug)]
struct Requested {
    limit: Rlimit,
    /// The limit that is in force between steps.
    own: Rlimit,
}

impl ResourceLimits {
    /// No limits, in a process where none of a case is in force.
    #[must_use]
    pub fn new() -> ResourceLimits {
        ResourceLimits { mapped: address_space(), ..ResourceLimits::default() }
    }

    /// Forgets the limits of a case.
    pub fn forget(&self) {
        self.requested.iter().for_each(|requested| requested.set(None));
        self.any.set(false);
    }

    /// Notes a step that sets a limit, for [`ResourceLimits::apply`]. Where the operation is [`LimitOp::LimitFile`],
    /// the caller must see to it that the process ignores `SIGXFSZ`.
    ///
    /// # Errors
    /// Where the argument is not a number, or limits memory to less than this process has mapped already.
    pub fn set(&self, op: LimitOp, step: &Step) -> Result<(), End> {
        let most = match step.args.first().map(|given| &given.arg) {
            Some(Arg::Int(num)) => num.as_plain().and_then(|most| u64::try_from(most).ok()),
            _ => None,
        };
        let most = most.ok_or_else(|| End::Unsupported("a limit needs a number of 0 or more".into()))?;
        // 0 and 1 mean no more memory at all, and need not be above the memory that is mapped.
        let nothing_more = most <= 1 && self.mapped <= SANITIZED;
        if op == LimitOp::LimitMemory && !nothing_more && self.mapped > most {
            return Err(End::Unsupported("this process has more address space mapped than any case allows".into()));
        }
        let requested = &self.requested[op as usize];
        let own = requested.get().map_or_else(|| getrlimit(resource(op)), |requested| requested.own);
        let most = own.maximum.map_or(most, |highest| most.min(highest));
        requested.set(Some(Requested { limit: Rlimit { current: Some(most), ..own }, own }));
        self.any.set(true);
        Ok(())
    }

    /// Puts the limits of the case into force until the result is dropped.
    #[must_use]
    pub fn apply(&self) -> AppliedLimits {
        let mut applied = AppliedLimits([None; LimitOp::ALL.len()]);
        if self.any.get() {
            for ((op, requested), own) in LimitOp::ALL.iter().zip(&self.requested).zip(&mut applied.0) {
                let in_force = |requested: &Requested| setrlimit(resource(*op), requested.limit).is_ok();
                *own = requested.get().filter(in_force).map(|requested| requested.own);
            }
        }
        applied
    }
}

/// How many bytes of address space this process has mapped: terabytes under `AddressSanitizer`. 0 where the system does
/// not say.
fn address_space() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: u64 = statm.split(' ').next().and_then(|pages| pages.parse().ok()).unwrap_or(0);
    pages * rustix::param::page_size() as u64
}

/// Limits in force: the previous limit of each resource that was changed. Dropping restores them.
#[derive(Debug)]
pub struct AppliedLimits([Option<Rlimit>; LimitOp::ALL.len()]);

impl Drop for AppliedLimits {
    fn drop(&mut self) {
        for (op, own) in LimitOp::ALL.iter().zip(&self.0) {
            if let Some(own) = own {
                // The soft limit is at most the hard one, so the system accepts it.
                let _ = setrlimit(resource(*op), *own);
            }
        }
    }
}
