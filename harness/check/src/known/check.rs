//! Which kinds of divergence there can be, so that a pattern that can match none is refused.

use crate::divergence::{Field, Severity, end_kind};
use crate::pattern::{END, Pattern, SIGBUS, SIGSEGV, fits};
use mmapcheck_spec::{Callback, End, Op};

/// A part of a rule that can be wrong: its key in a list.
pub(crate) type Key = &'static str;

/// What the two sides of a divergence can be, by field and severity.
const SIDES: [(Field, Severity, Expectation, Expectation); 14] = [
    (Field::Answer, Severity::Message, Expectation::Text, Expectation::Text),
    (Field::Answer, Severity::Class, Expectation::Class, Expectation::Class),
    (Field::Answer, Severity::Value, Expectation::Outcome, Expectation::Outcome),
    (Field::Answer, Severity::Death, Expectation::Rough, Expectation::End),
    (Field::Answer, Severity::Death, Expectation::Death, Expectation::RoughOrEnd),
    (Field::Pos, Severity::Value, Expectation::Nothing, Expectation::Nothing),
    (Field::Len, Severity::Value, Expectation::Nothing, Expectation::Nothing),
    (Field::Closed, Severity::Value, Expectation::Nothing, Expectation::Nothing),
    (Field::Map, Severity::Value, Expectation::Nothing, Expectation::Nothing),
    (Field::File, Severity::Bytes, Expectation::Nothing, Expectation::Size),
    (Field::Closing, Severity::Death, Expectation::Nothing, Expectation::End),
    (Field::Descriptors, Severity::Value, Expectation::Nothing, Expectation::Count),
    (Field::Pages, Severity::Value, Expectation::Nothing, Expectation::Count),
    (Field::Strays, Severity::Value, Expectation::Nothing, Expectation::Count),
];

/// The kinds of one side.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expectation {
    /// A text without its numbers.
    Text,
    /// The class of an exception, with its `errno` where it has one.
    Class,
    /// A type, or the class of an exception.
    Outcome,
    /// Beside a death: a value or an exception.
    Rough,
    /// A death or a hang.
    End,
    /// A death that is foreseen.
    Death,
    /// Beside a foreseen death: a value, an exception, another death or a hang.
    RoughOrEnd,
    /// Nothing is said of states.
    Nothing,
    /// How the sizes of files compare.
    Size,
    /// How counts compare.
    Count,
}

/// Types of answers, besides those named with their module.
const TYPES: &str = "None True False int bytes str list tuple bool float complex bytearray memoryview dict set frozenset \
    range slice array mmap iterator object generator function method builtin_function_or_method NotImplementedType ellipsis";

/// Exceptions that carry an `errno`.
const NUMBERED: &str = "OSError BlockingIOError BrokenPipeError ChildProcessError ConnectionAbortedError ConnectionError \
    ConnectionRefusedError ConnectionResetError FileExistsError FileNotFoundError InterruptedError IsADirectoryError \
    NotADirectoryError PermissionError ProcessLookupError TimeoutError EnvironmentError IOError WindowsError";

/// All others of Python's own.
const EXCEPTIONS: &str = "ArithmeticError AssertionError AttributeError BaseException BufferError EOFError Exception \
    FloatingPointError GeneratorExit ImportError IndexError KeyError KeyboardInterrupt LookupError MemoryError \
    ModuleNotFoundError NameError NotImplementedError OverflowError RecursionError ReferenceError RuntimeError \
    StandardError StopIteration SyntaxError SystemError SystemExit TypeError UnboundLocalError UnicodeDecodeError \
    UnicodeEncodeError UnicodeError ValueError ZeroDivisionError error";

/// Whether there can be a divergence that a rule takes in; else the key that is wrong, and why.
pub(crate) fn check(rule: &Pattern) -> Result<(), (Key, String)> {
    if !Op::ALL.iter().any(|op| fits(&rule.op, op.row().name)) && !fits(&rule.op, END) {
        return Err(("op", format!("'{}' is no operation, and {END} is the end of a case", rule.op)));
    }
    let callback = |op: &&Op| op.row().callback != Callback::Never;
    if !rule.callback.is_empty() && !Op::ALL.iter().filter(callback).any(|op| fits(&rule.callback, op.row().name)) {
        return Err(("callback", format!("'{}' is no operation that an argument can do", rule.callback)));
    }
    if !Field::ALL.iter().any(|(_, name)| fits(&rule.field, name)) {
        let names: Vec<_> = Field::ALL.iter().map(|(_, name)| *name).collect();
        return Err(("field", format!("'{}' is no field: {}", rule.field, names.join(", "))));
    }
    let at_step = Op::ALL.iter().any(|op| fits(&rule.op, op.row().name));
    let sides: Vec<_> = SIDES
        .iter()
        .filter(|(field, ..)| fits(&rule.field, field.name()))
        .filter(|(_, severity, ..)| rule.severity.map_or(*severity > Severity::Message, |only| only == *severity))
        .filter(|(field, ..)| match field {
            Field::Answer => at_step,
            Field::Closing | Field::Descriptors | Field::Pages | Field::Strays => fits(&rule.op, END),
            _ => true,
        })
        .map(|(_, _, expected, actual)| (*expected, *actual))
        .collect();
    if sides.is_empty() {
        let why = match rule.severity {
            Some(severity) => format!("no divergence of this operation and field is of the severity {severity}"),
            None => format!("there is no divergence of '{}' in '{}'", rule.op, rule.field),
        };
        return Err(("field", why));
    }
    let expected: Vec<_> = sides.iter().filter(|(kind, _)| kind.can_be(&rule.expected)).collect();
    if expected.is_empty() {
        return Err(("expected", nothing_is(&rule.expected, sides.iter().map(|(kind, _)| *kind))));
    }
    if !expected.iter().any(|(_, kind)| kind.can_be(&rule.actual)) {
        return Err(("actual", nothing_is(&rule.actual, expected.iter().map(|(_, kind)| *kind))));
    }
    Ok(())
}

fn nothing_is(pattern: &str, kinds: impl Iterator<Item = Expectation>) -> String {
    let mut there: Vec<&str> = kinds.map(Expectation::described).collect();
    there.dedup();
    format!("nothing can be '{pattern}' here: {}", there.join(", or "))
}

impl Expectation {
    fn described(self) -> &'static str {
        match self {
            Expectation::Text => "a text with # for each number",
            Expectation::Class => "an exception class, with its errno if it has one",
            Expectation::Outcome => "a type or an exception class",
            Expectation::Rough => "'a value' or 'an exception', beside a death",
            Expectation::End => "'hung', 'died of signal 11 (SIGSEGV)' or 'exited with status 3'",
            Expectation::Death => {
                "'died of signal 7 (SIGBUS)' or 'died of signal 11 (SIGSEGV)', where that is foreseen"
            }
            Expectation::RoughOrEnd => "'a value', 'an exception' or another end, beside a death that is foreseen",
            Expectation::Nothing => "'' for what a step leaves behind",
            Expectation::Size => "'same size' or 'another size'",
            Expectation::Count => "'more' or 'fewer'",
        }
    }

    /// Whether a pattern can match a kind of this domain.
    fn can_be(self, pattern: &str) -> bool {
        let any = |samples: &[&str]| samples.iter().any(|sample| fits(pattern, sample));
        match self {
            Expectation::Text => !pattern.contains(|c: char| c.is_ascii_digit()),
            Expectation::Class => is_class(pattern),
            Expectation::Outcome => is_class(pattern) || TYPES.split_whitespace().any(|name| fits(pattern, name)),
            Expectation::Rough => any(&["a value", "an exception"]),
            Expectation::End => is_end(pattern),
            Expectation::Death => {
                any(&[SIGBUS, SIGSEGV].map(|signal| End::Died(signal).to_string()).each_ref().map(|s| s.as_str()))
            }
            Expectation::RoughOrEnd => Expectation::Rough.can_be(pattern) || is_end(pattern),
            Expectation::Nothing => any(&[""]),
            Expectation::Size => any(&["same size", "another size"]),
            Expectation::Count => any(&["more", "fewer"]),
        }
    }
}

/// Classes of modules go by their full name, such as `struct.error`, and cannot all be listed.
fn is_class(pattern: &str) -> bool {
    let (name, errno) = match pattern.rsplit_once(' ') {
        Some((name, errno)) if errno.parse::<u32>().is_ok() => (name, true),
        _ => (pattern, false),
    };
    let has_module = name.contains('.') && name.chars().all(|c| c.is_alphanumeric() || "._*".contains(c));
    let any = |names: &str, pattern| names.split_whitespace().any(|name| fits(pattern, name));
    let numbered = || NUMBERED.split_whitespace().any(|name| (0..200).any(|n| fits(pattern, &format!("{name} {n}"))));
    has_module || any(NUMBERED, name) || (!errno && any(EXCEPTIONS, name)) || numbered()
}

fn is_end(pattern: &str) -> bool {
    let signals = (1..=64).map(End::Died);
    let statuses = (-1..=255).map(|status| End::Exited(status, String::new()));
    let exits = |pattern: &str| pattern.strip_prefix("exited with status ").is_some_and(|n| n.parse::<i32>().is_ok());
    signals.chain(statuses).chain([End::Hung, End::Malformed(String::new())]).any(|end| fits(pattern, &end_kind(&end)))
        || exits(pattern)
}
