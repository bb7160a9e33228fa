//! Quotas: the resource limits that a case sets, as the reference simulates them.

use crate::result::unsupported;
use mmapcheck_spec::{Arg, Domain, End, LimitOp, Memory, Step};
use mmapcheck_world::MAX_FILE_SIZE;
use std::cell::Cell;

/// The quotas of a process.
#[derive(Clone, Debug, Default)]
pub struct Quotas {
    /// The largest size of a file in bytes; `None`: unlimited.
    file_size: Cell<Option<u64>>,
    /// Whether the process can open no more descriptors.
    no_descriptors: Cell<bool>,
    /// Whether the process can map no more pages.
    no_memory: Cell<bool>,
}

/// The largest size of a file that a case can set as its quota.
const MAX: i128 = MAX_FILE_SIZE as i128;

impl Quotas {
    /// Removes all quotas.
    pub fn lift(&self) {
        self.file_size.set(None);
        self.no_descriptors.set(false);
        self.no_memory.set(false);
    }

    /// Performs a step that sets a quota.
    ///
    /// # Errors
    /// Where the value of its argument has no rule.
    pub fn set(&self, op: LimitOp, step: &Step) -> Result<(), End> {
        let value = match step.args.first().map(|given| &given.arg) {
            Some(Arg::Int(num)) => num.as_plain(),
            _ => None,
        };
        let no_rule = || unsupported("no rule covers this value of a resource limit");
        let value = value.ok_or_else(no_rule)?;
        match op {
            LimitOp::LimitFile if (0..=MAX).contains(&value) => self.file_size.set(Some(value as u64)),
            LimitOp::LimitOpen if [1, Domain::MANY].contains(&value) => self.no_descriptors.set(value == 1),
            LimitOp::LimitMemory if [1, Domain::MUCH].contains(&value) => self.no_memory.set(value == 1),
            LimitOp::LimitFile | LimitOp::LimitOpen | LimitOp::LimitMemory => return Err(no_rule()),
        }
        Ok(())
    }

    /// Whether a file may change its size in bytes.
    #[must_use]
    pub fn allow_size(&self, from: u64, to: u64) -> bool {
        to <= from || self.file_size.get().is_none_or(|most| to <= most)
    }

    /// Whether the process may open another descriptor.
    #[must_use]
    pub fn allow_descriptor(&self) -> bool {
        !self.no_descriptors.get()
    }

    /// Whether the process may map more pages.
    #[must_use]
    pub fn allow_memory(&self) -> bool {
        !self.no_memory.get()
    }

    /// Refuses a step for which an interpreter may allocate memory itself while the quota allows none: whether its allocator
    /// has a free block is not specified.
    ///
    /// # Errors
    /// Where the step is such a one.
    pub fn check_memory(&self, step: &Step) -> Result<(), End> {
        let is_foreseen = match step.op.row().memory {
            Memory::Exempt => true,
            Memory::Fixed => step.callback().is_none(),
            Memory::Unforeseen => false,
        };
        if is_foreseen || self.allow_memory() {
            return Ok(());
        }
        Err(unsupported("the interpreter may need memory of its own for this step"))
    }
}
