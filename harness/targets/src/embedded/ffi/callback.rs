//! A Python function that calls back into this program.

use super::object::{Exception, Object, PyResult};
use super::start::Gil;
use pyo3::ffi::{self, PyMethodDef, PyMethodDefPointer, PyObject};
use std::cell::Cell;
use std::ptr;

/// A callback: a pointer to a closure, and the function that calls it.
#[derive(Clone, Copy)]
struct ErasedCallback {
    closure: *const (),
    call: fn(*const ()) -> PyResult<()>,
}

thread_local! {
    /// The present callback of the function.
    static CALLBACK: Cell<Option<ErasedCallback>> = const { Cell::new(None) };
}

/// Restores the previous callback when it is dropped.
struct Previous(Option<ErasedCallback>);

impl Drop for Previous {
    fn drop(&mut self) {
        CALLBACK.set(self.0);
    }
}

/// Runs `call`. Meanwhile the function that [`Gil::function`] makes runs `closure`; at other times it has no effect.
pub fn with_callback<F: Fn() -> PyResult<()>, T>(closure: &F, call: impl FnOnce() -> T) -> T {
    fn of<F: Fn() -> PyResult<()>>(closure: *const ()) -> PyResult<()> {
        // SAFETY: this is `closure`, which is borrowed as long as the function can find it: `Previous` removes it.
        unsafe { (*closure.cast::<F>())() }
    }
    let callback = ErasedCallback { closure: ptr::from_ref(closure).cast(), call: of::<F> };
    let _previous = Previous(CALLBACK.replace(Some(callback)));
    call()
}

unsafe extern "C" fn function(_: *mut PyObject, _: *mut PyObject) -> *mut PyObject {
    match CALLBACK.get().map_or(Ok(()), |callback| (callback.call)(callback.closure)) {
        // SAFETY: the GIL is held, since Python calls this; `None` lives as long as the interpreter.
        Ok(()) => unsafe { Object::borrowed(ffi::Py_None()) }.into_raw(),
        Err(exception) => {
            raise(exception);
            ptr::null_mut()
        }
    }
}

/// Sets the exception that Python finds after a failed call.
fn raise(Exception(exception): Exception) {
    #[cfg(Py_3_12)]
    // SAFETY: the GIL is held; the exception's reference is given away.
    unsafe {
        ffi::PyErr_SetRaisedException(exception.into_raw());
    }
    #[cfg(not(Py_3_12))]
    // SAFETY: the GIL is held; both references are given away.
    unsafe {
        ffi::PyErr_Restore(exception.class().into_raw(), exception.into_raw(), ptr::null_mut());
    }
}

impl Gil {
    /// A Python function without parameters that runs the callback of [`with_callback`].
    pub fn function(&self) -> PyResult {
        // The definition is made once, and must live as long as the interpreter.
        let definition = Box::leak(Box::new(PyMethodDef {
            ml_name: c"callback".as_ptr(),
            ml_meth: PyMethodDefPointer { PyCFunction: function },
            ml_flags: ffi::METH_NOARGS,
            ml_doc: ptr::null(),
        }));
        new_reference!(PyCFunction_NewEx(definition, ptr::null_mut(), ptr::null_mut()))
    }
}
