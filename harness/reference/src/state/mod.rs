//! The state of a case: maps, views, iterators, sections, and the names that are bound to them.

pub mod map;
pub mod quotas;
