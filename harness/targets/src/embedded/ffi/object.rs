//! References to Python objects, and what can be done with any object.

use super::start::Gil;
use pyo3::ffi::{self, PyObject};
use std::ffi::CStr;
use std::ptr::{self, NonNull};

/// Calls a function of the C API that returns a new reference, or `NULL` and an exception.
macro_rules! new_reference {
    ($function:ident($($arg:expr),*)) => {
        // SAFETY: see the module: the GIL is held, and the arguments are live objects or plain values.
        // The function gives us the reference it returns.
        unsafe { Object::received(ffi::$function($($arg),*)) }
    };
}

/// Calls a function of the C API that returns a number; a negative one, or one that `failed` is true of, means failure.
macro_rules! number {
    ($function:ident($($arg:expr),*)) => { number!($function($($arg),*), |number| number < 0) };
    ($function:ident($($arg:expr),*), |$number:ident| $failed:expr) => {{
        // SAFETY: see the module: the GIL is held, and the arguments are live objects or plain values.
        let $number = unsafe { ffi::$function($($arg),*) };
        judged($failed).map(|()| $number)
    }};
}

/// A reference to a Python object.
#[derive(Debug)]
#[repr(transparent)]
pub struct Object(NonNull<PyObject>);

/// A raised exception.
#[derive(Debug)]
pub struct Exception(pub Object);

/// The result of a call into Python.
pub type PyResult<T = Object> = Result<T, Exception>;

/// A comparison operator.
#[derive(Clone, Copy)]
pub enum Comparison {
    Equal,
    Less,
}

impl Clone for Object {
    fn clone(&self) -> Object {
        // SAFETY: the object is alive and the GIL is held.
        unsafe { ffi::Py_INCREF(self.0.as_ptr()) };
        Object(self.0)
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        // SAFETY: the reference is ours, given back once; the GIL is held.
        unsafe { ffi::Py_DECREF(self.0.as_ptr()) };
    }
}

/// Takes the exception that a call has set, if any.
pub(super) fn raised() -> Option<Exception> {
    // SAFETY: the GIL is held; the exception is borrowed and only compared.
    if unsafe { ffi::PyErr_Occurred() }.is_null() {
        return None;
    }
    #[cfg(Py_3_12)]
    // SAFETY: the GIL is held; the function gives its reference to us.
    let value = unsafe { ffi::PyErr_GetRaisedException() };
    #[cfg(not(Py_3_12))]
    let value = {
        let (mut class, mut value, mut traceback) = (ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
        // SAFETY: the GIL is held; the three references are given to us, two of which are dropped.
        unsafe {
            ffi::PyErr_Fetch(&raw mut class, &raw mut value, &raw mut traceback);
            ffi::PyErr_NormalizeException(&raw mut class, &raw mut value, &raw mut traceback);
            ffi::Py_XDECREF(class);
            ffi::Py_XDECREF(traceback);
        }
        value
    };
    NonNull::new(value).map(|value| Exception(Object(value)))
}

/// Judges a call of the C API as the interpreter does (`_Py_CheckFunctionResult`): a failure must set an exception, and a
/// success must not. Otherwise the exception is a `SystemError`.
pub(super) fn judged(failed: bool) -> PyResult<()> {
    match (failed, raised()) {
        (false, None) => Ok(()),
        (false, Some(_)) => Err(system_error(c"a result was returned with an exception set")),
        (true, Some(exception)) => Err(exception),
        (true, None) => Err(system_error(c"error return without exception set")),
    }
}

/// A `SystemError` with this message.
pub(super) fn system_error(message: &CStr) -> Exception {
    // SAFETY: the GIL is held; the class lives as long as the interpreter, which copies the text.
    unsafe { ffi::PyErr_SetString(ffi::PyExc_SystemError, message.as_ptr()) };
    raised().expect("an exception was set just now")
}

impl Gil {
    /// Takes an exception that no call returned, such as one that the destruction of an object left behind.
    ///
    /// # Errors
    /// The `SystemError` that the interpreter raises at its next call.
    pub fn settle(&self) -> PyResult<()> {
        judged(false)
    }
}

impl Object {
    /// # Safety
    /// The GIL is held, and `pointer` is a new reference, or null with an exception set.
    pub(super) unsafe fn received(pointer: *mut PyObject) -> PyResult {
        match NonNull::new(pointer).map(Object) {
            Some(object) => judged(false).map(|()| object),
            None => Err(judged(true).expect_err("a failure")),
        }
    }

    /// # Safety
    /// The GIL is held, and `pointer` is a live object.
    pub(super) unsafe fn borrowed(pointer: *mut PyObject) -> Object {
        // SAFETY: the caller's promise.
        Object(unsafe {
            ffi::Py_INCREF(pointer);
            NonNull::new_unchecked(pointer)
        })
    }

    pub(super) fn raw(&self) -> *mut PyObject {
        self.0.as_ptr()
    }

    /// `self is other`
    pub fn is(&self, other: &Object) -> bool {
        self.0 == other.0
    }

    /// `type(self)`
    pub fn class(&self) -> Object {
        // SAFETY: the type of a live object is alive.
        unsafe { Object::borrowed(ffi::Py_TYPE(self.raw()).cast()) }
    }

    /// `issubclass(self, class)`; both are types.
    pub fn is_subclass(&self, class: &Object) -> PyResult<bool> {
        Ok(number!(PyObject_IsSubclass(self.raw(), class.raw()))? == 1)
    }

    /// An attribute.
    pub fn attr(&self, name: &Object) -> PyResult {
        new_reference!(PyObject_GetAttr(self.raw(), name.raw()))
    }

    /// `self(*args)`; the last of them are keyword arguments, named by the tuple `keywords`.
    pub fn call(&self, args: &mut [Object], keywords: Option<&Object>) -> PyResult {
        let (args, count, keywords) = vector(args, keywords);
        new_reference!(PyObject_Vectorcall(self.raw(), args, count, keywords))
    }

    /// `args[0].name(*args[1:])`; the last of them are keyword arguments, named by the tuple `keywords`.
    pub fn call_method(name: &Object, args: &mut [Object], keywords: Option<&Object>) -> PyResult {
        debug_assert!(!args.is_empty(), "a method is called on something");
        let (args, count, keywords) = vector(args, keywords);
        new_reference!(PyObject_VectorcallMethod(name.raw(), args, count, keywords))
    }

    /// `self[key]`
    pub fn item(&self, key: &Object) -> PyResult {
        new_reference!(PyObject_GetItem(self.raw(), key.raw()))
    }

    /// `self[key] = value`
    pub fn set_item(&self, key: &Object, value: &Object) -> PyResult<()> {
        number!(PyObject_SetItem(self.raw(), key.raw(), value.raw()), |status| status != 0).map(|_| ())
    }

    /// `del self[key]`
    pub fn del_item(&self, key: &Object) -> PyResult<()> {
        number!(PyObject_DelItem(self.raw(), key.raw()), |status| status != 0).map(|_| ())
    }

    /// `item in self`
    pub fn contains(&self, item: &Object) -> PyResult<bool> {
        Ok(number!(PySequence_Contains(self.raw(), item.raw()))? > 0)
    }

    /// `bool(self)`
    pub fn truth(&self) -> PyResult<bool> {
        Ok(number!(PyObject_IsTrue(self.raw()))? == 1)
    }

    /// `len(self)`
    pub fn size(&self) -> PyResult<i64> {
        Ok(number!(PyObject_Size(self.raw()))? as i64)
    }

    /// `hash(self)`
    pub fn hash(&self) -> PyResult<i64> {
        Ok(number!(PyObject_Hash(self.raw()), |hash| hash == -1)? as i64)
    }

    /// `list(self)`
    pub fn list(&self) -> PyResult {
        new_reference!(PySequence_List(self.raw()))
    }

    /// `iter(self)`
    pub fn iter(&self) -> PyResult {
        new_reference!(PyObject_GetIter(self.raw()))
    }

    /// `memoryview(self)`
    pub fn view(&self) -> PyResult {
        new_reference!(PyMemoryView_FromObject(self.raw()))
    }

    /// `repr(self)`
    pub fn repr(&self) -> PyResult {
        new_reference!(PyObject_Repr(self.raw()))
    }

    /// `str(self)`
    pub fn str(&self) -> PyResult {
        new_reference!(PyObject_Str(self.raw()))
    }

    /// `self == other` or `self < other`
    pub fn compare(&self, other: &Object, how: Comparison) -> PyResult {
        let how = match how {
            Comparison::Equal => ffi::Py_EQ,
            Comparison::Less => ffi::Py_LT,
        };
        new_reference!(PyObject_RichCompare(self.raw(), other.raw(), how))
    }

    /// `self + other`
    pub fn add(&self, other: &Object) -> PyResult {
        new_reference!(PyNumber_Add(self.raw(), other.raw()))
    }

    /// `self * other`
    pub fn multiply(&self, other: &Object) -> PyResult {
        new_reference!(PyNumber_Multiply(self.raw(), other.raw()))
    }

    pub(super) fn into_raw(self) -> *mut PyObject {
        std::mem::ManuallyDrop::new(self).raw()
    }
}

/// The arguments of a vector call: their start, how many are positional, and the names of the others.
/// The borrow is mutable because a callee may use the first place temporarily.
fn vector(args: &mut [Object], keywords: Option<&Object>) -> (*const *mut PyObject, usize, *mut PyObject) {
    let Some(keywords) = keywords else { return (args.as_mut_ptr().cast(), args.len(), ptr::null_mut()) };
    // SAFETY: `keywords` is a tuple: `Gil::tuple` made it.
    let named = unsafe { ffi::PyTuple_Size(keywords.raw()) } as usize;
    (args.as_mut_ptr().cast(), args.len() - named, keywords.raw())
}
