//! Outcomes of a step as Python values and exceptions.

use crate::arguments::Arguments;
use mmapcheck_spec::{Raise, Value};
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::{PyException, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyTuple};

pyo3::create_exception!(
    mmapcheck_reference,
    MemoryFault,
    PyException,
    "An access to memory that kills a process with `mmap`: the message names the signal, the page and the file."
);
pyo3::create_exception!(
    mmapcheck_reference,
    Unsupported,
    PyRuntimeError,
    "An operation that no rule of the reference covers: the message says why."
);

/// A value of the reference as a Python object.
pub fn object(py: Python<'_>, value: &Value) -> PyResult<Py<PyAny>> {
    match value {
        Value::None => Ok(py.None()),
        Value::Bool(value) => value.into_py_any(py),
        Value::Int(value) | Value::Long(value) => match i64::try_from(*value) {
            Ok(small) => small.into_py_any(py),
            Err(_) => py.import("builtins")?.getattr("int")?.call1((value.to_string(),))?.into_py_any(py),
        },
        Value::Bytes(bytes) => PyBytes::new(py, bytes).into_py_any(py),
        Value::Text(text) => text.into_py_any(py),
        Value::List(values) => PyList::new(py, objects(py, values)?)?.into_py_any(py),
        Value::Tuple(values) => PyTuple::new(py, objects(py, values)?)?.into_py_any(py),
        Value::Object(name) => Err(Unsupported::new_err(format!("the reference has no object of the type {name}"))),
    }
}

fn objects(py: Python<'_>, values: &[Value]) -> PyResult<Vec<Py<PyAny>>> {
    values.iter().map(|value| object(py, value)).collect()
}

/// An exception of the reference as one of Python, with the names of the types that were passed.
pub fn exception(py: Python<'_>, raise: &Raise, arguments: &Arguments) -> PyResult<PyErr> {
    let (module, class) = raise.class.split_once('.').unwrap_or(("builtins", &raise.class));
    let class = py.import(module)?.getattr(class)?;
    let error = match raise.errno {
        Some(errno) => class.call1((errno, py.import("os")?.call_method1("strerror", (errno,))?))?,
        None => class.call1((arguments.reword(&raise.message),))?,
    };
    Ok(PyErr::from_value(error))
}
