//! The divergences that are possible, so that a pattern that matches none of them is an error.

use crate::divergence::{Field, Severity, end_kind};
use crate::pattern::{END, Pattern, SIGBUS, SIGSEGV, fits};
use mmapcheck_spec::{Callback, End, Op};

/// A key of a list's entry.
pub(crate) type Key = &'static str;

/// The possible kinds of the two sides of a divergence, expected and actual, by field and severity.
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

/// The kinds that one side of a divergence can have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expectation {
    /// A message with `#` for each number.
    Text,
    /// The class of an exception, with its `errno` if it has one.
    Class,
    /// A type, or the class of an exception.
    Outcome,
    /// `a value` or `an exception`, where the other side is a death.
    Rough,
    /// A death or a hang.
    End,
    /// An expected death.
    Death,
    /// A value, an exception, another death or a hang, where a death is expected.
    RoughOrEnd,
    /// The empty text: the kind of a state.
    Nothing,
    /// How the sizes of files compare.
    Size,
    /// How counts compare.
    Count,
}

/// Types of values, except those named with their module.
const TYPES: &str = "None True False int bytes str list tuple bool float complex bytearray memoryview dict set frozenset \
    range slice array mmap iterator object generator function method builtin_function_or_method NotImplementedType ellipsis";

/// Built-in exceptions with an `errno`.
const NUMBERED: &str = "OSError BlockingIOError BrokenPipeError ChildProcessError ConnectionAbortedError ConnectionError \
    ConnectionRefusedError ConnectionResetError FileExistsError FileNotFoundError InterruptedError IsADirectoryError \
    NotADirectoryError PermissionError ProcessLookupError TimeoutError EnvironmentError IOError WindowsError";

/// All other built-in exceptions, and `panic`, as which a suite of the kit shows a panic.
const EXCEPTIONS: &str = "ArithmeticError AssertionError AttributeError BaseException BufferError EOFError Exception \
    FloatingPointError GeneratorExit ImportError IndexError KeyError KeyboardInterrupt LookupError MemoryError \
    ModuleNotFoundError NameError NotImplementedError OverflowError RecursionError ReferenceError RuntimeError \
    StandardError StopIteration SyntaxError SystemError SystemExit TypeError UnboundLocalError UnicodeDecodeError \
    UnicodeEncodeError UnicodeError ValueError ZeroDivisionError error panic";

/// Checks that some divergence can match a pattern.
///
/// # Errors
/// Where none can: the key that is wrong, and a message.
pub(crate) fn check(pattern: &Pattern) -> Result<(), (Key, String)> {
    let matches_operation = Op::ALL.iter().any(|op| fits(&pattern.op, op.row().name));
    if !matches_operation && !fits(&pattern.op, END) {
        let message =
            format!("unknown operation '{}': expected the name of one, or '{END}' for the end of a case", pattern.op);
        return Err(("op", message));
    }
    let can_be_callback = |op: &&Op| op.row().callback != Callback::Never;
    if !pattern.callback.is_empty()
        && !Op::ALL.iter().filter(can_be_callback).any(|op| fits(&pattern.callback, op.row().name))
    {
        let message = format!("'{}' matches no operation of a callback argument", pattern.callback);
        return Err(("callback", message));
    }
    if !Field::ALL.iter().any(|(_, name)| fits(&pattern.field, name)) {
        let names: Vec<_> = Field::ALL.iter().map(|(_, name)| *name).collect();
        return Err(("field", format!("unknown field '{}': expected one of {}", pattern.field, names.join(", "))));
    }
    let sides = sides(pattern, matches_operation);
    if sides.is_empty() {
        let message = match pattern.severity {
            Some(severity) => format!("this operation and field have no divergence of severity {severity}"),
            None => format!("operation '{}' has no divergence in field '{}'", pattern.op, pattern.field),
        };
        return Err(("field", message));
    }
    let expected: Vec<_> = sides.iter().filter(|(kind, _)| kind.can_match(&pattern.expected)).collect();
    if expected.is_empty() {
        return Err(("expected", matches_nothing(&pattern.expected, sides.iter().map(|(kind, _)| *kind))));
    }
    if !expected.iter().any(|(_, kind)| kind.can_match(&pattern.actual)) {
        return Err(("actual", matches_nothing(&pattern.actual, expected.iter().map(|(_, kind)| *kind))));
    }
    Ok(())
}

/// The kinds of the two sides of the divergences that a pattern can match by its operation, field and severity.
fn sides(pattern: &Pattern, matches_operation: bool) -> Vec<(Expectation, Expectation)> {
    SIDES
        .iter()
        .filter(|(field, ..)| fits(&pattern.field, field.name()))
        .filter(|(_, severity, ..)| pattern.severity.map_or(*severity > Severity::Message, |only| only == *severity))
        .filter(|(field, ..)| match field {
            Field::Answer => matches_operation,
            Field::Closing | Field::Descriptors | Field::Pages | Field::Strays => fits(&pattern.op, END),
            _ => true,
        })
        .map(|(_, _, expected, actual)| (*expected, *actual))
        .collect()
}

fn matches_nothing(pattern: &str, kinds: impl Iterator<Item = Expectation>) -> String {
    let mut possible: Vec<&str> = kinds.map(Expectation::described).collect();
    possible.dedup();
    format!("'{pattern}' matches no outcome of this operation and field: expected {}", possible.join(", or "))
}

impl Expectation {
    fn described(self) -> &'static str {
        match self {
            Expectation::Text => "a message with # for each number",
            Expectation::Class => "an exception class, with its errno if it has one",
            Expectation::Outcome => "a type or an exception class",
            Expectation::Rough => "'a value' or 'an exception', where the other side is a death",
            Expectation::End => "'hung', 'died of signal 11 (SIGSEGV)' or 'exited with status 3'",
            Expectation::Death => "'died of signal 7 (SIGBUS)' or 'died of signal 11 (SIGSEGV)' as an expected death",
            Expectation::RoughOrEnd => "'a value', 'an exception' or another end, where a death is expected",
            Expectation::Nothing => "'' for the state after a step",
            Expectation::Size => "'same size' or 'another size'",
            Expectation::Count => "'more' or 'fewer'",
        }
    }

    /// Whether a pattern can match one of these kinds.
    fn can_match(self, pattern: &str) -> bool {
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
            Expectation::RoughOrEnd => Expectation::Rough.can_match(pattern) || is_end(pattern),
            Expectation::Nothing => any(&[""]),
            Expectation::Size => any(&["same size", "another size"]),
            Expectation::Count => any(&["more", "fewer"]),
        }
    }
}

/// Whether a pattern can match the class of an exception. Any name with a module, such as `struct.error`, can be one.
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
    signals
        .chain(statuses)
        .chain([End::Hung, End::Malformed(String::new()), End::Damaged(String::new())])
        .any(|end| fits(pattern, &end_kind(&end)))
        || exits(pattern)
}
