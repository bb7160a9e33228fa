//! Steps and their arguments. An argument can hold a step, so that they stand in one module.

use crate::constructor::ConstructorParam;
use crate::kind::Slot;
use crate::operation::Op;
use crate::special::SpecialFile;
use crate::value::{Base, BytesLike, Float, IntClass, Num, Text, WrongType};
use crate::world::Mode;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use smallvec::SmallVec;

/// An argument.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Arg {
    /// A missing part of a slice.
    Omitted,
    /// `None`
    None,
    /// `True` or `False`
    Bool(bool),
    /// A whole number.
    Int(Num),
    /// An object that only has `__index__`: `Index(5)`.
    Index(Num),
    /// A whole number of a subclass of `int`: `Int(5)`.
    OfInt(IntClass, Num),
    /// An object whose `__index__` does another step of the case and then returns a number:
    /// `IndexAfter(5, callback)`.
    IndexAfter(Num, Box<Step>),
    /// An object whose `__buffer__` does another step of the case and then returns a buffer:
    /// `BufferAfter(b"...", callback)`. Python calls `__buffer__` since 3.12; before, the object has the wrong type.
    BufferAfter(Vec<u8>, Box<Step>),
    /// Constants of the module joined by `|`, by their place in [`crate::constants::ALL`].
    Flags(smallvec::SmallVec<[u8; 4]>),
    /// Bytes in a carrier.
    Bytes(BytesLike, Vec<u8>),
    /// A floating-point number.
    Float(Float),
    /// A text.
    Text(Text),
    /// An object of a wrong type.
    WrongType(WrongType),
    /// `f.fileno()`
    Fd(u8),
    /// The descriptor of a special file: `os.open('/dev/zero', os.O_RDWR)`. Only the constructor takes one.
    Special(SpecialFile),
    /// A file object itself.
    File(u8),
    /// A map itself.
    Map(u8),
    /// A memoryview of the case.
    View(u8),
    /// The name of a file of the world.
    Path(u8),
    /// How to open a file.
    Mode(Mode),
}

impl Arg {
    /// A plain whole number.
    #[must_use]
    pub const fn int(value: i128) -> Arg {
        Arg::Int(Num::plain(value))
    }

    /// Plain bytes.
    #[must_use]
    pub fn bytes(bytes: &[u8]) -> Arg {
        Arg::Bytes(BytesLike::Bytes, bytes.to_vec())
    }

    /// A text.
    #[must_use]
    pub fn text(text: &str) -> Arg {
        Arg::Text(Text::new(text))
    }

    /// The number it is, or converts to.
    #[must_use]
    pub fn number(&self) -> Option<Num> {
        match self {
            Arg::Int(num) | Arg::Index(num) | Arg::OfInt(_, num) | Arg::IndexAfter(num, _) => Some(*num),
            _ => None,
        }
    }

    /// As [`Arg::number`], to be changed.
    pub fn number_mut(&mut self) -> Option<&mut Num> {
        match self {
            Arg::Int(num) | Arg::Index(num) | Arg::OfInt(_, num) | Arg::IndexAfter(num, _) => Some(num),
            _ => None,
        }
    }

    /// The step of a callback argument.
    #[must_use]
    pub fn callback(&self) -> Option<&Step> {
        match self {
            Arg::IndexAfter(_, callback) | Arg::BufferAfter(_, callback) => Some(callback),
            _ => None,
        }
    }

    /// As [`Arg::callback`], to be changed.
    pub fn callback_mut(&mut self) -> Option<&mut Step> {
        match self {
            Arg::IndexAfter(_, callback) | Arg::BufferAfter(_, callback) => Some(callback),
            _ => None,
        }
    }

    /// The argument without its callback.
    #[must_use]
    pub fn without_callback(self) -> Arg {
        match self {
            Arg::IndexAfter(num, _) => Arg::Index(num),
            Arg::BufferAfter(bytes, _) => Arg::Bytes(BytesLike::Bytes, bytes),
            arg => arg,
        }
    }
}

/// An argument as a call passes it: by position or by keyword.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(into = "(Option<&'static str>, Arg)")]
pub struct PassedArg {
    /// The keyword, one of [`PassedArg::KEYWORDS`].
    pub keyword: Option<&'static str>,
    /// The argument.
    pub arg: Arg,
}

impl From<PassedArg> for (Option<&'static str>, Arg) {
    fn from(passed: PassedArg) -> (Option<&'static str>, Arg) {
        (passed.keyword, passed.arg)
    }
}

impl<'de> Deserialize<'de> for PassedArg {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<PassedArg, D::Error> {
        let (keyword, arg): (Option<String>, Arg) = Deserialize::deserialize(deserializer)?;
        let known = |name: String| {
            let known = PassedArg::KEYWORDS.iter().find(|known| **known == name);
            known.copied().ok_or_else(|| D::Error::custom(format!("unknown keyword '{name}'")))
        };
        Ok(PassedArg { keyword: keyword.map(known).transpose()?, arg })
    }
}

impl PassedArg {
    /// Every keyword that a call of a case can pass: the constructor's parameters, and one that no call takes.
    pub const KEYWORDS: &'static [&'static str] = &{
        let mut all = ["foo"; ConstructorParam::NAMES.len() + 1];
        let mut at = 0;
        while at < ConstructorParam::NAMES.len() {
            all[at] = ConstructorParam::NAMES[at];
            at += 1;
        }
        all
    };

    /// An argument by position.
    #[must_use]
    pub const fn plain(arg: Arg) -> PassedArg {
        PassedArg { keyword: None, arg }
    }

    /// An argument by its keyword.
    #[must_use]
    pub const fn named(keyword: &'static str, arg: Arg) -> PassedArg {
        PassedArg { keyword: Some(keyword), arg }
    }
}

/// A step: an operation on a receiver, with its arguments.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Step {
    /// The operation.
    pub op: Op,
    /// The slot of the receiver; 0 for an operation without one.
    pub on: Slot,
    /// The slot of the name that the result is bound to; 0 for an operation that binds none.
    pub bind: Slot,
    /// Its arguments.
    pub args: SmallVec<[PassedArg; 2]>,
}

impl Step {
    /// A step with arguments by position.
    pub fn new(op: Op, on: Slot, args: impl IntoIterator<Item = Arg>) -> Step {
        Step { op, on, bind: 0, args: args.into_iter().map(PassedArg::plain).collect() }
    }

    /// The step that its callback argument does while it is converted. A legal step has at most one callback argument.
    #[must_use]
    pub fn callback(&self) -> Option<&Step> {
        self.args.iter().find_map(|given| given.arg.callback())
    }

    /// Whether the step, or its callback argument, binds a name.
    pub(crate) fn binds_a_name(&self) -> bool {
        self.op.row().binds.is_some() || self.callback().is_some_and(Step::binds_a_name)
    }

    /// Whether a number of the step, or of its callback argument, counts from something but zero.
    #[must_use]
    pub fn is_symbolic(&self) -> bool {
        self.args.iter().any(|given| {
            given.arg.number().is_some_and(|num| num.base != Base::Zero)
                || given.arg.callback().is_some_and(Step::is_symbolic)
        })
    }

    /// Makes every number plain. `base` gives the value of a base for a step, in bytes. A legal step stays legal.
    pub fn resolve(&mut self, base: &mut impl FnMut(&Step, Base) -> u64) {
        for place in 0..self.args.len() {
            if let Some(num) = self.args[place].arg.number().filter(|num| num.base != Base::Zero) {
                let from = base(self, num.base);
                if let Some(number) = self.args[place].arg.number_mut() {
                    *number = Num::plain(num.plus.saturating_add(from.into()));
                }
            }
            if let Some(callback) = self.args[place].arg.callback_mut() {
                callback.resolve(base);
            }
        }
    }

    /// The argument of a constructor call for a parameter, on a system that does not map sections.
    #[must_use]
    pub fn passed(&self, param: ConstructorParam) -> Option<&Arg> {
        let by_name = self.args.iter().find(|given| given.keyword == Some(param.name()));
        let by_place = || self.args.get(param.place()?).filter(|given| given.keyword.is_none());
        by_name.or_else(by_place).map(|given| &given.arg)
    }
}
