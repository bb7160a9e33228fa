//! Iteration: a map is a sequence of `bytes` of length one.

use crate::operands::buffer::Buffer;
use crate::operands::operand::Operand;
use crate::result::{RuleResult, Stop};
use crate::state::class::Class;
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
        let item = map.item(&open, self.next)?;
        drop(open);
        self.next += 1;
        Ok(item)
    }
}

fn exhausted() -> Stop {
    Stop::Raised(Raise::new("StopIteration", ""))
}

impl<S: Store> Map<S> {
    /// An item as iteration gives it. In a subclass, the interpreter asks `__getitem__` for it, which gives a number.
    fn item(&self, open: &Open<'_, S>, at: usize) -> RuleResult {
        let byte = open.byte(at)?;
        Ok(match self.class {
            Class::Mmap => Value::Bytes(vec![byte]),
            Class::Sub(_) | Class::EmptySub(..) => Value::Int(byte.into()),
        })
    }

    /// `list(m)`
    pub fn list(&self) -> RuleResult {
        let open = self.open()?;
        (0..self.len.get()).map(|at| self.item(&open, at)).collect::<RuleResult<_>>().map(Value::List)
    }

    /// `list(reversed(m))`
    pub fn reversed(&self) -> RuleResult {
        let open = self.open()?;
        (0..self.len.get()).rev().map(|at| self.item(&open, at)).collect::<RuleResult<_>>().map(Value::List)
    }

    /// `operand in m`: whether an item, as iteration gives it, equals the operand.
    pub fn contains(&self, operand: &Operand<'_, S>, profile: Profile) -> RuleResult {
        let open = self.open()?;
        let sought = match self.class {
            Class::Mmap => sought(operand, profile)?,
            Class::Sub(_) | Class::EmptySub(..) => sought_number(operand),
        };
        for at in 0..self.len.get() {
            if Some(open.byte(at)?) == sought {
                return Ok(Value::Bool(true));
            }
        }
        Ok(Value::Bool(false))
    }
}

/// The byte of an item that is a number and equals the operand; `None` where none can.
fn sought_number<S: Store>(operand: &Operand<'_, S>) -> Option<u8> {
    match operand {
        Operand::Bool(value) => Some((*value).into()),
        Operand::Int(value) | Operand::OfInt(_, value) => u8::try_from(*value).ok(),
        // A float equals the number that it is.
        Operand::Float(float) => (0..=u8::MAX).find(|byte| f64::from(*byte) == float.value()),
        _ => None,
    }
}

/// The byte of an item that is `bytes` of length one and equals the operand; `None` where none can.
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
