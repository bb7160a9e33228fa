//! Python objects as the arguments of a step.

use crate::names::{ONLY, keyword};
use mmapcheck_spec::{Arg, BytesLike, Float, IntClass, PassedArg, Text, WrongType};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyByteArray, PyBytes, PyDict, PyFloat, PyInt, PyList, PyMemoryView, PyString, PyTuple};

/// Refuses an object that is a map with memory that kills a process which reads it.
pub type RefuseDead = fn(&Bound<'_, PyAny>) -> PyResult<()>;

/// The arguments of a call, and the names of types that stand for others.
pub struct Arguments {
    /// The arguments of the step.
    pub passed: Vec<PassedArg>,
    /// For each object of a type that no argument of a step has: the name of the type that stands for its own, and its own.
    pub renamed: Vec<(&'static str, String)>,
    refuse_dead: RefuseDead,
}

impl Arguments {
    /// The arguments of a call. A conversion that runs Python code, such as `__index__`, runs now and so before the step.
    ///
    /// The map itself is an argument as it is, and so need not be open or alive.
    pub fn of(
        map: &Bound<'_, PyAny>,
        positional: &Bound<'_, PyTuple>,
        keywords: Option<&Bound<'_, PyDict>>,
        refuse_dead: RefuseDead,
    ) -> PyResult<Arguments> {
        let mut arguments = Arguments { passed: Vec::new(), renamed: Vec::new(), refuse_dead };
        let mut arg = |object: &Bound<'_, PyAny>| match object.is(map) {
            true => Ok(Arg::Map(ONLY)),
            false => arguments.arg(object),
        };
        let mut passed = Vec::new();
        for object in positional {
            passed.push(PassedArg::plain(arg(&object)?));
        }
        for (name, object) in keywords.into_iter().flatten() {
            passed.push(PassedArg::named(keyword(name.extract()?), arg(&object)?));
        }
        arguments.passed = passed;
        Ok(arguments)
    }

    fn arg(&mut self, object: &Bound<'_, PyAny>) -> PyResult<Arg> {
        Ok(if object.is_none() {
            Arg::None
        } else if let Ok(value) = object.cast::<PyBool>() {
            Arg::Bool(value.is_true())
        } else if object.is_exact_instance_of::<PyInt>() {
            Arg::int(number(object)?)
        } else if object.is_instance_of::<PyInt>() {
            self.rename(IntClass::Plain.name(), object)?;
            Arg::OfInt(IntClass::Plain, mmapcheck_spec::Num::plain(number(object)?))
        } else if let Ok(text) = object.cast::<PyString>() {
            Arg::Text(self::text(text)?)
        } else if let Ok(float) = object.cast::<PyFloat>() {
            Arg::Float(Float::new(float.value()))
        } else if let Some(arg) = self.bytes(object)? {
            arg
        } else if object.get_type().hasattr("__index__")? {
            self.rename("Index", object)?;
            Arg::Index(mmapcheck_spec::Num::plain(number(&object.call_method0("__index__")?)?))
        } else {
            Arg::WrongType(self.wrong_type(object)?)
        })
    }

    fn wrong_type(&mut self, object: &Bound<'_, PyAny>) -> PyResult<WrongType> {
        // Those of a step have a truth value as well: only the tuple is true.
        Ok(if object.cast_exact::<PyList>().is_ok_and(|list| list.is_empty()) {
            WrongType::List
        } else if object.cast_exact::<PyTuple>().is_ok_and(|tuple| !tuple.is_empty()) {
            WrongType::Tuple
        } else if object.cast_exact::<PyDict>().is_ok_and(|dict| dict.is_empty()) {
            WrongType::Dict
        } else {
            self.rename("object", object)?;
            WrongType::Object
        })
    }

    /// A copy of a bytes-like object; none of any other.
    fn bytes(&mut self, object: &Bound<'_, PyAny>) -> PyResult<Option<Arg>> {
        if let Ok(bytes) = object.cast::<PyBytes>() {
            return Ok(Some(Arg::bytes(bytes.as_bytes())));
        }
        let owner = if object.is_instance_of::<PyMemoryView>() { object.getattr("obj").ok() } else { None };
        owner.map_or(Ok(()), |owner| (self.refuse_dead)(&owner))?;
        let view = match PyMemoryView::from(object) {
            Ok(view) => view,
            Err(error) if error.is_instance_of::<pyo3::exceptions::PyTypeError>(object.py()) => return Ok(None),
            Err(error) => return Err(error),
        };
        let bytes: Vec<u8> = view.call_method0("tobytes")?.extract()?;
        let contiguous = view.getattr("c_contiguous")?.is_truthy()?;
        view.call_method0("release")?;
        if !contiguous {
            // Every second byte of what a step passes counts.
            let spread = bytes.into_iter().flat_map(|byte| [byte, 0]).collect();
            return Ok(Some(Arg::Bytes(BytesLike::Strided, spread)));
        }
        let kind = match object.get_type().name()?.to_str()? {
            "bytearray" if object.is_instance_of::<PyByteArray>() => BytesLike::ByteArray,
            "memoryview" => BytesLike::View,
            _ => {
                self.rename("memoryview", object)?;
                BytesLike::View
            }
        };
        Ok(Some(Arg::Bytes(kind, bytes)))
    }

    fn rename(&mut self, stands: &'static str, object: &Bound<'_, PyAny>) -> PyResult<()> {
        let kind = object.get_type();
        let (module, name): (String, String) = (kind.module()?.extract()?, kind.qualname()?.extract()?);
        // Types of C name their modules in messages, and classes of Python do not.
        let is_of_c = !kind.hasattr("__dict__")? || kind.getattr("__flags__")?.extract::<u64>()? & (1 << 9) == 0;
        let whole = if is_of_c && module != "builtins" { format!("{module}.{name}") } else { name };
        self.renamed.push((stands, whole));
        Ok(())
    }

    /// A message of the reference with the names of the types that were passed.
    pub fn reword(&self, message: &str) -> String {
        self.renamed.iter().fold(message.to_owned(), |text, (stands, name)| {
            let text = text.replace(&format!("'{stands}'"), &format!("'{name}'"));
            match text.strip_suffix(&format!("not {stands}")) {
                Some(start) => format!("{start}not {name}"),
                None => text,
            }
        })
    }
}

/// An integer; one that no C type holds becomes the nearest number that none holds either.
fn number(object: &Bound<'_, PyAny>) -> PyResult<i128> {
    if let Ok(small) = object.extract::<i64>() {
        return Ok(small.into());
    }
    let text: String = object.str()?.extract()?;
    let limit = if text.starts_with('-') { i128::MIN } else { i128::MAX };
    Ok(text.parse().unwrap_or(limit))
}

/// A text, in which a surrogate counts as a code point.
fn text(text: &Bound<'_, PyString>) -> PyResult<Text> {
    let encoded = text.call_method1("encode", ("utf-32-le", "surrogatepass"))?;
    let (points, _) = encoded.cast::<PyBytes>()?.as_bytes().as_chunks::<4>();
    let points: Vec<u32> = points.iter().copied().map(u32::from_le_bytes).collect();
    Ok(Text::of_points(&points).unwrap_or_default())
}
