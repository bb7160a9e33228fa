//! The specification of Python's `mmap`, and the types and the notation to state it in.
//!
//! This package knows no target, no operating system and no Python.
//! A [`Case`] is a [`World`] of files and the [`Step`]s done in it; running one leaves a [`Trace`].
//! [`notation`] writes a case as a Python session and reads it back.

// The table of operations is sorted by a macro that takes a step for each row.
#![recursion_limit = "256"]

mod case;
pub mod constants;
mod constructor;
mod declined;
mod kind;
pub mod notation;
mod operation;
pub mod pages;
mod param;
pub mod platform;
mod profile;
mod python_module;
mod repair;
mod row;
mod rule;
mod special;
mod step;
mod system;
mod target;
mod trace;
mod value;
mod version;
mod words;
mod world;

pub use case::{Case, Draft, Sieve, Sifted};
pub use constructor::ConstructorParam;
pub use declined::{ArgKind, Declined, Named};
pub use kind::{ObjectKind, Slot};
pub use operation::{ChildOp, FileOp, FolderOp, IterOp, KindOp, LimitOp, MapOp, MethodOp, ModuleOp, Op, UseOp, ViewOp};
pub use param::{Domain, Param};
pub use platform::{Capability, PageSize, Platform, PlatformFacts};
pub use profile::{Dialect, Implementation, Profile, ProfileError};
pub use python_module::PythonModule;
pub use row::{Availability, Callback, Changes, Memory, Row};
pub use rule::{Rule, RuleRange, RuleRow, UnknownRule};
pub use special::SpecialFile;
pub use step::{Arg, PassedArg, Step};
pub use system::{Signal, SystemError, WinError};
pub use target::{Detail, NextCase, Stepper, Target, TargetError, TargetInfo};
pub use trace::{Content, End, FileState, Leaks, MapState, Outcome, Raise, Snapshot, StepTrace, Trace, UNBOUND, Value};
pub use value::{Base, BytesLike, Float, IntClass, Num, Text, WrongType};
pub use version::Version;
pub use words::printable;
pub use world::{FileSpec, Mode, World};

/// How many maps, files, views or iterators a case can name at once, each.
pub const SLOTS: usize = 12;

/// The most bytes that one argument or file of a case can hold.
pub const MOST_BYTES: usize = 1 << 20;
