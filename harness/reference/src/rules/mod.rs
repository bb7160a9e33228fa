//! What each operation answers, in the order CPython checks it.
//!
//! A method first refuses keywords, then (where it takes no arguments) any argument, then a closed map;
//! then it converts its arguments from left to right; then come the checks of its own.
//! Since 3.14 it refuses a closed map after it has converted its arguments, or most of them.

pub mod buffer;
pub mod compare;
pub mod construct;
pub mod context;
pub mod find;
pub mod index;
pub mod iterate;
pub mod name;
pub mod read;
pub mod resize;
pub mod section;
pub mod seek;
pub mod strings;
pub mod sync;
pub mod view;
pub mod write;
