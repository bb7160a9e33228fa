//! What Python's `mmap` must do, and the words to say it in.
//!
//! This package knows no target, no operating system and no Python.
//! A [`Case`] is a [`World`] of files and the [`Step`]s done in it; running one leaves a [`Trace`].
//! [`notation`] writes a case as a Python session and reads it back.

mod case;
pub mod constants;
pub mod notation;
pub mod pages;
mod profile;
mod repair;
mod target;
mod trace;
mod value;
mod words;

pub use case::{Case, FileSpec, Mode, Slot, Step, World};
pub use profile::{Dialect, Implementation, Platform, Profile, ProfileError, Version};
pub use repair::repair;
pub use target::{Host, Machine, Target, TargetError, Watch};
pub use trace::{Content, End, FileState, Leaks, Left, MapState, Outcome, Raise, StepTrace, Trace, Value};
pub use value::{Arg, Base, Given, Num, Thing, Wrap};
pub use words::{Changes, Kind, Op, Param, Row, Sort};

/// How many maps, files, views or iterators a case can name at once, each.
pub const SLOTS: usize = 4;
