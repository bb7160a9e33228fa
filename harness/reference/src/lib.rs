//! The answer key: the rules of Python's `mmap` object, over a store.
//!
//! [`Reference`] answers every operation as CPython of one profile does, with the checks in CPython's order.
//! The rules know no operating system: they use a [`store`] of files and memory. Differences between versions and
//! platforms are methods of [`mmapcheck_spec::Profile`].
//!
//! The modules form layers, lowest first: results and system errors; `store`; `state`, the objects of a case;
//! `operands`, the arguments of a step; `rules`; and `machine`, which dispatches a step to its rule.

mod errno;
mod machine;
mod operands;
mod result;
mod rules;
mod state;
pub mod store;

pub use machine::{Buffer, Instead, Reference, ViewForm};
pub use store::disk::DiskStore;
pub use store::memory::MemoryStore;
