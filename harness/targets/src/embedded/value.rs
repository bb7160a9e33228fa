//! Python objects and exceptions as outcomes of a trace.

use super::ffi::{Exception, Object, PyResult, PyValue};
use super::fixtures::Fixtures;
use mmapcheck_spec::{Outcome, Raise, Value};
use std::borrow::Cow;

impl Fixtures {
    /// The outcome of a call that returned an object or raised.
    pub fn outcome(&self, answer: PyResult) -> Outcome {
        self.outcome_of(answer, |object| self.value(&object))
    }

    /// The outcome of a call, with a conversion for its value.
    pub fn outcome_of<T>(&self, answer: PyResult<T>, value: impl FnOnce(T) -> Value) -> Outcome {
        match answer {
            Ok(answer) => Outcome::Value(value(answer)),
            Err(exception) => Outcome::Raised(self.raise(&exception)),
        }
    }

    /// An object as a value.
    fn value(&self, object: &Object) -> Value {
        match object.seen() {
            PyValue::None => Value::None,
            PyValue::Bool(value) => Value::Bool(value),
            PyValue::Int(Some(value)) => Value::Int(value),
            PyValue::Int(None) => Value::Text("a number of more than 128 bits".into()),
            PyValue::Bytes(bytes) => Value::Bytes(bytes.to_vec()),
            PyValue::Text(text) => Value::Text(text.into_owned()),
            PyValue::List => Value::List(self.values(object)),
            PyValue::Tuple => Value::Tuple(self.values(object)),
            PyValue::Other => Value::Object(self.type_name(object).into()),
        }
    }

    fn values(&self, sequence: &Object) -> Vec<Value> {
        sequence.items().unwrap_or_default().iter().map(|item| self.value(item)).collect()
    }

    /// `type(object).__name__`
    pub fn type_name(&self, object: &Object) -> String {
        self.text_attr(&object.class(), &self.names.name)
    }

    fn text_attr(&self, object: &Object, name: &Object) -> String {
        object.attr(name).map(|text| text_of(&text)).unwrap_or_default()
    }

    /// An exception of a trace: its class as a traceback shows it, its `errno`, its text.
    pub fn raise(&self, Exception(exception): &Exception) -> Raise {
        if self.keeps.get() {
            self.kept.replace(Some(exception.clone()));
        }
        let class = exception.class();
        let os_error = class.is_subclass(&self.functions.os_error).unwrap_or(false);
        let errno = os_error.then(|| exception.attr(&self.names.errno).ok()?.as_i64()).flatten();
        Raise {
            class: self.class_name(&class),
            errno: errno.and_then(|number| number.try_into().ok()),
            message: exception.str().map_or("".into(), |text| text_of(&text).into()),
        }
    }

    fn class_name(&self, class: &Object) -> Cow<'static, str> {
        if let Some((_, name)) = self.exceptions.iter().find(|(known, _)| known.is(class)) {
            return Cow::Borrowed(name);
        }
        let name = self.text_attr(class, &self.names.name);
        match self.text_attr(class, &self.names.module).as_str() {
            "builtins" | "__main__" => name.into(),
            module => format!("{module}.{name}").into(),
        }
    }
}

pub fn text_of(object: &Object) -> String {
    match object.seen() {
        PyValue::Text(text) => text.into_owned(),
        _ => String::new(),
    }
}
