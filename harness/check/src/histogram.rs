//! How often each operation answered in which way: what a campaign reached, and what it never did.

use mmapcheck_spec::{Draft, End, Op, Outcome, Trace};
use std::borrow::Cow;
use std::fmt;

/// A way to answer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AnswerKind {
    /// With a value, whichever.
    Value,
    /// With an exception of this class, and its `errno` where it has one.
    Raised(Cow<'static, str>, Option<i32>),
    /// Not at all: the process dies of this signal, as is foreseen.
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

    /// Whether a result is one of this way. Asked of every step of a campaign, so that nothing is copied for it.
    fn takes(&self, result: &Result<Outcome, End>) -> bool {
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

/// Steps by operation and way to answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Histogram {
    /// By the number of the operation. There are a few ways to each.
    ways: Vec<Vec<(AnswerKind, u64)>>,
}

impl Default for Histogram {
    fn default() -> Histogram {
        Histogram { ways: vec![Vec::new(); Op::ALL.len()] }
    }
}

impl Histogram {
    /// Counts the first so many steps of a case by what was expected of them.
    pub fn count(&mut self, case: &Draft, expected: &Trace, steps: usize) {
        for (step, done) in case.steps.iter().zip(&expected.steps).take(steps) {
            let ways = &mut self.ways[step.op as usize];
            match ways.iter_mut().find(|(way, _)| way.takes(&done.result)) {
                Some((_, count)) => *count += 1,
                None => ways.extend(AnswerKind::of(&done.result).map(|way| (way, 1))),
            }
        }
    }

    /// Takes in so many steps more.
    pub fn add(&mut self, op: Op, way: &AnswerKind, steps: u64) {
        let ways = &mut self.ways[op as usize];
        match ways.iter_mut().find(|(known, _)| known == way) {
            Some((_, count)) => *count += steps,
            None => ways.push((way.clone(), steps)),
        }
    }

    /// Drops the counts of all operations but these.
    pub fn retain(&mut self, ops: &[Op]) {
        for (op, ways) in Op::ALL.iter().zip(&mut self.ways) {
            ways.retain(|_| ops.contains(op));
        }
    }

    /// Takes in all of another.
    pub fn merge(&mut self, other: &Histogram) {
        other.iter().for_each(|(op, way, steps)| self.add(op, way, steps));
    }

    /// Each way that was met, with how many steps, by operation.
    pub fn iter(&self) -> impl Iterator<Item = (Op, &AnswerKind, u64)> {
        let by_op = Op::ALL.iter().zip(&self.ways);
        by_op.flat_map(|(op, ways)| ways.iter().map(move |(way, count)| (*op, way, *count)))
    }

    /// The ways of one operation, the most frequent first.
    #[must_use]
    pub fn of(&self, op: Op) -> Vec<(&AnswerKind, u64)> {
        let mut ways: Vec<_> = self.ways[op as usize].iter().map(|(way, count)| (way, *count)).collect();
        ways.sort_by_key(|(way, count)| (std::cmp::Reverse(*count), *way));
        ways
    }

    /// How many ways were met.
    #[must_use]
    pub fn met(&self) -> usize {
        self.ways.iter().map(Vec::len).sum()
    }

    /// The share of steps that gave no value, from 0 to 1.
    #[must_use]
    pub fn refused(&self) -> f64 {
        let steps: u64 = self.iter().map(|(.., count)| count).sum();
        let values: u64 = self.iter().filter(|(_, way, _)| **way == AnswerKind::Value).map(|(.., count)| count).sum();
        (steps - values) as f64 / steps.max(1) as f64
    }

    /// What another met and this one did not, by operation.
    #[must_use]
    pub fn lacks<'a>(&self, other: &'a Histogram) -> Vec<(Op, &'a AnswerKind)> {
        let met = |op: Op, way: &AnswerKind| self.ways[op as usize].iter().any(|(known, _)| known == way);
        other.iter().filter(|(op, way, _)| !met(*op, way)).map(|(op, way, _)| (op, way)).collect()
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
    fn an_errno_makes_another_way_and_a_value_does_not() {
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
