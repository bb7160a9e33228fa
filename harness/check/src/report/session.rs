//! The session of a finding: its case with the expected answers, and a last step that makes the divergence visible.

use crate::differential::DifferentialRun;
use crate::divergence::{Divergence, Field};
use mmapcheck_spec::notation;
use mmapcheck_spec::{Arg, Case, Changes, Draft, MapState, Op, Outcome, Profile, Step, Trace, Value};

/// The case with the answers that the oracle expects. A divergence of the state that a step leaves is not visible in the
/// step's own answer, so a step that shows this state follows it. CPython's `doctest` passes the session.
#[must_use]
pub fn session(compared: &DifferentialRun, divergence: Option<&Divergence>) -> String {
    let mut case = compared.case.draft();
    let mut answers: Vec<_> = compared.expected.steps.iter().map(|step| step.result.clone()).collect();
    let evidence = divergence.and_then(|divergence| Some((divergence, evidence(&case, divergence, compared)?)));
    if let Some((divergence, (step, answer))) = evidence {
        case.steps.insert(divergence.step + 1, step);
        answers.insert(divergence.step + 1, Ok(answer));
    }
    notation::print_answered(&case, &answers, compared.profile.dialect())
}

/// The case with these answers.
#[must_use]
pub fn answered(case: &Case, expected: &Trace, profile: Profile) -> String {
    let answers: Vec<_> = expected.steps.iter().map(|step| step.result.clone()).collect();
    notation::print_answered(&case.draft(), &answers, profile.dialect())
}

/// The step that shows a divergence of state, with its expected outcome.
fn evidence(case: &Draft, divergence: &Divergence, compared: &DifferentialRun) -> Option<(Step, Outcome)> {
    let last = compared.expected.steps.get(divergence.step)?;
    // Only the last step, of the case or of a child at its end, has left the state as it is after the case.
    if case.steps.get(divergence.step + 1..)?.iter().any(|step| step.op != Op::Wait) {
        return None;
    }
    let slot = divergence.slot as u8;
    let number = |value: i64| Outcome::Value(Value::Int(i128::from(value)));
    let bytes = |bytes: &Option<Vec<u8>>| bytes.clone().map(|bytes| Outcome::Value(Value::Bytes(bytes)));
    let state = last.snapshot.maps.get(divergence.slot);
    match (divergence.bucket.field, state) {
        (Field::Pos, Some(MapState::Open { pos, .. })) => Some((Step::new(Op::Tell, slot, []), number(*pos))),
        (Field::Len, Some(MapState::Open { len, .. })) => Some((Step::new(Op::Len, slot, []), number(*len))),
        (Field::Map, Some(MapState::Open { content: Some(content), .. })) => {
            Some((Step::new(Op::GetSlice, slot, [Arg::Omitted, Arg::Omitted]), bytes(&content.bytes)?))
        }
        (Field::Closed, Some(state)) if *state != MapState::Unbound => {
            let closed = Outcome::Value(Value::Bool(*state == MapState::Closed));
            Some((Step::new(Op::Closed, slot, []), closed))
        }
        // After these operations the name of the file may lead to another file.
        (Field::File, _) if !case.all_steps().any(|step| step.op.row().changes == Changes::Names) => {
            let content = last.snapshot.files.get(divergence.slot)?;
            Some((Step::new(Op::FileContent, 0, [Arg::Path(slot)]), bytes(&content.bytes)?))
        }
        _ => None,
    }
}
