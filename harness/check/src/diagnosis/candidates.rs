//! The effects that could make the reference answer as a target did, from the plainest on.

use super::evidence::Evidence;
use crate::variation::{Change, Effect, Position, Reply, words_like};
use mmapcheck_spec::{Arg, End, ObjectKind, Op, Outcome, Raise, Step, Value, constants};

/// An effect to try, and the step of the finding's case that would have it.
pub(super) struct Candidate {
    pub(super) at: usize,
    pub(super) effect: Effect,
}

/// The effects to try for a divergence in a step, from the plainest on: effects of that step, then those of earlier steps that
/// show late.
pub(super) fn of(evidence: &Evidence, at: usize) -> Vec<Candidate> {
    let mut all = Vec::new();
    if let (Some(met), Some(actual)) = (evidence.steps.get(at), evidence.actual.steps.get(at)) {
        let effects = effects(&met.step, &met.answer, &actual.result);
        all.extend(effects.into_iter().map(|effect| Candidate { at, effect }));
    }
    for (at, met) in evidence.steps.iter().enumerate().take(at).rev() {
        let flags = met.step.args.iter().flat_map(|passed| flags(&passed.arg)).map(Effect::Does);
        all.extend(flags.chain([Effect::DoesNothing]).map(|effect| Candidate { at, effect }));
    }
    all
}

/// The effects that a step may have had which should give one answer and gave another.
fn effects(step: &Step, expected: &Outcome, actual: &Result<Outcome, End>) -> Vec<Effect> {
    let mut all = match (expected, actual) {
        (_, Err(end)) => vec![Effect::Ends(end.clone())],
        (Outcome::Raised(rule), Ok(Outcome::Raised(raise))) if rule == raise => Vec::new(),
        (Outcome::Raised(rule), Ok(Outcome::Raised(raise))) => of_exceptions(rule, raise),
        (_, Ok(Outcome::Raised(raise))) => vec![raises(raise)],
        (_, Ok(Outcome::Value(value))) => of_value(step, expected, value),
    };
    all.extend([Position::Before, Position::Start, Position::End].map(Effect::Positions));
    all.push(Effect::DoesNothing);
    all.extend(changes(step).into_iter().map(Effect::Does));
    all
}

fn raises(raise: &Raise) -> Effect {
    Effect::Raises { class: raise.class.to_string(), message: raise.message.to_string(), errno: raise.errno }
}

fn of_exceptions(rule: &Raise, raise: &Raise) -> Vec<Effect> {
    vec![
        Effect::Answers(Reply::Class(raise.class.to_string())),
        Effect::Answers(Reply::Words(words_like(&raise.message, &rule.message))),
        Effect::Answers(Reply::Errno(raise.errno)),
        raises(raise),
    ]
}

fn of_value(step: &Step, expected: &Outcome, value: &Value) -> Vec<Effect> {
    let mut replies = match (expected, value) {
        (Outcome::Value(Value::Int(rule)), Value::Int(given)) => {
            let places = (0..step.args.len()).map(Reply::FromArgument);
            let plain = [Reply::SignedByte, Reply::Length, Reply::Position, Reply::FromPosition];
            plain.into_iter().chain(places).chain([Reply::Plus(given - rule)]).collect()
        }
        (Outcome::Value(Value::Bytes(_)), Value::Bytes(given)) => {
            vec![Reply::Chomped, Reply::ToZero, Reply::First(given.len())]
        }
        (Outcome::Value(_), _) => vec![Reply::Not, Reply::Truth, Reply::Numbers, Reply::Bytes],
        (Outcome::Raised(_), _) => vec![],
    };
    let constant = Reply::Is(value.clone());
    // Bytes that are always the same are rarer than a way to cut them; of other values, the constant is the plainest.
    let is_first = !matches!(value, Value::Bytes(_));
    let at = if is_first { 0 } else { replies.len() };
    replies.insert(at, constant);
    replies.into_iter().map(Effect::Answers).collect()
}

/// Widths of the types of C, in bits.
const WIDTHS: [u8; 5] = [64, 32, 31, 16, 8];

fn changes(step: &Step) -> Vec<Change> {
    if step.callback().is_some() {
        return vec![Change::WithoutCallback];
    }
    let places = 0..step.args.len();
    let mut all: Vec<_> = places.clone().flat_map(of_argument).collect();
    all.extend([0, -1].map(|number| Change::Default(step.args.len(), number)));
    all.extend(step.args.iter().filter_map(|passed| passed.keyword).map(|word| Change::Without(word.to_owned())));
    all.extend(places.clone().map(Change::Before));
    all.extend(places.filter_map(|place| step.args.get(place)).flat_map(|passed| flags(&passed.arg)));
    all.extend(others(step.op).map(Change::Op));
    all
}

fn of_argument(place: usize) -> Vec<Change> {
    let mut all: Vec<_> = [0, 1, -1].map(|number| Change::Number(place, number)).into();
    all.extend([
        Change::None(place),
        Change::Clamps(place),
        Change::ClampsToLast(place),
        Change::Absolute(place),
        Change::AsNumber(place),
        Change::AsByte(place),
        Change::AsBytes(place),
        Change::CutToRoom(place),
        Change::Reversed(place),
        Change::FromPosition(place),
    ]);
    all.extend(WIDTHS.into_iter().flat_map(|bits| [false, true].map(|signed| Change::Wraps(place, bits, signed))));
    all.extend([1, -1].map(|more| Change::Plus(place, more)));
    all
}

/// Each constant of an argument replaced by another of its family: `MAP_SHARED` by `MAP_PRIVATE`.
fn flags(arg: &Arg) -> Vec<Change> {
    let Arg::Flags(places) = arg else { return Vec::new() };
    let family = |place: u8| constants::ALL[usize::from(place)].name().split('_').next();
    let all = || 0..constants::ALL.len() as u8;
    places
        .iter()
        .flat_map(|&from| {
            all().filter(move |&to| to != from && family(to) == family(from)).map(move |to| Change::Flag(from, to))
        })
        .collect()
}

/// The operations on maps that can be done in place of another.
fn others(op: Op) -> impl Iterator<Item = Op> {
    let fits = move |other: &Op| {
        let row = other.row();
        *other != op && row.on == ObjectKind::Map && row.binds.is_none() && op.row().on == ObjectKind::Map
    };
    Op::ALL.iter().copied().filter(fits)
}
