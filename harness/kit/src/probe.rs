//! The probe: each method and form is called once, and one that says that it is not here is never tested.

use crate::outcome::NOT_HERE;
use mmapcheck::typed::{Call, Form, Offer};
use mmapcheck::worker::Worker;
use mmapcheck_spec::{
    Arg, Case, ConstructorParam, Detail, End, FileSpec, Mode, Op, PassedArg, Step, TargetError, World,
};

/// Finds the offer of a type. A method that fails, panics, hangs or kills the process is here.
///
/// # Errors
/// If the type makes no map at all, or the worker cannot be used.
pub fn probe(worker: &mut dyn Worker) -> Result<Offer, TargetError> {
    let page = i128::from(worker.info().page);
    let mut offer = Offer::default();
    for (form, arg) in Form::of_files() {
        if is_here(worker, vec![map(Arg::Fd(0), 0, arg)])? {
            offer.forms.push(form);
        }
    }
    let maps_files = !offer.forms.is_empty();
    let own = offer.own_access();
    let anonymous = map(Arg::int(-1), page + 12, None);
    if is_here(worker, vec![anonymous.clone()])? {
        offer.forms.push(Form::Anonymous);
    }
    let base = match maps_files {
        true => map(Arg::Fd(0), 0, own.clone()),
        false if offer.forms.is_empty() => {
            return Err(TargetError(format!("{} offers neither `map` nor `anonymous`", worker.info().name)));
        }
        false => anonymous,
    };
    let offset = PassedArg::named(ConstructorParam::Offset.name(), Arg::int(page));
    let parts = [
        (Form::Part, map(Arg::Fd(0), 5, own.clone())),
        (Form::Offset, map(Arg::Fd(0), 0, own.into_iter().chain([offset]))),
    ];
    for (form, new) in parts.into_iter().filter(|_| maps_files) {
        if is_here(worker, vec![new])? {
            offer.forms.push(form);
        }
    }
    let mut forms = offer.forms;
    for (form, len) in [(Form::Grow, page + 24), (Form::Shrink, 6)] {
        if is_here(worker, vec![base.clone(), Step::new(Op::Resize, 0, [Arg::int(len)])])? {
            forms.push(form);
        }
    }
    let mut ops = vec![Op::New, Op::Len, Op::Drop];
    for op in Call::OPS.into_iter().filter(|op| !matches!(op, Op::New | Op::Len | Op::Drop | Op::Resize)) {
        if is_here(worker, vec![base.clone(), Step::new(op, 0, args(op))])? {
            ops.push(op);
        }
    }
    if forms.contains(&Form::Grow) || forms.contains(&Form::Shrink) {
        ops.push(Op::Resize);
    }
    if !ops.contains(&Op::Tell) {
        ops.retain(|op| !POSITIONED.contains(op));
    }
    Ok(Offer { ops, forms })
}

/// The operations that use the position.
const POSITIONED: [Op; 6] = [Op::Seek, Op::Read, Op::ReadByte, Op::ReadLine, Op::Write, Op::WriteByte];

/// A constructor call with a descriptor, a length and named arguments.
fn map(file: Arg, len: i128, named: impl IntoIterator<Item = PassedArg>) -> Step {
    let mut step = Step::new(Op::New, 0, [file, Arg::int(len)]);
    step.args.extend(named);
    step
}

/// Arguments that suit the operation.
fn args(op: Op) -> Vec<Arg> {
    match op {
        Op::Seek | Op::Read | Op::GetItem => vec![Arg::int(1)],
        Op::Write => vec![Arg::bytes(b"ab")],
        Op::WriteByte => vec![Arg::int(97)],
        Op::SetItem => vec![Arg::int(1), Arg::int(97)],
        Op::GetSlice => vec![Arg::int(1), Arg::int(3)],
        Op::SetSlice => vec![Arg::int(1), Arg::int(3), Arg::bytes(b"ab")],
        Op::Find | Op::RFind => vec![Arg::bytes(b"o"), Arg::int(0), Arg::int(12)],
        Op::Move => vec![Arg::int(0), Arg::int(2), Arg::int(3)],
        _ => Vec::new(),
    }
}

/// Whether the type has the last of these steps, on a file that is longer than a page.
fn is_here(worker: &mut dyn Worker, steps: Vec<Step>) -> Result<bool, TargetError> {
    let bytes = b"hello\nworld\n".repeat(1 + worker.info().page as usize / 12);
    let world = World { files: vec![FileSpec { bytes, mode: Mode::New }] };
    let trace = worker.run(&Case::new(world, steps), Detail::Quick)?;
    let last = trace.steps.last().map(|step| &step.result);
    Ok(!matches!(last, Some(Err(End::Unsupported(reason))) if reason == NOT_HERE))
}
