//! The embedded target of a build without CPython: it cannot be had, and says so.

use mmapcheck_spec::{Detail, End, FileState, Outcome, Snapshot, Step, Stepper, TargetError, TargetInfo, World};
use std::cell::Cell;
use std::convert::Infallible;
use std::path::Path;
use std::rc::Rc;

/// Why this build has no embedded target.
const MISSING: &str =
    "this build has no CPython of its own: name an interpreter with --python, or build with the feature `embedded`";

/// The embedded target, which this build does not have.
#[derive(Debug)]
pub struct Embedded(Infallible);

impl Embedded {
    /// Fails.
    ///
    /// # Errors
    /// Always: this build has no CPython.
    pub fn new(_module: &str, _attr: &str, _dir: &Path) -> Result<Embedded, TargetError> {
        Err(TargetError(MISSING.into()))
    }

    /// The target.
    #[must_use]
    pub fn info(&self) -> &TargetInfo {
        match self.0 {}
    }

    /// Whether maps get guard pages.
    #[must_use]
    pub fn guards(&self) -> Rc<Cell<bool>> {
        match self.0 {}
    }

    /// The reason that prevents guard pages.
    #[must_use]
    pub fn guard_trouble(&self) -> Option<&'static str> {
        match self.0 {}
    }
}

/// Fails.
///
/// # Errors
/// Always: this build has no CPython.
pub fn check_interpreter() -> Result<(), TargetError> {
    Err(TargetError(MISSING.into()))
}

impl Stepper for Embedded {
    fn begin(&mut self, _world: &World) -> Result<(), TargetError> {
        match self.0 {}
    }

    fn step(&mut self, _step: &Step) -> Result<Outcome, End> {
        match self.0 {}
    }

    fn look(&mut self, _closely: bool, _detail: Detail) -> Snapshot {
        match self.0 {}
    }

    fn finish(&mut self, _detail: Detail) -> (Vec<Option<Outcome>>, Vec<FileState>) {
        match self.0 {}
    }
}
