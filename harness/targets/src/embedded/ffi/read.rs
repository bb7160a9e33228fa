//! Python objects as values of Rust.

use super::object::{Object, PyResult, judged, raised};
use pyo3::ffi::{self, Py_ssize_t};
use std::borrow::Cow;
use std::ffi::c_int;

/// A Python object as a value of Rust. [`Object::items`] reads a list or a tuple.
#[derive(Debug)]
pub enum PyValue<'a> {
    None,
    Bool(bool),
    /// `None` for an integer beyond 128 bits.
    Int(Option<i128>),
    Bytes(&'a [u8]),
    Text(Cow<'a, str>),
    List,
    Tuple,
    Other,
}

impl Object {
    /// The object as a value.
    pub fn seen(&self) -> PyValue<'_> {
        let pointer = self.raw();
        // SAFETY: the object is alive; each of these only looks at its type.
        unsafe {
            if pointer == ffi::Py_None() {
                PyValue::None
            } else if ffi::PyBytes_Check(pointer) == 1 {
                PyValue::Bytes(self.as_bytes())
            } else if ffi::PyBool_Check(pointer) == 1 {
                PyValue::Bool(pointer == ffi::Py_True())
            } else if ffi::PyLong_Check(pointer) == 1 {
                PyValue::Int(self.as_int())
            } else if ffi::PyUnicode_Check(pointer) == 1 {
                PyValue::Text(self.as_text())
            } else if ffi::PyList_Check(pointer) == 1 {
                PyValue::List
            } else if ffi::PyTuple_Check(pointer) == 1 {
                PyValue::Tuple
            } else {
                PyValue::Other
            }
        }
    }

    /// The items of a list or tuple.
    pub fn items(&self) -> PyResult<Vec<Object>> {
        let count = number!(PySequence_Size(self.raw()))?;
        (0..count).map(|i| new_reference!(PySequence_GetItem(self.raw(), i))).collect()
    }

    /// An integer of 64 bits; `None` for any other object.
    pub fn as_i64(&self) -> Option<i64> {
        match self.seen() {
            PyValue::Int(Some(value)) => i64::try_from(value).ok(),
            _ => None,
        }
    }

    /// # Safety
    /// The object is a `bytes`.
    unsafe fn as_bytes(&self) -> &[u8] {
        // SAFETY: a `bytes` never changes and lives as long as `self`; its length is not negative.
        unsafe {
            let start = ffi::PyBytes_AsString(self.raw()).cast::<u8>();
            std::slice::from_raw_parts(start, ffi::PyBytes_Size(self.raw()) as usize)
        }
    }

    /// # Safety
    /// The object is an `int`.
    unsafe fn as_int(&self) -> Option<i128> {
        let mut overflow: c_int = 0;
        // SAFETY: the object is an `int`, so this cannot fail.
        let value = unsafe { ffi::PyLong_AsLongLongAndOverflow(self.raw(), &raw mut overflow) };
        if overflow == 0 {
            return Some(value.into());
        }
        let text = self.str().ok()?;
        match text.seen() {
            PyValue::Text(digits) => digits.parse().ok(),
            _ => None,
        }
    }

    /// # Safety
    /// The object is a `str`.
    unsafe fn as_text(&self) -> Cow<'_, str> {
        let mut length: Py_ssize_t = 0;
        // SAFETY: the object is a `str`, which keeps its UTF-8 form as long as it lives.
        let start = unsafe { ffi::PyUnicode_AsUTF8AndSize(self.raw(), &raw mut length) };
        if start.is_null() {
            drop(raised());
            return Cow::Borrowed("text that is not Unicode");
        }
        // SAFETY: Python says these bytes are UTF-8, and how many they are.
        Cow::Borrowed(unsafe {
            std::str::from_utf8_unchecked(std::slice::from_raw_parts(start.cast(), length as usize))
        })
    }
}
