//! The order in which a method makes its checks, as the reference answers calls that break two rules at once.

use crate::oracle::{AnswerOptions, Oracle};
use mmapcheck_spec::{
    Arg, Case, Detail, Domain, FileSpec, Implementation, Mode, ObjectKind, Op, Outcome, Param, PassedArg, Profile,
    Raise, Step, TargetError, Version, World, WrongType, constants,
};

/// A check that a method can make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Check {
    /// The number of arguments.
    Count,
    /// Whether the map is closed.
    Closed,
    /// The type of the first argument.
    Kind,
    /// Whether the map can be written.
    Access,
}

impl Check {
    const ALL: [Check; 4] = [Check::Count, Check::Closed, Check::Kind, Check::Access];

    fn words(self) -> &'static str {
        match self {
            Check::Count => "the number of arguments",
            Check::Closed => "whether the map is closed",
            Check::Kind => "the type of the first argument",
            Check::Access => "whether the map can be written",
        }
    }
}

/// The checks of a method in their order, each with the class that it raises, for each range of versions that share them.
pub(super) fn orders(op: Op) -> Result<Vec<(String, String)>, TargetError> {
    let mut found: Vec<(Version, Version, String)> = Vec::new();
    for version in Version::known() {
        let profile = Profile::new(Implementation::CPython, version, Profile::NEWEST.platform());
        if !op.row().there.in_version(profile) {
            continue;
        }
        let checks = checks(op, profile)?;
        let words = checks.iter().map(|(check, raise)| format!("{} (`{}`)", check.words(), raise.class));
        let words = words.collect::<Vec<_>>().join(", then ");
        match found.last_mut() {
            Some((_, last, known)) if *known == words => *last = version,
            _ => found.push((version, version, words)),
        }
    }
    let range = |first: Version, last: Version| match first == last {
        true => format!("Python {}", first.series()),
        false => format!("Python {} to {}", first.series(), last.series()),
    };
    Ok(found.into_iter().map(|(first, last, words)| (range(first, last), words)).collect())
}

/// The checks that a method makes, in their order.
pub(super) fn checks(op: Op, profile: Profile) -> Result<Vec<(Check, Raise)>, TargetError> {
    let mut oracle = Oracle::new(profile)?;
    let mut raises = |wrong: &[Check]| raised(&mut oracle, call(op, wrong));
    let alone: Vec<_> =
        Check::ALL.into_iter().map(|check| Ok((check, raises(&[check])?))).collect::<Result<_, TargetError>>()?;
    let mut made: Vec<(Check, Raise)> = alone.into_iter().filter_map(|(check, raise)| Some((check, raise?))).collect();
    let mut wins = Vec::new();
    for (check, raise) in &made {
        let mut count = 0;
        for (other, _) in made.iter().filter(|(other, _)| other != check) {
            count += usize::from(raises(&[*check, *other])?.as_ref() == Some(raise));
        }
        wins.push((*check, count));
    }
    let rank = |check: &Check| wins.iter().find(|(known, _)| known == check).map_or(0, |(_, count)| *count);
    made.sort_by_key(|(check, _)| std::cmp::Reverse(rank(check)));
    Ok(made)
}

/// The cases by which the order of the checks is known: for every method, calls that are wrong in one or two respects.
#[must_use]
pub fn cases() -> Vec<Case> {
    let methods = Op::ALL.iter().copied().filter(|op| op.row().on == ObjectKind::Map && op.row().is_call());
    let pairs = Check::ALL.into_iter().flat_map(|one| Check::ALL.map(|other| [one, other]));
    let pairs: Vec<_> = pairs.collect();
    methods.flat_map(|op| pairs.iter().map(move |wrong| call(op, wrong))).collect()
}

/// A call of a method that is wrong in these respects.
pub(super) fn call(op: Op, wrong: &[Check]) -> Case {
    let has = |check| wrong.contains(&check);
    let access = constants::place(if has(Check::Access) { "ACCESS_READ" } else { "ACCESS_WRITE" });
    let access = Arg::Flags(access.into_iter().collect());
    let mut open = Step::new(Op::New, 0, [Arg::Fd(0), Arg::int(0)]);
    open.args.push(PassedArg::named("access", access));
    let by_place = || op.row().params.iter().filter(|param| !param.by_name);
    let mut args: Vec<Arg> = by_place().filter(|param| param.needed || has(Check::Count)).map(right).collect();
    if has(Check::Kind) && by_place().next().is_some() {
        let wrong_type = Arg::WrongType(WrongType::Object);
        if args.is_empty() { args.push(wrong_type) } else { args[0] = wrong_type }
    }
    if has(Check::Count) {
        args.push(Arg::int(0));
    }
    let close = has(Check::Closed).then(|| Step::new(Op::Close, 0, []));
    let steps = [Some(open), close, Some(Step::new(op, 0, args))].into_iter().flatten().collect();
    let file = FileSpec { bytes: b"0123456789".to_vec(), mode: Mode::New };
    Case::new(World { files: vec![file] }, steps)
}

/// A valid argument for a parameter.
fn right(param: &Param) -> Arg {
    match param.domain {
        Domain::Text => Arg::text("text"),
        Domain::Byte => Arg::int(97),
        Domain::NewSize => Arg::int(10),
        Domain::Other => Arg::None,
        Domain::Advice => Arg::Flags(constants::place("MADV_NORMAL").into_iter().collect()),
        domain if domain.is_bytes() => Arg::bytes(b"a"),
        _ => Arg::int(0),
    }
}

/// The exception of the last step of a case; none if it returns.
fn raised(oracle: &mut Oracle, case: Case) -> Result<Option<Raise>, TargetError> {
    let answered = oracle.answer(case, &AnswerOptions::new(Detail::Quick))?;
    let last = answered.expected.steps.last().map(|step| &step.result);
    Ok(match last {
        Some(Ok(Outcome::Raised(raise))) => Some(raise.clone()),
        _ => None,
    })
}
