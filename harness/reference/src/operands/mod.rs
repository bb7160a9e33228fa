//! The arguments of a step, and their conversion.

pub mod convert;
pub mod operand;
