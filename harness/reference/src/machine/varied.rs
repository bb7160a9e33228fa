//! Ways to perform a step otherwise than a rule says, and what conditions ask: all that variations of the reference need.

use super::Reference;
use crate::store::Store;
use mmapcheck_spec::{End, Outcome, Profile, Slot, Step, Value};

/// The steps of a callback in place of its own step.
#[derive(Clone, Debug, PartialEq)]
pub struct Instead {
    /// The steps that it performs, in order.
    pub steps: Vec<Step>,
    /// Its answer; none for that of the first of these steps.
    pub answer: Option<Outcome>,
}

/// The form of a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ViewForm {
    /// The length in bytes.
    pub len: usize,
    /// Whether each item begins where the one before it ends.
    pub is_contiguous: bool,
    /// Whether an item has more than one byte.
    pub is_wide: bool,
}

impl<S: Store> Reference<S> {
    /// Performs a step whose callback does something else. That is forgotten after the step, if no callback ran.
    ///
    /// # Errors
    /// As [`Stepper::step`].
    pub fn step_instead(&mut self, step: &Step, instead: Instead) -> Result<Outcome, End> {
        *self.instead.get_mut() = Some(instead);
        let answer = self.perform_step(step);
        *self.instead.get_mut() = None;
        answer
    }

    /// Performs a step on a map as if no buffer of the map were exported.
    ///
    /// # Errors
    /// As [`Stepper::step`].
    pub fn step_without_exports(&mut self, step: &Step) -> Result<Outcome, End> {
        let map = self.processes.map(step.on)?;
        let exported = map.exports.replace(0);
        let answer = self.perform_step(step);
        map.exports.set(map.exports.get() + exported);
        answer
    }

    /// Leaves a map without bytes, as no rule does, and returns `None`.
    ///
    /// # Errors
    /// Where no map is bound to the slot.
    pub fn empty(&mut self, slot: Slot) -> Result<Outcome, End> {
        self.processes.map(slot)?.len.set(0);
        Ok(Outcome::Value(Value::None))
    }

    /// Makes every map from now on an object of a subclass that defines nothing, or of `mmap.mmap` itself.
    pub fn be_subclass(&mut self, is_subclass: bool) {
        self.is_subclass = is_subclass;
    }

    /// Follows the rules of another profile of the same platform from now on. Returns the profile of before.
    pub fn follow(&mut self, profile: Profile) -> Profile {
        std::mem::replace(&mut self.profile, profile)
    }

    /// The form of a view; `None` where the slot is not bound, or the view is released.
    #[must_use]
    pub fn view_form(&self, slot: Slot) -> Option<ViewForm> {
        let (_, layout) = self.processes.view(slot).ok()?.part().ok()?;
        let is_wide = layout.format.size() > 1;
        Some(ViewForm { len: layout.size(), is_contiguous: layout.is_contiguous(), is_wide })
    }

    /// The bytes that a view shows, or as many from its first one on without a gap; `None` where it has no form, or the bytes are
    /// in dead memory or beyond the map.
    #[must_use]
    pub fn view_bytes(&self, slot: Slot, without_stride: bool) -> Option<Vec<u8>> {
        let (map, layout) = self.processes.view(slot).ok()?.part().ok()?;
        let open = map.open().ok()?;
        if !without_stride {
            return layout.read(&open).ok();
        }
        let (first, count) = (layout.item(0), layout.size());
        (first + count <= map.len.get()).then(|| open.read(first, count).ok())?
    }
}
