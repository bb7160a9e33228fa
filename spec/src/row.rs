//! Rows of the table of operations, and the types of their columns.

use crate::kind::ObjectKind;
use crate::param::{Domain, Param};
use crate::profile::Profile;
use crate::python_module::PythonModule;
use crate::rule::Rule;
use std::ops::Range;

/// The state that an operation is meant to change. A campaign hashes long maps only after operations that change bytes or lengths;
/// other changes show at the end of the case, and at their step when the case is run again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changes {
    /// Neither bytes nor files.
    Nothing,
    /// Bytes of a map or a file.
    Bytes,
    /// The length of a map or a file. Pages of maps may then lie beyond the end of their file.
    Length,
    /// The file that a name leads to.
    Names,
}

impl Changes {
    /// Whether maps and files may hold other bytes afterwards.
    #[must_use]
    pub fn takes_in_bytes(self) -> bool {
        matches!(self, Changes::Bytes | Changes::Length)
    }
}

/// The memory that an operation takes from a process whose address space is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Memory {
    /// The interpreter may need memory of its own, and whether it has some left is not foreseen.
    Unforeseen,
    /// As much as the rules say; the interpreter needs none of its own, except for a callback argument.
    Fixed,
    /// None: it sets limits, or a process without limits does it.
    Exempt,
}

/// Whether the callback of an argument can be this operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Callback {
    /// It cannot: it takes more than one line, or takes effect only from the next step on.
    Never,
    /// It can, but the generator makes none.
    Possible,
    /// It can, and has these places among those that the generator draws from. More places are drawn more often.
    Drawn(Range<u8>),
}

/// The profiles that have an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Availability {
    /// In every version, on every platform.
    Always,
    /// Where the class has it: under this rule. Elsewhere it is an `AttributeError`.
    Version(Rule),
    /// Where the system can do it: under this rule. Elsewhere the step has no outcome.
    System(Rule),
}

impl Availability {
    /// Whether the class of a profile has it.
    #[must_use]
    pub fn in_version(self, profile: Profile) -> bool {
        match self {
            Availability::Version(rule) => profile.has(rule),
            Availability::Always | Availability::System(_) => true,
        }
    }

    /// Whether the system of a profile can do it.
    #[must_use]
    pub fn on_system(self, profile: Profile) -> bool {
        match self {
            Availability::System(rule) => profile.has(rule),
            Availability::Always | Availability::Version(_) => true,
        }
    }
}

/// One row of the table.
#[derive(Debug)]
pub struct Row {
    /// Its name in reports and `--ops`.
    pub name: &'static str,
    /// The kind of its receiver.
    pub on: ObjectKind,
    /// The source text of a step: `$` is the receiver, `$0` an argument, `$*` all arguments of a call.
    pub form: &'static str,
    /// The kind of the object that a step binds to a name: `m = ...`.
    pub binds: Option<ObjectKind>,
    /// Its parameters, in order.
    pub params: &'static [Param],
    /// The state it is meant to change.
    pub changes: Changes,
    /// The weight in the generator's choice. Cheap operations that change state weigh most. Those that cost a system call or
    /// end the life of a map weigh so little that maps reach interesting states. 0: only generated together with other steps.
    pub weight: u8,
    /// The module that a session imports for it.
    pub uses: Option<PythonModule>,
    /// The memory it takes.
    pub memory: Memory,
    /// Whether a callback can be this operation.
    pub callback: Callback,
    /// Whether it is meant to do harm. A calm mix of the generator omits it.
    pub hostile: bool,
    /// Whether it iterates over a map and makes an object of each item, which takes long on a long map.
    pub by_item: bool,
    /// The profiles that have it.
    pub there: Availability,
    pub(crate) call: bool,
    pub(crate) in_brackets: usize,
}

impl Row {
    /// Whether any number of arguments can be given, by position or keyword, as in a call.
    #[must_use]
    pub fn is_call(&self) -> bool {
        self.call
    }

    /// Whether it is a statement with a body.
    #[must_use]
    pub fn is_compound(&self) -> bool {
        self.form.starts_with("with ")
    }

    /// Whether an argument stands beside an operator, so that a compound one needs brackets.
    #[must_use]
    pub fn is_operator(&self) -> bool {
        let is_beside = self.form.starts_with("$0 ") || self.form.ends_with(" $0");
        self.in_brackets == 0 && is_beside && !self.form.contains(" = ")
    }

    /// Whether it is a function of the C API.
    #[must_use]
    pub fn is_of_api(&self) -> bool {
        ["api.", "Buffer."].iter().any(|class| self.form.starts_with(class))
    }

    /// The number of arguments in the index or slice of the receiver; 0 without one.
    #[must_use]
    pub fn in_brackets(&self) -> usize {
        self.in_brackets
    }

    /// The number of files that its arguments name.
    #[must_use]
    pub fn paths(&self) -> usize {
        self.params.iter().filter(|param| param.domain == Domain::Path).count()
    }

    /// The least number of arguments of a legal step.
    #[must_use]
    pub fn least(&self) -> usize {
        self.params.iter().filter(|p| p.needed).count()
    }
}

/// Whether a form has a place for any number of arguments: `$*`.
pub(crate) const fn has_rest(form: &str) -> bool {
    let bytes = form.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        if bytes[at - 1] == b'$' && bytes[at] == b'*' {
            return true;
        }
        at += 1;
    }
    false
}

/// How many arguments stand in the brackets right behind the receiver of a form: 2 in `$[$0:$1] = $2`.
pub(crate) const fn in_brackets(form: &str) -> usize {
    let bytes = form.as_bytes();
    let (mut count, mut inside, mut at) = (0, false, 1);
    while at < bytes.len() {
        match bytes[at] {
            b'[' if bytes[at - 1] == b'$' => inside = true,
            b']' => inside = false,
            b'$' if inside => count += 1,
            _ => {}
        }
        at += 1;
    }
    count
}
