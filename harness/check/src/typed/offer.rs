//! The part of the calls that one mapping type has.

use super::call::{Access, Call, access};
use mmapcheck_spec::constants::{ACCESS_COPY, ACCESS_READ, Constant};
use mmapcheck_spec::{Arg, Base, BytesLike, ConstructorParam, Num, Op, PassedArg, Step};
use serde::{Deserialize, Serialize};

/// A form of a call that a type may lack although it has the operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Form {
    /// A map of a file whose writes reach the file.
    Writable,
    /// A map without a file.
    Anonymous,
    /// A map that can be read only.
    ReadOnly,
    /// A map whose writes do not reach the file.
    Private,
    /// A map of so many bytes of a file.
    Part,
    /// A map that begins behind the start of a file.
    Offset,
    /// A resize to a greater length.
    Grow,
    /// A resize to a smaller length.
    Shrink,
}

impl Form {
    /// Every form, with the words for it.
    pub const ALL: [(Form, &'static str); 8] = [
        (Form::Writable, "writable maps of files"),
        (Form::Anonymous, "maps without a file"),
        (Form::ReadOnly, "read-only maps"),
        (Form::Private, "private maps"),
        (Form::Part, "maps of a part of a file"),
        (Form::Offset, "maps with an offset"),
        (Form::Grow, "growth"),
        (Form::Shrink, "shrinking"),
    ];

    /// The forms of maps of files, each with the argument for it; none for the default.
    #[must_use]
    pub fn of_files() -> [(Form, Option<PassedArg>); 3] {
        let named = |constant: Constant| {
            let arg = Arg::Flags([constant.place()].into_iter().collect());
            Some(PassedArg::named(ConstructorParam::Access.name(), arg))
        };
        [(Form::Writable, None), (Form::Private, named(ACCESS_COPY)), (Form::ReadOnly, named(ACCESS_READ))]
    }
}

/// The calls that a mapping type has. Only steps that are such calls, and steps on files, are generated for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The operations of [`Call::OPS`] that the type has.
    pub ops: Vec<Op>,
    /// The forms that it has.
    pub forms: Vec<Form>,
}

/// The value of a symbolic number while only the form of a step matters, in bytes.
const SOME: u64 = 64;

impl Offer {
    /// Whether the type can take a step: `Err` with the part that it lacks.
    ///
    /// # Errors
    /// Where it cannot: what is missing, as a noun.
    pub fn check(&self, step: &Step) -> Result<(), String> {
        if step.op.is_of_files() && !step.args.iter().any(|given| matches!(given.arg, Arg::Map(_))) {
            return Ok(());
        }
        if !Call::OPS.contains(&step.op) || !self.ops.contains(&step.op) {
            return Err(format!("`{}`", step.op));
        }
        let mut plain = step.clone();
        plain.resolve(&mut |_, _| SOME);
        let call = Call::of(&plain).ok_or_else(|| format!("arguments of `{}` without a typed form", step.op))?;
        let missing = Form::ALL.iter().find(|(form, _)| needs(step, &call, *form) && !self.forms.contains(form));
        missing.map_or(Ok(()), |(_, words)| Err((*words).to_owned()))
    }

    /// The step in a form that the type can take, with the same meaning where Python has several forms for it. `None` where it
    /// has none.
    #[must_use]
    pub fn fit(&self, step: Step) -> Option<Step> {
        if self.check(&step).is_ok() {
            return Some(step);
        }
        let mut plain = step;
        for given in &mut plain.args {
            given.arg = typed(std::mem::replace(&mut given.arg, Arg::None).without_callback(), plain.op);
        }
        if self.check(&plain).is_err() && plain.op == Op::New {
            self.fit_map(&mut plain);
        }
        self.check(&plain).is_ok().then_some(plain)
    }

    /// The access that a map has where a step names none: the first that the type offers; `None` for a writable map, the default.
    #[must_use]
    pub fn own_access(&self) -> Option<PassedArg> {
        Form::of_files().into_iter().find(|(form, _)| self.forms.contains(form))?.1
    }

    /// Leaves a constructor call only the arguments that the type offers.
    fn fit_map(&self, step: &mut Step) {
        let passed = |param| step.passed(param).cloned();
        let (file, len) = (passed(ConstructorParam::Fileno), passed(ConstructorParam::Length).unwrap_or(Arg::int(0)));
        let has = |form| self.forms.contains(&form);
        let maps_files = Form::of_files().into_iter().any(|(form, _)| has(form));
        let file = match file {
            Some(Arg::Fd(file)) if maps_files => file,
            _ if !has(Form::Anonymous) => 0,
            _ => {
                let len = if number_of(&len) == 0 { Arg::int(SOME.into()) } else { len };
                step.args = [Arg::int(-1), len].map(PassedArg::plain).into_iter().collect();
                return;
            }
        };
        let offers = |access| match access {
            Access::Write => has(Form::Writable),
            Access::Copy => has(Form::Private),
            Access::Read => has(Form::ReadOnly),
        };
        let mode = passed(ConstructorParam::Access).filter(|arg| access(arg).is_some_and(offers));
        let named = |param: ConstructorParam, arg| PassedArg::named(param.name(), arg);
        let mode = mode.map(|arg| named(ConstructorParam::Access, arg)).or_else(|| self.own_access());
        let offset = passed(ConstructorParam::Offset).filter(|_| has(Form::Offset));
        let offset = offset.map(|arg| named(ConstructorParam::Offset, arg));
        let len = if has(Form::Part) { len } else { Arg::int(0) };
        step.args = [Arg::Fd(file), len].map(PassedArg::plain).into_iter().chain(mode).chain(offset).collect();
    }
}

/// The number of an argument, or 0 for an argument without a number.
fn number_of(arg: &Arg) -> i128 {
    arg.number().map_or(0, |num| if num.base == Base::Zero { num.plus } else { SOME.into() })
}

/// Whether a call has a form. A resize to a plain number may do either.
fn needs(step: &Step, call: &Call, form: Form) -> bool {
    let change = step.args.first().and_then(|given| given.arg.number()).filter(|num| num.base == Base::Len);
    match (form, call) {
        (Form::Anonymous, Call::Anonymous(_)) => true,
        (Form::Writable, Call::Map { access, .. }) => *access == Access::Write,
        (Form::ReadOnly, Call::Map { access, .. }) => *access == Access::Read,
        (Form::Private, Call::Map { access, .. }) => *access == Access::Copy,
        (Form::Part, Call::Map { len, .. }) => len.is_some(),
        (Form::Offset, Call::Map { offset, .. }) => *offset > 0,
        (Form::Grow, Call::Resize(_)) => change.is_none_or(|num| num.plus > 0),
        (Form::Shrink, Call::Resize(_)) => change.is_none_or(|num| num.plus < 0),
        _ => false,
    }
}

/// The plain form of an argument with the same meaning: a number for an object that converts to one, bytes for a carrier of bytes.
/// Only the distance of a seek can be negative.
fn typed(arg: Arg, op: Op) -> Arg {
    let signed = op == Op::Seek;
    match arg {
        Arg::Index(num) | Arg::OfInt(_, num) | Arg::Int(num) => {
            Arg::Int(Num { plus: if signed { num.plus } else { above(num) }, ..num })
        }
        Arg::Bool(value) => Arg::int(value.into()),
        Arg::Bytes(carrier, bytes) => Arg::Bytes(BytesLike::Bytes, carrier.content(&bytes).into_owned()),
        arg => arg,
    }
}

/// The number added to a base, so that the sum is not negative: a length is seldom so short.
fn above(num: Num) -> i128 {
    if matches!(num.base, Base::Zero | Base::Len) { num.plus } else { num.plus.max(0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::choices::seeded;
    use crate::generate::{GeneratorOptions, generate};
    use mmapcheck_spec::Profile;
    use std::collections::HashSet;

    fn everything() -> Offer {
        Offer { ops: Call::OPS.to_vec(), forms: Form::ALL.map(|(form, _)| form).to_vec() }
    }

    fn generated(offer: &Offer) -> Vec<Step> {
        let options = GeneratorOptions { offer: Some(offer.clone()), ..GeneratorOptions::all(Profile::NEWEST) };
        (0..3000).flat_map(|case| generate(&mut seeded(3, case), &options).into_draft().steps).collect()
    }

    #[test]
    fn every_operation_of_a_type_that_has_all_is_generated_and_no_other() {
        let steps = generated(&everything());
        let seen: HashSet<Op> = steps.iter().map(|step| step.op).collect();
        assert!(Call::OPS.iter().all(|op| seen.contains(op)), "{seen:?}");
        for step in &steps {
            assert_eq!(everything().check(step), Ok(()), "{step:?}");
        }
        assert!(!seen.contains(&Op::View) && !seen.contains(&Op::Fork) && !seen.contains(&Op::LimitOpen));
    }

    #[test]
    fn a_form_that_a_type_lacks_is_never_generated_and_all_others_are() {
        for (lacking, words) in Form::ALL {
            let mut offer = everything();
            offer.forms.retain(|form| *form != lacking);
            let steps = generated(&offer);
            let met = |form| {
                let mut calls = steps.iter().filter_map(|step| {
                    let mut plain = step.clone();
                    plain.resolve(&mut |_, _| SOME);
                    Some((step, Call::of(&plain)?))
                });
                calls.any(|(step, call)| needs(step, &call, form))
            };
            for (form, other) in Form::ALL {
                assert_eq!(met(form), form != lacking, "{other}, without {words}");
            }
        }
    }

    #[test]
    fn an_operation_that_a_type_lacks_is_never_generated() {
        let offer = Offer { ops: vec![Op::New, Op::Len, Op::GetItem], forms: vec![Form::Writable] };
        let ours = |op: Op| op.is_of_files() || offer.ops.contains(&op);
        let steps = generated(&offer);
        assert!(steps.iter().all(|step| ours(step.op)) && steps.iter().any(|step| step.op == Op::GetItem));
    }

    #[test]
    fn what_has_no_typed_form_is_named() {
        let says = |step: &Step| everything().check(step);
        let view = Step::new(Op::View, 0, []);
        assert_eq!(says(&view), Err("`memoryview`".into()));
        let negative = Step::new(Op::GetItem, 0, [Arg::int(-1)]);
        assert_eq!(says(&negative), Err("arguments of `getitem` without a typed form".into()));
        let offer = Offer { ops: vec![Op::New], forms: vec![Form::Writable] };
        let anonymous = Step::new(Op::New, 0, [Arg::int(-1), Arg::int(8)]);
        assert_eq!(offer.check(&anonymous), Err("maps without a file".into()));
    }
}
