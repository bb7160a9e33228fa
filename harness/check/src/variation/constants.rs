//! Constants that a module lacks, or has with another value than the system.

use mmapcheck_spec::{Arg, Op, Outcome, Profile, Raise, Step, Value, constants};
use serde::{Deserialize, Serialize};

/// A constant that a module has otherwise than its profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnConstant {
    /// Its place in [`constants::ALL`].
    pub place: u8,
    /// Its value in the profile; none if the profile has no such constant.
    pub right: Option<i128>,
    /// Its value in the module; none if the module lacks it.
    pub own: Option<i128>,
}

impl OwnConstant {
    /// Those constants that a step looks up in the module, and whose outcome is not that of the profile.
    pub fn seen<'a>(steps: impl IntoIterator<Item = (&'a Step, &'a Outcome)>, profile: Profile) -> Vec<OwnConstant> {
        let mut all: Vec<OwnConstant> = Vec::new();
        for (step, outcome) in steps {
            let (Some([place]), Some(own)) = (looked_up(step), value(outcome)) else { continue };
            let one = OwnConstant { place: *place, right: right(*place, profile), own };
            if one.own != one.right && !all.contains(&one) {
                all.push(one);
            }
        }
        all.sort_by_key(|one| one.place);
        all
    }

    fn name(&self) -> String {
        constants::ALL.get(usize::from(self.place)).map_or_else(String::new, |one| format!("`{}`", one.name()))
    }
}

/// The constants that a step looks up in the module.
fn looked_up(step: &Step) -> Option<&[u8]> {
    match step.args.first().map(|passed| &passed.arg) {
        Some(Arg::Flags(places)) if step.op == Op::Constant => Some(places),
        _ => None,
    }
}

/// The value that was looked up, or none if the module lacks it. `None` for any other outcome.
fn value(outcome: &Outcome) -> Option<Option<i128>> {
    match outcome {
        Outcome::Value(Value::Int(value) | Value::Long(value)) => Some(Some(*value)),
        Outcome::Raised(raise) if raise.class == "AttributeError" => Some(None),
        _ => None,
    }
}

fn right(place: u8, profile: Profile) -> Option<i128> {
    let constant = constants::ALL.get(usize::from(place)).filter(|one| profile.has_constant(**one))?;
    profile.facts().value(*constant).map(i128::from)
}

fn of(all: &[OwnConstant], place: u8) -> Option<&OwnConstant> {
    all.iter().find(|one| one.place == place)
}

/// The outcome of a look-up in a module with these constants; none if it is about no such constant.
pub(super) fn outcome(all: &[OwnConstant], step: &Step, profile: Profile) -> Option<Outcome> {
    let places = looked_up(step)?;
    places.iter().find(|place| of(all, **place).is_some())?;
    let mut bits = 0;
    for &place in places {
        match of(all, place).map_or_else(|| right(place, profile), |one| one.own) {
            Some(value) => bits |= value,
            None => {
                let module = if profile.module_refusal_names_module() { "module 'mmap'" } else { "'module' object" };
                let name = constants::ALL.get(usize::from(place))?.name();
                let message = format!("{module} has no attribute '{name}'");
                return Some(Outcome::Raised(Raise::new("AttributeError", message)));
            }
        }
    }
    Some(Outcome::Value(Value::Int(bits)))
}

/// A step that passes such constants, with the numbers that the module has for them; none if it passes none.
pub(super) fn replaced(all: &[OwnConstant], step: &Step, profile: Profile) -> Option<Step> {
    let own = |place: u8| of(all, place).and_then(|one| one.own);
    let facts = profile.facts();
    let in_session = |place: u8| {
        constants::ALL.get(usize::from(place)).map_or(0, |constant| facts.value_in_session(*constant).into())
    };
    let mut changed = None;
    for (at, passed) in step.args.iter().enumerate().filter(|_| step.op != Op::Constant) {
        if let Arg::Flags(places) = &passed.arg
            && places.iter().any(|place| own(*place).is_some())
        {
            let bits = places.iter().fold(0, |bits, place| bits | own(*place).unwrap_or_else(|| in_session(*place)));
            changed.get_or_insert_with(|| step.clone()).args[at].arg = Arg::int(bits);
        }
    }
    changed
}

/// These constants as a verb with its objects, of which the module is the subject.
pub(super) fn predicate(all: &[OwnConstant]) -> String {
    let names = |is_one: &dyn Fn(&&OwnConstant) -> bool| -> Vec<String> {
        all.iter().filter(is_one).map(OwnConstant::name).collect()
    };
    let missing = names(&|one| one.own.is_none());
    let more = names(&|one| one.right.is_none() && one.own.is_some());
    let mut parts = Vec::new();
    if !missing.is_empty() {
        parts.push(format!("lacks {}", missing.join(", ")));
    }
    for one in all {
        if let (Some(right), Some(own)) = (one.right, one.own) {
            parts.push(format!("has {own} and not {right} for {}", one.name()));
        }
    }
    if !more.is_empty() {
        parts.push(format!("has {}, which this version lacks", more.join(", ")));
    }
    parts.join("; it ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use mmapcheck_spec::constants::{ACCESS_READ, MADV_FREE, MAP_POPULATE, PROT_READ, PROT_WRITE};

    const PROFILE: Profile = Profile::cpython(3, 9, 18);

    fn look(places: &[u8]) -> Step {
        Step::new(Op::Constant, 0, [Arg::Flags(places.into())])
    }

    fn wrong() -> Vec<OwnConstant> {
        let steps = [PROT_READ, PROT_WRITE, MADV_FREE, MAP_POPULATE].map(|one| look(&[one.place()]));
        let missing = Outcome::Raised(Raise::new("AttributeError", ""));
        let outcomes = [2, 2].map(|value| Outcome::Value(Value::Int(value))).into_iter().chain([missing]);
        let outcomes: Vec<_> = outcomes.chain([Outcome::Value(Value::Int(32768))]).collect();
        OwnConstant::seen(steps.iter().zip(&outcomes), PROFILE)
    }

    #[test]
    fn constants_are_said_in_one_sentence() {
        let text =
            "lacks `MADV_FREE`; it has 2 and not 1 for `PROT_READ`; it has `MAP_POPULATE`, which this version lacks";
        assert_eq!(predicate(&wrong()), text);
    }

    #[test]
    fn a_module_with_other_constants_answers_with_them_and_passes_them() {
        let of = |places: &[u8]| outcome(&wrong(), &look(places), PROFILE);
        assert_eq!(of(&[PROT_WRITE.place()]), None);
        assert_eq!(of(&[PROT_READ.place(), ACCESS_READ.place()]), Some(Outcome::Value(Value::Int(3))));
        assert!(matches!(of(&[MADV_FREE.place()]), Some(Outcome::Raised(raise)) if raise.class == "AttributeError"));
        let map = |place: u8| Step::new(Op::New, 0, [Arg::int(-1), Arg::int(3), Arg::Flags([place][..].into())]);
        let passed = replaced(&wrong(), &map(PROT_READ.place()), PROFILE);
        assert_eq!(passed.map(|step| step.args[2].arg.clone()), Some(Arg::int(2)));
        assert_eq!(replaced(&wrong(), &map(MADV_FREE.place()), PROFILE), None);
    }
}
