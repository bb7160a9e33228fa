//! What the system grants a process, as far as a case has set it.

use crate::result::unsupported;
use mmapcheck_spec::{Arg, Domain, End, LimitOp, Memory, Step};
use std::cell::Cell;

/// The limits of a case.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    /// How long a file may become, in bytes; none: as long as it likes.
    file: Cell<Option<u64>>,
    /// Whether no descriptor is granted.
    no_descriptor: Cell<bool>,
    /// Whether no address space is granted.
    no_memory: Cell<bool>,
}

/// The longest file that can be asked for: the longest that a case is given.
const MOST: i128 = crate::files::MOST_FILE as i128;

impl Limits {
    /// Grants everything.
    pub fn lift(&self) {
        self.file.set(None);
        self.no_descriptor.set(false);
        self.no_memory.set(false);
    }

    /// Does a step that sets one.
    ///
    /// # Errors
    /// Where it is given something else than it can be.
    pub fn set(&self, op: LimitOp, step: &Step) -> Result<(), End> {
        let asked = match step.args.first().map(|given| &given.arg) {
            Some(Arg::Int(num)) => num.as_plain(),
            _ => None,
        };
        let wrong = || unsupported("such a limit is in no rule");
        let asked = asked.ok_or_else(wrong)?;
        match op {
            LimitOp::LimitFile if (0..=MOST).contains(&asked) => self.file.set(Some(asked as u64)),
            LimitOp::LimitOpen if [1, Domain::MANY].contains(&asked) => self.no_descriptor.set(asked == 1),
            LimitOp::LimitMemory if [1, Domain::MUCH].contains(&asked) => self.no_memory.set(asked == 1),
            LimitOp::LimitFile | LimitOp::LimitOpen | LimitOp::LimitMemory => return Err(wrong()),
        }
        Ok(())
    }

    /// Whether a file of one size may become one of another.
    #[must_use]
    pub fn let_grow(&self, from: u64, to: u64) -> bool {
        to <= from || self.file.get().is_none_or(|most| to <= most)
    }

    /// Whether a descriptor is granted.
    #[must_use]
    pub fn grant_descriptor(&self) -> bool {
        !self.no_descriptor.get()
    }

    /// Whether address space is granted.
    #[must_use]
    pub fn grant_memory(&self) -> bool {
        !self.no_memory.get()
    }

    /// Refuses a step for which an interpreter needs memory of its own, while none is granted: whether it has some left is its
    /// own affair.
    ///
    /// # Errors
    /// Where it does.
    pub fn check_memory(&self, step: &Step) -> Result<(), End> {
        let is_foreseen = match step.op.row().memory {
            Memory::Exempt => true,
            Memory::Fixed => step.callback().is_none(),
            Memory::Unforeseen => false,
        };
        if is_foreseen || self.grant_memory() {
            return Ok(());
        }
        Err(unsupported("the interpreter may need memory of its own for this"))
    }
}
