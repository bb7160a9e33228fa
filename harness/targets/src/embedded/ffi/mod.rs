//! Python objects by the C API, with a safe interface.
//!
//! Every call here is sound for three reasons.
//! The GIL is held: objects are made only with a [`Gil`] or from other objects, they cannot leave their thread, and
//! [`super::Embedded`], which alone keeps any, drops its `Gil` last.
//! An [`Object`] owns one reference, so the pointer is to a live object.
//! A failed call leaves an exception, and the wrapper takes it at once.

#![expect(unsafe_code, reason = "the C API is the only way to call Python without a measurable cost")]

#[macro_use]
mod object;
mod callback;
mod guard;
mod make;
mod memory;
mod read;
mod start;

pub use callback::with_callback;
pub use guard::GuardPage;
pub use memory::{Buffer, Scratch, name_mortal_memory};
pub use object::{Comparison, Exception, Object, PyResult};
pub use read::PyValue;
pub use start::{Gil, check_interpreter, fork, ignore_file_limit_signal, leave};
