//! Slices of a sequence.

use crate::operands::operand::Operand;
use crate::result::{RuleResult, type_error, value_error};
use crate::state::layout::Layout;
use crate::store::Store;
use mmapcheck_spec::Profile;

/// The parts of a slice, before the length of the sequence is known.
#[derive(Clone, Copy, Debug)]
pub struct Slice {
    start: i64,
    stop: i64,
    step: i64,
}

impl Slice {
    /// Converts the parts of a slice: the step first, then start and stop.
    pub fn new<S: Store>(parts: &[Operand<'_, S>], profile: Profile) -> RuleResult<Slice> {
        let max = profile.facts().ssize_max();
        let part = |place: usize| slice_part(parts.get(place).unwrap_or(&Operand::None), profile);
        let step = match part(2)? {
            Some(0) => return Err(value_error("slice step cannot be zero")),
            Some(step) => step.max(-max),
            None => 1,
        };
        let start = part(0)?.unwrap_or(if step < 0 { max } else { 0 });
        let stop = part(1)?.unwrap_or(if step < 0 { -max - 1 } else { max });
        Ok(Slice { start, stop, step })
    }

    /// The indices that the slice selects from a sequence of `len` items.
    pub fn of(self, len: usize) -> SliceIndices {
        let len = len as i64;
        let lowest = if self.step < 0 { -1 } else { 0 };
        let highest = if self.step < 0 { len - 1 } else { len };
        let clamp = |at: i64| if at < 0 { (at + len).max(lowest) } else { at.min(highest) };
        let (start, stop) = (clamp(self.start), clamp(self.stop));
        let count = if self.step < 0 {
            if stop < start { (start - stop - 1) / -self.step + 1 } else { 0 }
        } else if start < stop {
            (stop - start - 1) / self.step + 1
        } else {
            0
        };
        SliceIndices { start, step: self.step, count: count as usize }
    }
}

/// The indices that a slice selects.
#[derive(Clone, Copy, Debug)]
pub struct SliceIndices {
    start: i64,
    step: i64,
    /// How many indices.
    pub count: usize,
}

impl SliceIndices {
    /// The part of a view that the slice selects.
    pub fn part(self, layout: Layout) -> Layout {
        layout.part(self.start, self.step, self.count)
    }

    /// The first index, where the indices are consecutive.
    pub fn run(self) -> Option<usize> {
        (self.step == 1 || self.count == 0).then_some(self.start.max(0) as usize)
    }

    /// Whether a sequence of `len` items has all of the indices.
    pub fn lie_in(self, len: usize) -> bool {
        let Some(steps) = self.count.checked_sub(1) else { return true };
        self.start.max(self.start + steps as i64 * self.step) < len as i64
    }

    /// The indices in order.
    pub fn each(self) -> impl Iterator<Item = usize> {
        (0..self.count as i64).map(move |i| (self.start + i * self.step) as usize)
    }
}

/// A part of a slice, clamped to the range of `Py_ssize_t`.
fn slice_part<S: Store>(operand: &Operand<'_, S>, profile: Profile) -> RuleResult<Option<i64>> {
    match (operand, operand.integer()?) {
        (Operand::None, _) => Ok(None),
        (_, Some(value)) => {
            let max = i128::from(profile.facts().ssize_max());
            Ok(Some(value.clamp(-max - 1, max) as i64))
        }
        _ if profile.slice_refusal_omits_none() => {
            Err(type_error("slice indices must be integers or have an __index__ method"))
        }
        _ => Err(type_error("slice indices must be integers or None or have an __index__ method")),
    }
}
