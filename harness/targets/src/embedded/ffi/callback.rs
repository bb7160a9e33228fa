//! A function of Python that calls back.

use super::object::{Exception, Object, PyResult};
use super::start::Gil;
use pyo3::ffi::{self, PyMethodDef, PyMethodDefPointer, PyObject};
use std::cell::Cell;
use std::ptr;

/// Something to do, and how to call it.
#[derive(Clone, Copy)]
struct Doer {
    what: *const (),
    call: fn(*const ()) -> PyResult<()>,
}

thread_local! {
    /// What the function does at present.
    static DOER: Cell<Option<Doer>> = const { Cell::new(None) };
}

/// Puts back what the function did before.
struct Before(Option<Doer>);

impl Drop for Before {
    fn drop(&mut self) {
        DOER.set(self.0);
    }
}

/// Calls something in Python. While it runs, the function that [`Gil::function`] makes does `what`; else it does nothing.
pub fn with_callback<F: Fn() -> PyResult<()>, T>(what: &F, call: impl FnOnce() -> T) -> T {
    fn of<F: Fn() -> PyResult<()>>(what: *const ()) -> PyResult<()> {
        // SAFETY: this is `what`, which is borrowed as long as the function can find it: `Before` takes it away.
        unsafe { (*what.cast::<F>())() }
    }
    let doer = Doer { what: ptr::from_ref(what).cast(), call: of::<F> };
    let _before = Before(DOER.replace(Some(doer)));
    call()
}

unsafe extern "C" fn function(_: *mut PyObject, _: *mut PyObject) -> *mut PyObject {
    match DOER.get().map_or(Ok(()), |doer| (doer.call)(doer.what)) {
        // SAFETY: the GIL is held, since Python calls this; `None` lives as long as the interpreter.
        Ok(()) => unsafe { Object::borrowed(ffi::Py_None()) }.into_raw(),
        Err(exception) => {
            raise(exception);
            ptr::null_mut()
        }
    }
}

/// Leaves an exception to Python, which finds it when a call has failed.
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
    /// A function that does what [`with_callback`] says.
    pub fn function(&self) -> PyResult {
        // It is made once, and lives as long as the interpreter.
        let definition = Box::leak(Box::new(PyMethodDef {
            ml_name: c"callback".as_ptr(),
            ml_meth: PyMethodDefPointer { PyCFunction: function },
            ml_flags: ffi::METH_NOARGS,
            ml_doc: ptr::null(),
        }));
        new_reference!(PyCFunction_NewEx(definition, ptr::null_mut(), ptr::null_mut()))
    }
}
