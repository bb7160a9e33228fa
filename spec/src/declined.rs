//! The steps that a target cannot run, by operation, parameter of the constructor, and kind of argument.

use crate::constructor::ConstructorParam;
use crate::operation::Op;
use crate::step::{Arg, PassedArg, Step};
use crate::value::BytesLike;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The operations, parameters of the constructor and kinds of arguments that a target cannot run. A step that holds one of
/// them is not generated for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declined {
    /// The operations.
    #[serde(with = "names")]
    pub operations: Vec<Op>,
    /// The parameters of the constructor.
    #[serde(with = "names")]
    pub parameters: Vec<ConstructorParam>,
    /// The kinds of arguments.
    #[serde(with = "names")]
    pub arguments: Vec<ArgKind>,
}

impl Declined {
    /// Whether nothing is declined.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Declined::default()
    }

    /// Whether a step, or its callback argument, holds something that is declined.
    #[must_use]
    pub fn includes(&self, step: &Step) -> bool {
        let is_declined = |given: &PassedArg| self.arguments.contains(&ArgKind::of(&given.arg));
        self.operations.contains(&step.op)
            || (matches!(step.op, Op::New | Op::Sub)
                && self.parameters.iter().any(|param| step.passed(*param).is_some()))
            || step.args.iter().any(is_declined)
            || step.callback().is_some_and(|callback| self.includes(callback))
    }
}

/// The names of all that is declined, by their sort.
impl fmt::Display for Declined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sorts = [
            ("operations", joined(&self.operations)),
            ("parameters", joined(&self.parameters)),
            ("arguments", joined(&self.arguments)),
        ];
        let named = sorts.iter().filter(|(_, names)| !names.is_empty());
        let named: Vec<_> = named.map(|(sort, names)| format!("{sort} {names}")).collect();
        f.write_str(&named.join("; "))
    }
}

fn joined<T: Named>(values: &[T]) -> String {
    values.iter().map(|value| value.named_as()).collect::<Vec<_>>().join(", ")
}

/// The kind of an argument, by which a target declines it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ArgKind {
    /// A missing part of a slice.
    Omitted,
    /// `None`
    None,
    /// `True` or `False`
    Bool,
    /// A whole number.
    Number,
    /// An object that only has `__index__`.
    Index,
    /// A whole number of a subclass of `int`.
    OfInt,
    /// A callback argument.
    Callback,
    /// Constants of the module.
    Constants,
    /// Bytes in a carrier.
    Bytes(BytesLike),
    /// A floating-point number.
    Float,
    /// A text.
    Text,
    /// An object of a wrong type.
    WrongType,
    /// A file descriptor.
    Descriptor,
    /// The descriptor of a special file.
    SpecialFile,
    /// A file object.
    File,
    /// A map.
    Map,
    /// A view.
    View,
    /// The name of a file, or a mode.
    Word,
}

impl ArgKind {
    /// Every kind.
    pub const ALL: [ArgKind; 22] = [
        ArgKind::Omitted,
        ArgKind::None,
        ArgKind::Bool,
        ArgKind::Number,
        ArgKind::Index,
        ArgKind::OfInt,
        ArgKind::Callback,
        ArgKind::Constants,
        ArgKind::Bytes(BytesLike::Bytes),
        ArgKind::Bytes(BytesLike::ByteArray),
        ArgKind::Bytes(BytesLike::View),
        ArgKind::Bytes(BytesLike::Strided),
        ArgKind::Bytes(BytesLike::Array),
        ArgKind::Float,
        ArgKind::Text,
        ArgKind::WrongType,
        ArgKind::Descriptor,
        ArgKind::SpecialFile,
        ArgKind::File,
        ArgKind::Map,
        ArgKind::View,
        ArgKind::Word,
    ];

    /// The kind of an argument.
    #[must_use]
    pub fn of(arg: &Arg) -> ArgKind {
        match arg {
            Arg::Omitted => ArgKind::Omitted,
            Arg::None => ArgKind::None,
            Arg::Bool(_) => ArgKind::Bool,
            Arg::Int(_) => ArgKind::Number,
            Arg::Index(_) => ArgKind::Index,
            Arg::OfInt(..) => ArgKind::OfInt,
            Arg::IndexAfter(..) | Arg::BufferAfter(..) => ArgKind::Callback,
            Arg::Flags(_) => ArgKind::Constants,
            Arg::Bytes(carrier, _) => ArgKind::Bytes(*carrier),
            Arg::Float(_) => ArgKind::Float,
            Arg::Text(_) => ArgKind::Text,
            Arg::WrongType(_) => ArgKind::WrongType,
            Arg::Fd(_) => ArgKind::Descriptor,
            Arg::Special(_) => ArgKind::SpecialFile,
            Arg::File(_) => ArgKind::File,
            Arg::Map(_) => ArgKind::Map,
            Arg::View(_) => ArgKind::View,
            Arg::Path(_) | Arg::Mode(_) => ArgKind::Word,
        }
    }

    /// The name by which a driver declines it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ArgKind::Omitted => "omitted",
            ArgKind::None => "none",
            ArgKind::Bool => "bool",
            ArgKind::Number => "number",
            ArgKind::Index => "index",
            ArgKind::OfInt => "int-subclass",
            ArgKind::Callback => "callback",
            ArgKind::Constants => "constants",
            ArgKind::Bytes(BytesLike::Bytes) => "bytes",
            ArgKind::Bytes(BytesLike::ByteArray) => "bytearray",
            ArgKind::Bytes(BytesLike::View) => "memoryview",
            ArgKind::Bytes(BytesLike::Strided) => "strided",
            ArgKind::Bytes(BytesLike::Array) => "array",
            ArgKind::Float => "float",
            ArgKind::Text => "text",
            ArgKind::WrongType => "wrong-type",
            ArgKind::Descriptor => "descriptor",
            ArgKind::SpecialFile => "special-file",
            ArgKind::File => "file",
            ArgKind::Map => "map",
            ArgKind::View => "view",
            ArgKind::Word => "word",
        }
    }
}

/// A value with a name of its own, by which lists hold it.
pub trait Named: Copy {
    /// The name.
    fn named_as(self) -> &'static str;

    /// The value of a name.
    fn by_name(name: &str) -> Option<Self>;
}

impl Named for Op {
    fn named_as(self) -> &'static str {
        self.row().name
    }

    fn by_name(name: &str) -> Option<Op> {
        Op::named(name)
    }
}

impl Named for ConstructorParam {
    fn named_as(self) -> &'static str {
        self.name()
    }

    fn by_name(name: &str) -> Option<ConstructorParam> {
        ConstructorParam::ALL.iter().copied().find(|param| param.name() == name)
    }
}

impl Named for ArgKind {
    fn named_as(self) -> &'static str {
        self.name()
    }

    fn by_name(name: &str) -> Option<ArgKind> {
        ArgKind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Lists of named values, as lists of their names.
mod names {
    use super::Named;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<T: Named, S: Serializer>(values: &[T], serializer: S) -> Result<S::Ok, S::Error> {
        values.iter().map(|value| value.named_as()).collect::<Vec<_>>().serialize(serializer)
    }

    pub(super) fn deserialize<'de, T: Named, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
        let names = Vec::<String>::deserialize(deserializer)?;
        let known = |name: String| T::by_name(&name).ok_or_else(|| D::Error::custom(format!("unknown name '{name}'")));
        names.into_iter().map(known).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_declined_for_its_operation_its_parameter_its_argument_or_its_callback() {
        let size = Step::new(Op::Size, 0, []);
        let seek = Step::new(Op::Seek, 0, [Arg::int(1)]);
        let after = Step::new(Op::Seek, 0, [Arg::IndexAfter(crate::Num::plain(1), Box::new(size.clone()))]);
        let anonymous = Step::new(Op::New, 0, [Arg::int(-1), Arg::int(9), Arg::Flags([0][..].into())]);
        let cases = [
            (Declined { operations: vec![Op::Size], ..Declined::default() }, [true, false, true, false]),
            (Declined { arguments: vec![ArgKind::Callback], ..Declined::default() }, [false, false, true, false]),
            (Declined { arguments: vec![ArgKind::Number], ..Declined::default() }, [false, true, false, true]),
            (
                Declined { parameters: vec![ConstructorParam::Flags], ..Declined::default() },
                [false, false, false, true],
            ),
            (Declined { parameters: vec![ConstructorParam::Prot], ..Declined::default() }, [false; 4]),
        ];
        for (declined, expected) in cases {
            let found = [&size, &seek, &after, &anonymous].map(|step| declined.includes(step));
            assert_eq!(found, expected, "{declined}");
        }
    }
}
