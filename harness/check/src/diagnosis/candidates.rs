//! The effects that could make the reference answer as a target did, from the plainest on.

use super::evidence::{Evidence, Met, Place};
use crate::divergence::Severity;
use crate::variation::{Change, Condition, Effect, Position, Reply, Variation, is_unsettled, positional, words_like};
use mmapcheck_spec::{
    Arg, Changes, Domain, End, ObjectKind, Op, Outcome, Profile, Raise, Rule, Step, Value, constants,
};

/// An effect to try, and the step of the finding's case that would have it.
pub(super) struct Candidate {
    pub(super) place: Place,
    /// The operations that would have it, that of the step among them.
    pub(super) ops: Vec<Op>,
    pub(super) effect: Effect,
}

/// The operations that exported buffers stop.
const STOPPED: [Op; 5] = [Op::Close, Op::Resize, Op::Exit, Op::With, Op::WithRaise];

impl Candidate {
    fn new(step: &Step, place: Place, effect: Effect) -> Candidate {
        let ops = if effect == Effect::IgnoresExports { STOPPED.to_vec() } else { vec![step.op] };
        Candidate { place, ops, effect }
    }

    /// The variation that has the effect under these conditions.
    pub(super) fn under(&self, when: Vec<Condition>) -> Variation {
        Variation { ops: self.ops.clone(), when, effect: self.effect.clone() }
    }

    /// Without the message of an exception, where messages do not count.
    fn at_severity(mut self, least: Severity) -> Candidate {
        if let (Effect::Raises { message, .. }, true) = (&mut self.effect, least > Severity::Message) {
            message.clear();
        }
        self
    }
}

/// The effects to try for a divergence in a step, from the plainest on: effects of that step, then those of earlier steps that
/// show late.
pub(super) fn of(evidence: &Evidence, at: usize, profile: Profile, least: Severity) -> Vec<Candidate> {
    let rules = Rule::ALL.into_iter().map(|rule| Effect::Rule { rule: rule.to_string(), holds: !profile.has(rule) });
    let everywhere = rules.chain([Effect::IsSubclass]);
    let in_steps = at.min(evidence.steps.len().saturating_sub(1));
    let Some(own) = evidence.steps.get(in_steps) else { return Vec::new() };
    let mut last = Vec::new();
    let step_at = |at| Place { at, in_callback: false };
    let mut all: Vec<_> = everywhere.map(|effect| Candidate::new(&own.step, step_at(in_steps), effect)).collect();
    if let (Some(met), Some(actual)) = (evidence.steps.get(at), evidence.seen.actual.steps.get(at)) {
        last.extend(is_unsettled(&met.step).then(|| Candidate::new(&met.step, step_at(at), Effect::Unforeseen)));
        // Nothing else says why a process dies there.
        if actual.result.is_err() && !last.is_empty() {
            return last;
        }
        let in_callback = Place { at, in_callback: true };
        // An exception of a callback is that of the step: the one that it should raise, or the one that was seen.
        let raises = |inner: &&Met| matches!(inner.answer, Outcome::Raised(_)) && inner.answer == met.answer;
        let is_raised = matches!(&actual.result, Ok(seen @ Outcome::Raised(_)) if *seen != met.answer);
        let may_raise = |inner: &&Met| raises(inner) || is_raised;
        let inner = evidence.met(in_callback).filter(may_raise).map(|inner| (inner, in_callback));
        for (met, place) in inner.into_iter().chain([(met, step_at(at))]) {
            let effects = effects(&met.step, &met.answer, &actual.result);
            all.extend(effects.into_iter().map(|effect| Candidate::new(&met.step, place, effect)));
        }
    }
    // A rule is about much more than the one answer that an effect of its own explains as well.
    // An effect of its own says the same as one rule.
    let local = Rule::ALL.into_iter().filter(|rule| *rule != Rule::MethodsConvertFirst);
    let local = local.map(|rule| (rule.to_string(), !profile.has(rule)));
    let local = local.map(|(rule, holds)| Effect::LocalRule { rule, holds });
    all.extend(local.map(|effect| Candidate::new(&own.step, step_at(in_steps), effect)));
    for (at, met) in evidence.steps.iter().enumerate().take(at).rev() {
        let flags = met.step.args.iter().flat_map(|passed| flags(&passed.arg)).map(Effect::Does);
        // Any other change would show in the step itself.
        let row = met.step.op.row();
        let shows_late = row.changes == Changes::Nothing && row.binds.is_none();
        let nothing = shows_late.then_some(Effect::DoesNothing);
        all.extend(flags.chain(nothing).map(|effect| Candidate::new(&met.step, step_at(at), effect)));
    }
    all.into_iter().chain(last).map(|candidate| candidate.at_severity(least)).collect()
}

/// The effects that a step may have had which should give one answer and gave another.
fn effects(step: &Step, expected: &Outcome, actual: &Result<Outcome, End>) -> Vec<Effect> {
    let is_stopped = matches!(expected, Outcome::Raised(rule) if rule.class == "BufferError");
    let unstopped = (is_stopped && STOPPED.contains(&step.op)).then_some(Effect::IgnoresExports);
    let of_answer = match (expected, actual) {
        (_, Err(end)) => vec![Effect::Ends(end.clone())],
        (Outcome::Raised(rule), Ok(Outcome::Raised(raise))) if rule == raise => Vec::new(),
        (Outcome::Raised(rule), Ok(Outcome::Raised(raise))) => {
            [Effect::CountFirst, Effect::ArgumentsFirst].into_iter().chain(of_exceptions(step, rule, raise)).collect()
        }
        (_, Ok(Outcome::Raised(raise))) => vec![raises(raise)],
        (_, Ok(Outcome::Value(value))) => {
            // A step that should raise and returns has done nothing, as far as can be seen.
            let returns = returns(value).filter(|_| matches!(expected, Outcome::Raised(_)));
            // A number that is too large, and is taken for one that fits.
            let is_overflow = matches!(expected, Outcome::Raised(raise) if raise.class == "OverflowError");
            let places = (0..positional(step)).filter(|_| is_overflow);
            let clamped =
                places.filter(|place| takes_number(step, *place)).map(|place| Effect::Does(Change::Clamps(place)));
            clamped.chain(returns).chain(of_value(step, expected, value)).collect()
        }
    };
    let is_refused = step.op == Op::Resize && matches!(expected, Outcome::Raised(_));
    let emptied = (is_refused && matches!(actual, Ok(Outcome::Value(Value::None)))).then_some(Effect::Empties);
    let mut all: Vec<_> = emptied.into_iter().chain(unstopped).chain(of_answer).collect();
    all.extend([Position::Before, Position::Start, Position::End].map(Effect::Positions));
    all.push(Effect::DoesNothing);
    all.extend(changes(step).into_iter().map(Effect::Does));
    if let (Outcome::Value(_), Ok(Outcome::Value(value))) = (expected, actual) {
        all.extend(returns(value));
    }
    // That another operation does the same is often a coincidence.
    all.extend(others(step.op).map(Change::Op).map(Effect::Does));
    all
}

fn returns(value: &Value) -> Option<Effect> {
    Some(Effect::Returns(value.clone())).filter(|_| !matches!(value, Value::List(_) | Value::Tuple(_)))
}

fn raises(raise: &Raise) -> Effect {
    Effect::Raises { class: raise.class.to_string(), message: raise.message.to_string(), errno: raise.errno }
}

fn of_exceptions(step: &Step, rule: &Raise, raise: &Raise) -> Vec<Effect> {
    vec![
        Effect::Answers(Reply::Class(raise.class.to_string())),
        Effect::Answers(Reply::Words(words_like(&raise.message, &rule.message, step))),
        Effect::Answers(Reply::Errno(raise.errno)),
        raises(raise),
    ]
}

fn of_value(step: &Step, expected: &Outcome, value: &Value) -> Vec<Effect> {
    let places = [Reply::PositionAfter, Reply::Position, Reply::Length];
    let mut replies = match (expected, value) {
        (Outcome::Value(Value::Int(rule)), Value::Int(given)) => {
            let from_arguments = (0..step.args.len()).map(Reply::FromArgument);
            let others = from_arguments.chain([Reply::Plus(given - rule)]);
            [Reply::SignedByte].into_iter().chain(places).chain([Reply::FromPosition]).chain(others).collect()
        }
        (_, Value::Int(_)) => [Reply::Numbers].into_iter().chain(places).collect(),
        (Outcome::Value(Value::Bytes(_)), Value::Bytes(given)) => {
            vec![Reply::Chomped, Reply::ToZero, Reply::First(given.len())]
        }
        (Outcome::Value(_), _) => vec![Reply::Not, Reply::Truth, Reply::Numbers, Reply::Bytes],
        (Outcome::Raised(_), _) => vec![],
    };
    // A value made of what the step meets is rarer by chance than a constant, but for the two truth values.
    let at = if matches!(value, Value::Bool(_)) { 0 } else { replies.len() };
    replies.insert(at, Reply::Is(value.clone()));
    replies.into_iter().map(Effect::Answers).collect()
}

/// Whether the argument at a place is for a number of bytes, or a place in a map.
fn takes_number(step: &Step, place: usize) -> bool {
    let domain = step.op.row().params.get(place).map(|param| param.domain);
    domain.is_some_and(Domain::is_in_bytes)
}

/// Widths of the types of C, in bits.
const WIDTHS: [u8; 5] = [64, 32, 31, 16, 8];

fn changes(step: &Step) -> Vec<Change> {
    if step.callback().is_some() {
        return vec![Change::WithoutCallback];
    }
    let positional = positional(step);
    let places = 0..step.op.row().params.len().max(positional);
    let keywords = step.args.iter().filter_map(|passed| passed.keyword);
    let mut all = vec![Change::WithoutForeign, Change::WideInts];
    all.extend(keywords.map(|word| Change::Without(word.to_owned())));
    let is_optional = |place: usize| step.op.row().params.get(place).is_none_or(|param| !param.needed);
    let domain = |place: usize| step.op.row().params.get(place).map_or(Domain::Other, |param| param.domain);
    all.extend(places.clone().flat_map(|place| of_argument(place, domain(place), is_optional(place))));
    let has_more = positional < step.op.row().params.len();
    all.extend([0, -1].map(|number| Change::Default(positional, number)).into_iter().filter(|_| has_more));
    // Without an argument that is needed, a step raises a TypeError for many reasons.
    let needed = step.op.row().params.iter().filter(|param| param.needed).count();
    all.extend(places.clone().filter(|place| *place >= needed).map(Change::Before));
    let pairs = places.clone().flat_map(|a| (0..a).map(move |b| (b, a)));
    all.extend(pairs.filter(|(b, a)| domain(*b) == domain(*a)).map(|(b, a)| Change::Swapped(b, a)));
    all.extend(step.args.iter().flat_map(|passed| flags(&passed.arg)));
    all
}

/// The changes of an argument that make sense for its purpose: others explain by coincidence.
fn of_argument(place: usize, domain: Domain, is_optional: bool) -> Vec<Change> {
    let wraps = || WIDTHS.into_iter().flat_map(|bits| [false, true].map(|signed| Change::Wraps(place, bits, signed)));
    let mut all: Vec<_> = is_optional.then_some(Change::AsMissing(place)).into_iter().collect();
    all.extend(numbers(domain).iter().map(|number| Change::Number(place, *number)));
    all.extend(is_optional.then_some(Change::None(place)));
    all.push(Change::AsNumber(place));
    match domain {
        _ if domain.is_in_bytes() => {
            all.extend([Change::Clamps(place), Change::ClampsToLast(place), Change::Absolute(place)]);
            all.push(Change::FromPosition(place));
            all.extend(wraps().chain([1, -1].map(|more| Change::Plus(place, more))));
        }
        Domain::Byte => all.extend([Change::AsByte(place)].into_iter().chain(wraps())),
        Domain::Needle | Domain::Source => {
            all.extend([Change::AsBytes(place), Change::CutToRoom(place), Change::AsOneByte(place)]);
            all.extend([Change::AsEmpty(place), Change::WithoutStride(place)]);
            all.push(Change::Reversed(place));
        }
        // The arguments of an operator: what they are for depends on their types.
        Domain::Other => all.extend([Change::AsBytes(place), Change::AsOneByte(place)]),
        Domain::Whence | Domain::Truth | Domain::Advice | Domain::Sync => all.extend(wraps()),
        _ => {}
    }
    all
}

/// The numbers that an argument for this purpose may be taken for.
fn numbers(domain: Domain) -> &'static [i128] {
    match domain {
        _ if domain.is_in_bytes() => &[0, 1, -1],
        Domain::Whence | Domain::Truth | Domain::Advice | Domain::Sync => &[0, 1, -1],
        Domain::Byte | Domain::Flags | Domain::Prot | Domain::Access => &[0],
        Domain::Descriptor => &[-1],
        _ => &[],
    }
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

/// The operations on maps that can be done in place of another: those with arguments for the same purposes.
fn others(op: Op) -> impl Iterator<Item = Op> {
    let domains = |op: Op| op.row().params.iter().map(|param| param.domain);
    let takes_as_much = move |other: Op| domains(other).eq(domains(op));
    let fits = move |other: &Op| {
        let row = other.row();
        let on_maps = row.on == ObjectKind::Map && op.row().on == ObjectKind::Map;
        *other != op && on_maps && row.binds.is_none() && !row.params.is_empty() && takes_as_much(*other)
    };
    Op::ALL.iter().copied().filter(fits)
}
