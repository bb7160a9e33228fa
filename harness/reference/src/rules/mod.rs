//! The rules: the outcome of each operation, with its checks in CPython's order.
//!
//! A method first refuses keyword arguments, then (where it has no parameters) any argument, then a closed map. Then it
//! converts its arguments from left to right, and then come its own checks. Since 3.14, a method refuses a closed map
//! after it has converted its arguments, or most of them.

pub mod buffer;
pub mod compare;
pub mod construct;
pub mod constructor_args;
pub mod context;
pub mod ctypes;
pub mod find;
pub mod index;
pub mod iterate;
pub mod library;
pub mod map_flags;
pub mod name;
pub mod object;
pub mod read;
pub mod resize;
pub mod section;
pub mod seek;
pub mod slots;
pub mod strings;
pub mod sync;
pub mod view;
pub mod write;
