//! Patterns over buckets: the divergences that are known.

use crate::divergence::{Bucket, Field, Severity, death, end_kind};
use mmapcheck_spec::platform::LINUX;
use mmapcheck_spec::{End, Op, Outcome, Signal, Step, notation};
use serde::{Deserialize, Serialize};

/// The name of the operation in a pattern for the end of the case, where there is none.
pub const END: &str = "end";

/// A pattern over buckets. In each text, `*` stands for any characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pattern {
    /// The id of the suppression.
    pub id: String,
    /// The name of the operation, or [`END`].
    pub op: String,
    /// The name of the operation of the callback argument; empty for buckets without one.
    pub callback: String,
    /// The name of the field.
    pub field: String,
    /// The kind of the expected answer, as in [`Bucket`].
    pub expected: String,
    /// The kind of the actual answer, as in [`Bucket`].
    pub actual: String,
    /// The severity; none for every severity but `message`, so that a pattern for kinds of answers matches no message.
    pub severity: Option<Severity>,
}

impl Pattern {
    /// The pattern that matches this bucket alone.
    #[must_use]
    pub fn of(bucket: &Bucket) -> Pattern {
        let (op, field) = place(bucket);
        Pattern {
            id: String::new(),
            op: op.to_owned(),
            callback: bucket.callback.map(|callback| callback.to_string()).unwrap_or_default(),
            field: field.to_string(),
            expected: bucket.expected.clone(),
            actual: bucket.actual.clone(),
            severity: (bucket.severity == Severity::Message).then_some(Severity::Message),
        }
    }

    /// Whether the pattern matches this bucket.
    #[must_use]
    pub fn matches(&self, bucket: &Bucket) -> bool {
        let (op, field) = place(bucket);
        let severity = match self.severity {
            Some(only) => only == bucket.severity,
            None => bucket.severity > Severity::Message,
        };
        let callback = match bucket.callback {
            Some(callback) => !self.callback.is_empty() && fits(&self.callback, callback.row().name),
            None => self.callback.is_empty(),
        };
        severity
            && callback
            && fits(&self.op, op)
            && fits(&self.field, field.name())
            && fits(&self.expected, &bucket.expected)
            && fits(&self.actual, &bucket.actual)
    }
}

/// The operation and field that patterns know a bucket by. The answer of the `close()` that ends every case counts as an
/// answer of the operation `close`.
fn place(bucket: &Bucket) -> (&'static str, Field) {
    match (bucket.op, bucket.field) {
        (None, Field::Closing) if bucket.severity != Severity::Death => (Op::Close.row().name, Field::Answer),
        (op, field) => (op.map_or(END, |op| op.row().name), field),
    }
}

/// The signals of accesses to dead memory, on the only platform where they kill.
pub(crate) const SIGSEGV: i32 = LINUX.signal(Signal::Segv);
pub(crate) const SIGBUS: i32 = LINUX.signal(Signal::Bus);

pub(crate) fn fits(pattern: &str, text: &str) -> bool {
    notation::fits(pattern, "*", text)
}

/// The patterns of a target's known divergences.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Patterns(pub Vec<Pattern>);

impl Patterns {
    /// The id of the first pattern that matches this bucket.
    #[must_use]
    pub fn find(&self, bucket: &Bucket) -> Option<&str> {
        self.0.iter().find(|pattern| pattern.matches(bucket)).map(|pattern| pattern.id.as_str())
    }

    /// Whether a pattern says that the target dies of [`SIGSEGV`] or [`SIGBUS`] in a step with this expected result.
    #[must_use]
    pub fn foresee_death(&self, step: &Step, expected: &Result<Outcome, End>) -> bool {
        [SIGSEGV, SIGBUS].into_iter().any(|signal| self.find(&death(step, expected, &End::Died(signal))).is_some())
    }

    /// Whether a pattern matches deaths in steps without a callback argument.
    #[must_use]
    pub fn hold_plain_deaths(&self) -> bool {
        let died = end_kind(&End::Died(SIGSEGV));
        self.0.iter().any(|pattern| pattern.callback.is_empty() && fits(&pattern.actual, &died))
    }

    /// Whether a pattern matches divergences of the state after a step, not only of its answer.
    #[must_use]
    pub fn match_states(&self) -> bool {
        self.0.iter().any(|pattern| pattern.field != Field::Answer.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_matches_just_its_kind() {
        let find = Bucket {
            severity: Severity::Value,
            op: Some(Op::Find),
            callback: None,
            field: Field::Answer,
            expected: "int".into(),
            actual: "TypeError".into(),
        };
        let pattern = Pattern::of(&find);
        assert!(pattern.matches(&find));
        let other = |change: fn(&mut Bucket)| {
            let mut bucket = find.clone();
            change(&mut bucket);
            !pattern.matches(&bucket)
        };
        assert!(other(|bucket| bucket.op = Some(Op::RFind)));
        assert!(other(|bucket| bucket.op = None));
        assert!(other(|bucket| bucket.callback = Some(Op::Close)));
        assert!(other(|bucket| bucket.field = Field::Pos));
        assert!(other(|bucket| bucket.expected = "bytes".into()));
        assert!(other(|bucket| bucket.actual = "int".into()));
        assert!(other(|bucket| bucket.severity = Severity::Message));
        let inside = Pattern { callback: "*".into(), ..pattern.clone() };
        assert!(!inside.matches(&find) && inside.matches(&Bucket { callback: Some(Op::Close), ..find.clone() }));
        let wide = Pattern { op: "*find".into(), actual: "*Error".into(), ..pattern };
        assert!(wide.matches(&Bucket { op: Some(Op::RFind), ..find.clone() }) && wide.matches(&find));
        assert!(!wide.matches(&Bucket { op: Some(Op::FindAll), ..find }));
    }

    #[test]
    fn the_answer_of_the_closing_close_is_an_answer_of_close() {
        let closing = Bucket {
            severity: Severity::Value,
            op: None,
            callback: None,
            field: Field::Closing,
            expected: "BufferError".into(),
            actual: "None".into(),
        };
        let step = Bucket { op: Some(Op::Close), field: Field::Answer, ..closing.clone() };
        assert_eq!(Pattern::of(&closing), Pattern::of(&step));
        assert!(Pattern::of(&step).matches(&closing));
        let death = Bucket { severity: Severity::Death, actual: "hung".into(), ..closing };
        assert_eq!(Pattern::of(&death).op, END, "a death at the end has no step");
    }
}
