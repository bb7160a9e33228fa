//! Patterns over buckets: which divergences are known.

use crate::divergence::{Bucket, Field, Severity, death, end_kind};
use mmapcheck_spec::platform::LINUX;
use mmapcheck_spec::{End, Op, Outcome, Signal, Step, notation};

/// What stands for the operation where there is none: the end of the case.
pub const END: &str = "end";

/// Which divergences an entry takes in. Every text is a pattern in which `*` stands for anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// The id of its entry.
    pub id: String,
    /// Over the name of the operation, or [`END`].
    pub op: String,
    /// Over the name of the operation that an argument does while it is converted; nothing where none does any.
    pub callback: String,
    /// Over the name of the field.
    pub field: String,
    /// Over the kind of answer expected, as in [`Bucket`].
    pub expected: String,
    /// Over the kind of answer given.
    pub actual: String,
    /// Only this severity; none: every one but `message`, so that what an entry says of kinds of answers never takes in a text.
    pub severity: Option<Severity>,
}

impl Pattern {
    /// The rule that takes in just this kind of divergence.
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

    /// Whether it takes in this kind of divergence.
    #[must_use]
    pub fn takes_in(&self, bucket: &Bucket) -> bool {
        let (op, field) = place(bucket);
        let severe = match self.severity {
            Some(only) => only == bucket.severity,
            None => bucket.severity > Severity::Message,
        };
        let callback = match bucket.callback {
            Some(callback) => !self.callback.is_empty() && fits(&self.callback, callback.row().name),
            None => self.callback.is_empty(),
        };
        severe
            && callback
            && fits(&self.op, op)
            && fits(&self.field, field.name())
            && fits(&self.expected, &bucket.expected)
            && fits(&self.actual, &bucket.actual)
    }
}

/// Where a divergence is listed. What `close()` says at the end of a case is an answer of `close` like any other.
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

/// What is known of a target while it is compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patterns(pub Vec<Pattern>);

impl Patterns {
    /// The id of the first entry that takes in this kind of divergence.
    #[must_use]
    pub fn find(&self, bucket: &Bucket) -> Option<&str> {
        self.0.iter().find(|rule| rule.takes_in(bucket)).map(|rule| rule.id.as_str())
    }

    /// Whether it is known that the target dies in a step of which this is expected.
    #[must_use]
    pub fn foresee_death(&self, step: &Step, wanted: &Result<Outcome, End>) -> bool {
        [SIGSEGV, SIGBUS].into_iter().any(|signal| self.find(&death(step, wanted, &End::Died(signal))).is_some())
    }

    /// Whether some of it is a death in a step whose arguments do nothing while they are converted.
    #[must_use]
    pub fn hold_plain_deaths(&self) -> bool {
        let died = end_kind(&End::Died(SIGSEGV));
        self.0.iter().any(|rule| rule.callback.is_empty() && fits(&rule.actual, &died))
    }

    /// Whether a pattern matches divergences of the state that a step leaves, not only of its answer.
    #[must_use]
    pub fn match_states(&self) -> bool {
        self.0.iter().any(|pattern| pattern.field != Field::Answer.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_takes_in_just_its_kind() {
        let find = Bucket {
            severity: Severity::Value,
            op: Some(Op::Find),
            callback: None,
            field: Field::Answer,
            expected: "int".into(),
            actual: "TypeError".into(),
        };
        let rule = Pattern::of(&find);
        assert!(rule.takes_in(&find));
        let other = |change: fn(&mut Bucket)| {
            let mut bucket = find.clone();
            change(&mut bucket);
            !rule.takes_in(&bucket)
        };
        assert!(other(|bucket| bucket.op = Some(Op::RFind)));
        assert!(other(|bucket| bucket.op = None));
        assert!(other(|bucket| bucket.callback = Some(Op::Close)));
        assert!(other(|bucket| bucket.field = Field::Pos));
        assert!(other(|bucket| bucket.expected = "bytes".into()));
        assert!(other(|bucket| bucket.actual = "int".into()));
        assert!(other(|bucket| bucket.severity = Severity::Message));
        let inside = Pattern { callback: "*".into(), ..rule.clone() };
        assert!(!inside.takes_in(&find) && inside.takes_in(&Bucket { callback: Some(Op::Close), ..find.clone() }));
        let wide = Pattern { op: "*find".into(), actual: "*Error".into(), ..rule };
        assert!(wide.takes_in(&Bucket { op: Some(Op::RFind), ..find.clone() }) && wide.takes_in(&find));
        assert!(!wide.takes_in(&Bucket { op: Some(Op::FindAll), ..find }));
    }

    #[test]
    fn what_close_says_at_the_end_is_its_answer() {
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
        assert!(Pattern::of(&step).takes_in(&closing));
        let death = Bucket { severity: Severity::Death, actual: "hung".into(), ..closing };
        assert_eq!(Pattern::of(&death).op, END, "a death at the end has no step");
    }
}
