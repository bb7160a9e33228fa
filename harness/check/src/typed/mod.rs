//! Typed interfaces: the steps that a mapping type without Python objects can take.
//!
//! A [`Call`] is such a step as numbers and bytes, and an [`Offer`] is the part of them that one type has.

mod call;
mod offer;

pub use call::{Access, Call};
pub use offer::{Form, Offer};
