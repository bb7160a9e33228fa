//! Iteration: a map is a sequence of `bytes` of length one.

use crate::operands::buffer::Buffer;
use crate::operands::operand::Operand;
use crate::result::{RuleResult, Stop};
use crate::state::iterator::MapIterator;
use crate::state::layout::Format;
use crate::state::map::{Map, Open};
use crate::store::Store;
use mmapcheck_spec::{BytesLike, Profile, Raise, Value};

impl<S: Store> MapIterator<S> {
    /// `next(it)`. An exhausted iterator stays exhausted.
    pub fn next(&mut self) -> RuleResult {
        let Some(map) = &self.map else { return Err(exhausted()) };
        let open = map.open()?;
        if self.next >= map.len.get() {
            drop(open);
            self.map = None;
            return Err(exhausted());
        }
        let item = item(&open, self.next)?;
        drop(open);
        self.next += 1;
        Ok(item)
    }
}

fn exhausted() -> Stop {
    Stop::Raised(Raise::new("StopIteration", ""))
}

fn item<S: Store>(open: &Open<'_, S>, at: usize) -> RuleResult {
    Ok(Value::Bytes(vec![open.byte(at)?]))
}

impl<S: Store> Map<S> {
    /// `list(m)`
    pub fn list(&self) -> RuleResult {
        let open = self.open()?;
        (0..self.len.get()).map(|at| item(&open, at)).collect::<RuleResult<_>>().map(Value::List)
    }

    /// `list(reversed(m))`
    pub fn reversed(&self) -> RuleResult {
        let open = self.open()?;
        (0..self.len.get()).rev().map(|at| item(&open, at)).collect::<RuleResult<_>>().map(Value::List)
    }

    /// `operand in m`: whether an item equals the operand. An item is `bytes` of length one, and never a number.
    pub fn contains(&self, operand: &Operand<'_, S>, profile: Profile) -> RuleResult {
        let open = self.open()?;
        let sought = sought(operand, profile)?;
        for at in 0..self.len.get() {
            if Some(open.byte(at)?) == sought {
                return Ok(Value::Bool(true));
            }
        }
        Ok(Value::Bool(false))
    }
}

/// The byte that an item must have to equal the operand; `None` where no item can.
fn sought<S: Store>(operand: &Operand<'_, S>, profile: Profile) -> RuleResult<Option<u8>> {
    match operand {
        Operand::Bytes(BytesLike::Array, _) => Ok(None),
        Operand::Bytes(..) | Operand::View(_) => match Buffer::any(operand, profile) {
            // The one item of a view with another format than that of `bytes` is a number, or a `bytes` object.
            Ok(buffer) if buffer.items() == 1 && buffer.format() != Format::Character => {
                Ok(u8::try_from(buffer.number(0)?).ok())
            }
            _ => Ok(None),
        },
        _ => Ok(None),
    }
}
