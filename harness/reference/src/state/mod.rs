//! The state of a case: maps, their buffers and views, iterators, sections, files, quotas, and the names bound to them.
//! The rules on this state are in [`crate::rules`].

pub mod bindings;
pub mod case_files;
pub mod class;
pub mod export;
pub mod fork;
pub mod iterator;
pub mod layout;
pub mod map;
pub mod processes;
pub mod quotas;
pub mod section;
pub mod view;
