//! Counts of the steps of a campaign by operation and kind of answer.

use mmapcheck_spec::{Draft, End, Op, Outcome, Trace};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// The kind of an expected answer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum AnswerKind {
    /// Any value.
    Value,
    /// An exception of this class, with its `errno` if it has one.
    Raised(Cow<'static, str>, Option<i32>),
    /// An expected death of this signal.
    Died(i32),
}

impl AnswerKind {
    fn of(result: &Result<Outcome, End>) -> Option<AnswerKind> {
        match result {
            Ok(Outcome::Value(_)) => Some(AnswerKind::Value),
            Ok(Outcome::Raised(raise)) => Some(AnswerKind::Raised(raise.class.clone(), raise.errno)),
            Err(End::Died(signal)) => Some(AnswerKind::Died(*signal)),
            Err(_) => None,
        }
    }

    /// Whether a result is of this kind. Copies nothing, since a campaign asks for every step.
    fn matches(&self, result: &Result<Outcome, End>) -> bool {
        match (self, result) {
            (AnswerKind::Value, Ok(Outcome::Value(_))) => true,
            (AnswerKind::Raised(class, errno), Ok(Outcome::Raised(raise))) => {
                *errno == raise.errno && *class == raise.class
            }
            (AnswerKind::Died(signal), Err(End::Died(other))) => signal == other,
            _ => false,
        }
    }
}

impl fmt::Display for AnswerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AnswerKind::Value => f.write_str("a value"),
            AnswerKind::Raised(class, None) => f.write_str(class),
            AnswerKind::Raised(class, Some(errno)) => write!(f, "{class} {errno}"),
            AnswerKind::Died(signal) => End::Died(*signal).fmt(f),
        }
    }
}

/// Numbers of steps by operation and kind of answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Histogram {
    /// By the index of the operation. Each has few kinds, so that a search is fast.
    kinds: Vec<Vec<(AnswerKind, u64)>>,
}

impl Default for Histogram {
    fn default() -> Histogram {
        Histogram { kinds: vec![Vec::new(); Op::ALL.len()] }
    }
}

impl Histogram {
    /// Counts the expected answers of the first `steps` steps of a case.
    pub fn count(&mut self, case: &Draft, expected: &Trace, steps: usize) {
        for (step, done) in case.steps.iter().zip(&expected.steps).take(steps) {
            let kinds = &mut self.kinds[step.op as usize];
            match kinds.iter_mut().find(|(kind, _)| kind.matches(&done.result)) {
                Some((_, count)) => *count += 1,
                None => kinds.extend(AnswerKind::of(&done.result).map(|kind| (kind, 1))),
            }
        }
    }

    /// Adds `steps` steps of one kind.
    pub fn add(&mut self, op: Op, kind: &AnswerKind, steps: u64) {
        let kinds = &mut self.kinds[op as usize];
        match kinds.iter_mut().find(|(known, _)| known == kind) {
            Some((_, count)) => *count += steps,
            None => kinds.push((kind.clone(), steps)),
        }
    }

    /// Keeps the counts of these operations only.
    pub fn retain(&mut self, ops: &[Op]) {
        for (op, kinds) in Op::ALL.iter().zip(&mut self.kinds) {
            kinds.retain(|_| ops.contains(op));
        }
    }

    /// Adds the counts of another histogram.
    pub fn merge(&mut self, other: &Histogram) {
        other.iter().for_each(|(op, kind, steps)| self.add(op, kind, steps));
    }

    /// Every operation and kind with its number of steps, by operation.
    pub fn iter(&self) -> impl Iterator<Item = (Op, &AnswerKind, u64)> {
        let by_op = Op::ALL.iter().zip(&self.kinds);
        by_op.flat_map(|(op, kinds)| kinds.iter().map(move |(kind, count)| (*op, kind, *count)))
    }

    /// The kinds of one operation with their numbers of steps, the most frequent first.
    #[must_use]
    pub fn of(&self, op: Op) -> Vec<(&AnswerKind, u64)> {
        let mut kinds: Vec<_> = self.kinds[op as usize].iter().map(|(kind, count)| (kind, *count)).collect();
        kinds.sort_by_key(|(kind, count)| (std::cmp::Reverse(*count), *kind));
        kinds
    }

    /// The number of pairs of operation and kind.
    #[must_use]
    pub fn met(&self) -> usize {
        self.kinds.iter().map(Vec::len).sum()
    }

    /// The share of steps without a value, from 0 to 1.
    #[must_use]
    pub fn refused(&self) -> f64 {
        let steps: u64 = self.iter().map(|(.., count)| count).sum();
        let values: u64 = self.iter().filter(|(_, kind, _)| **kind == AnswerKind::Value).map(|(.., count)| count).sum();
        (steps - values) as f64 / steps.max(1) as f64
    }

    /// The pairs of operation and kind that `other` has and this histogram does not.
    #[must_use]
    pub fn lacks<'a>(&self, other: &'a Histogram) -> Vec<(Op, &'a AnswerKind)> {
        let met = |op: Op, kind: &AnswerKind| self.kinds[op as usize].iter().any(|(known, _)| known == kind);
        other.iter().filter(|(op, kind, _)| !met(*op, kind)).map(|(op, kind, _)| (op, kind)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mmapcheck_spec::{Raise, Step, StepTrace, Value};

    fn histogram(answers: &[(Op, Outcome)]) -> Histogram {
        let steps = answers.iter().map(|(op, _)| Step::new(*op, 0, [])).collect();
        let case = Draft { steps, ..Draft::default() };
        let done =
            |(_, outcome): &(Op, Outcome)| StepTrace { result: Ok(outcome.clone()), snapshot: Default::default() };
        let expected = Trace { steps: answers.iter().map(done).collect(), ..Trace::default() };
        let mut histogram = Histogram::default();
        histogram.count(&case, &expected, answers.len());
        histogram
    }

    fn raised(errno: i32) -> Outcome {
        Outcome::Raised(Raise { errno: Some(errno), ..Raise::new("OSError", "no") })
    }

    #[test]
    fn an_errno_makes_another_kind_and_a_value_does_not() {
        let value = |number| Outcome::Value(Value::Int(number));
        let mut met = histogram(&[(Op::Read, value(1)), (Op::Read, value(2)), (Op::Resize, raised(22))]);
        assert_eq!((met.met(), met.of(Op::Read)), (2, vec![(&AnswerKind::Value, 2)]));
        assert!((met.refused() - 1.0 / 3.0).abs() < 1e-9);
        let other = histogram(&[(Op::Resize, raised(9)), (Op::Read, value(3))]);
        assert_eq!(met.lacks(&other), [(Op::Resize, &AnswerKind::Raised("OSError".into(), Some(9)))]);
        met.merge(&other);
        assert!(met.lacks(&other).is_empty());
        assert_eq!(met.of(Op::Read), [(&AnswerKind::Value, 3)]);
    }
}
