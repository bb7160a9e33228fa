//! New objects.

use super::object::{Object, PyResult};
use super::start::Gil;
use pyo3::ffi::{self, Py_ssize_t};
use std::ffi::CString;
use std::ptr;

impl Gil {
    /// `None`
    pub fn none(&self) -> Object {
        // SAFETY: `None` lives as long as the interpreter.
        unsafe { Object::borrowed(ffi::Py_None()) }
    }

    /// `True` or `False`
    pub fn boolean(&self, value: bool) -> Object {
        // SAFETY: both live as long as the interpreter.
        unsafe { Object::borrowed(if value { ffi::Py_True() } else { ffi::Py_False() }) }
    }

    /// An `int`.
    pub fn int(&self, value: i128) -> PyResult {
        match i64::try_from(value) {
            Ok(value) => new_reference!(PyLong_FromLongLong(value)),
            Err(_) => {
                let digits = CString::new(value.to_string()).expect("digits are not NUL");
                new_reference!(PyLong_FromString(digits.as_ptr(), ptr::null_mut(), 10))
            }
        }
    }

    /// A `bytes`.
    pub fn bytes(&self, bytes: &[u8]) -> PyResult {
        new_reference!(PyBytes_FromStringAndSize(bytes.as_ptr().cast(), bytes.len() as Py_ssize_t))
    }

    /// A `bytearray`.
    pub fn bytearray(&self, bytes: &[u8]) -> PyResult {
        new_reference!(PyByteArray_FromStringAndSize(bytes.as_ptr().cast(), bytes.len() as Py_ssize_t))
    }

    /// A `float`.
    pub fn float(&self, value: f64) -> PyResult {
        new_reference!(PyFloat_FromDouble(value))
    }

    /// A `str` of bytes of UTF-8, in which surrogates are encoded as other code points are.
    pub fn text(&self, bytes: &[u8]) -> PyResult {
        new_reference!(PyUnicode_DecodeUTF8(
            bytes.as_ptr().cast(),
            bytes.len() as Py_ssize_t,
            c"surrogatepass".as_ptr()
        ))
    }

    /// An interned `str`, for names that are looked up repeatedly.
    pub fn name(&self, text: &str) -> PyResult {
        let text = CString::new(text).unwrap_or_default();
        new_reference!(PyUnicode_InternFromString(text.as_ptr()))
    }

    /// `slice(start, stop, step)`
    pub fn slice(&self, start: &Object, stop: &Object, step: &Object) -> PyResult {
        new_reference!(PySlice_New(start.raw(), stop.raw(), step.raw()))
    }

    /// A `tuple`.
    pub fn tuple(&self, items: &[Object]) -> PyResult {
        let tuple = new_reference!(PyTuple_New(items.len() as Py_ssize_t))?;
        for (i, item) in items.iter().enumerate() {
            // SAFETY: the tuple is new, ours alone, and has this place; the item's reference is given to it.
            unsafe { ffi::PyTuple_SetItem(tuple.raw(), i as Py_ssize_t, item.clone().into_raw()) };
        }
        Ok(tuple)
    }

    /// Imports a module.
    pub fn import(&self, module: &str) -> PyResult {
        let module = CString::new(module).unwrap_or_default();
        new_reference!(PyImport_ImportModule(module.as_ptr()))
    }
}
