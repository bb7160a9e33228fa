//! Operands: the Python objects that a step passes.

use crate::result::{RuleResult, Stop};
use crate::state::map::Map;
use crate::state::view::View;
use crate::store::Store;
use mmapcheck_spec::{BytesLike, Dialect, End, Float, IntClass, Outcome, Profile, Step, Text, WrongType};
use mmapcheck_world::Cursor;
use std::rc::Rc;

/// An argument of a step, with its names resolved to objects.
pub enum Operand<'a, S: Store> {
    /// `None`
    None,
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i128),
    /// An object that has only `__index__`.
    Index(i128),
    /// An integer of a subclass of `int`, whose own `__index__` no conversion calls.
    OfInt(IntClass, i128),
    /// An object whose `__index__` runs a callback.
    IndexAfter(i128, Callback<'a>),
    /// An object whose `__buffer__` runs a callback.
    BufferAfter(&'a [u8], Callback<'a>),
    /// A bytes-like object.
    Bytes(BytesLike, &'a [u8]),
    /// A floating-point number.
    Float(Float),
    /// A text.
    Text(&'a Text),
    /// An object of a type that nearly every parameter refuses.
    WrongType(WrongType),
    /// A file object.
    File,
    /// The descriptor of an open file, and the position of its file object. Only the constructor takes one.
    Descriptor(S::File, Rc<Cursor>),
    /// A map.
    Map(Rc<Map<S>>),
    /// A view of a map.
    View(Rc<View<S>>),
}

/// Performs steps of a case.
pub trait PerformStep {
    /// Performs a step, perhaps while another step converts its arguments.
    ///
    /// # Errors
    /// Where the step has no outcome.
    fn perform(&self, step: &Step) -> Result<Outcome, End>;
}

/// A step of the case that the conversion of an argument runs. Nothing of the performer is borrowed meanwhile.
pub struct Callback<'a> {
    performer: &'a dyn PerformStep,
    step: &'a Step,
}

impl<'a> Callback<'a> {
    /// A callback that performs a step.
    pub fn new(performer: &'a dyn PerformStep, step: &'a Step) -> Callback<'a> {
        Callback { performer, step }
    }

    /// Performs the step. The conversion raises the exception of the step.
    pub fn run(&self) -> RuleResult<()> {
        match self.performer.perform(self.step)? {
            Outcome::Value(_) => Ok(()),
            Outcome::Raised(raise) => Err(Stop::Raised(raise)),
        }
    }
}

impl<S: Store> Operand<'_, S> {
    /// The name of its type, as messages show it.
    pub fn type_name(&self, profile: Profile) -> &'static str {
        match self {
            Operand::Int(value) if profile.dialect() == Dialect::Python2 && i64::try_from(*value).is_err() => "long",
            Operand::Index(_) if profile.dialect() == Dialect::Python2 => "instance",
            Operand::Bytes(BytesLike::Bytes, _) if profile.dialect() == Dialect::Python2 => "str",
            Operand::None => "NoneType",
            Operand::Bool(_) => "bool",
            Operand::Int(_) | Operand::Descriptor(..) => "int",
            Operand::Index(_) => "Index",
            Operand::OfInt(class, _) => class.name(),
            Operand::IndexAfter(..) => "IndexAfter",
            Operand::BufferAfter(..) => "BufferAfter",
            Operand::Bytes(BytesLike::Bytes, _) => "bytes",
            Operand::Bytes(BytesLike::ByteArray, _) => "bytearray",
            Operand::Bytes(BytesLike::View | BytesLike::Strided, _) | Operand::View(_) => "memoryview",
            Operand::Bytes(BytesLike::Array, _) => "array.array",
            Operand::Float(_) => "float",
            Operand::Text(_) => "str",
            Operand::WrongType(wrong) => wrong.type_name(),
            Operand::File => "_io.FileIO",
            Operand::Map(map) => map.class.name(),
        }
    }

    /// The name of its type, as `PyArg_Parse` shows it in the refusal of an argument.
    pub fn argument_name(&self, profile: Profile) -> &'static str {
        if matches!(self, Operand::None) { "None" } else { self.type_name(profile) }
    }

    /// The integer of an object that has `__index__`; `None` for any other object. It may run a callback: no memory may be
    /// borrowed, and whatever was read of a map before must be read again.
    pub fn integer(&self) -> RuleResult<Option<i128>> {
        Ok(match self {
            Operand::Bool(value) => Some((*value).into()),
            Operand::Int(value) | Operand::Index(value) | Operand::OfInt(_, value) => Some(*value),
            Operand::IndexAfter(value, callback) => {
                callback.run()?;
                Some(*value)
            }
            _ => None,
        })
    }
}
