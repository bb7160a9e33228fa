//! What Python's `mmap` must do, and the words to say it in.
//!
//! This package knows no target, no operating system and no Python.
//! A [`Case`] is a [`World`] of files and the [`Step`]s done in it; running one leaves a [`Trace`].
//! [`notation`] writes a case as a Python session and reads it back.

mod case;
pub mod constants;
pub mod notation;
mod operation;
pub mod pages;
pub mod platform;
mod profile;
mod repair;
mod rule;
mod target;
mod trace;
mod value;
mod version;

pub use case::{Case, FileSpec, Mode, Slot, Step, World};
pub use operation::{Changes, Domain, ObjectKind, Op, Param, Row};
pub use platform::{Capability, PageSize, Platform, PlatformFacts};
pub use profile::{Dialect, Implementation, Profile, ProfileError};
pub use repair::repair;
pub use rule::{Rule, RuleRange, RuleRow, UnknownRule};
pub use target::{Detail, NextCase, Stepper, Target, TargetError, TargetInfo};
pub use trace::{Content, End, FileState, Leaks, MapState, Outcome, Raise, Snapshot, StepTrace, Trace, Value};
pub use value::{Arg, Base, BytesLike, Num, PassedArg, WrongType};
pub use version::Version;

/// How many maps, files, views or iterators a case can name at once, each.
pub const SLOTS: usize = 4;
