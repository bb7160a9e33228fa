//! Operations that an interpreter makes of others: where one of those is varied, so are they.

use mmapcheck_spec::{Op, Outcome, Raise, Step, Value};

/// The operations that this one is made of.
#[must_use]
pub(super) fn parts(op: Op) -> &'static [Op] {
    match op {
        Op::Bool | Op::Reversed => &[Op::Len],
        Op::With | Op::WithRaise => &[Op::Enter, Op::Exit],
        _ => &[],
    }
}

/// The outcome of a step that is made of others, by their answers, which `ask` gives in turn; none where the parts do not say it.
pub(super) fn outcome<E>(step: &Step, mut ask: impl FnMut(Op) -> Result<Outcome, E>) -> Result<Option<Outcome>, E> {
    let mut last = Outcome::Value(Value::None);
    for part in parts(step.op) {
        last = ask(*part)?;
        if matches!(last, Outcome::Raised(_)) {
            return Ok(Some(last));
        }
    }
    Ok(match (step.op, last) {
        (Op::Bool, Outcome::Value(Value::Int(len))) => Some(Outcome::Value(Value::Bool(len != 0))),
        (Op::Reversed, Outcome::Value(Value::Int(0))) => Some(Outcome::Value(Value::List(Vec::new()))),
        (Op::With, _) => Some(Outcome::Value(Value::None)),
        (Op::WithRaise, Outcome::Value(Value::Bool(true))) => Some(Outcome::Value(Value::None)),
        (Op::WithRaise, _) => Some(Outcome::Raised(Raise::new("KeyError", ""))),
        _ => None,
    })
}
