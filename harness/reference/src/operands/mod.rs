//! The operands of a step: its arguments as Python objects, and their conversion.

pub mod args;
pub mod buffer;
pub mod convert;
pub mod operand;
pub mod slice;
pub mod step_args;
