//! The part of an example that a type can take.

use mmapcheck::oracle::{AnswerOptions, Expected, Oracle};
use mmapcheck::pages::on_reference;
use mmapcheck::typed::Offer;
use mmapcheck_spec::notation::{self, Statement};
use mmapcheck_spec::pages::{Clause, Example, Page};
use mmapcheck_spec::{Arg, Case, ConstructorParam, Detail, ObjectKind, Op, PassedArg, Step, StepTrace};

/// An example in the form that a type can take.
pub struct Fitted {
    /// The example.
    pub example: Example,
    /// Whether it has all its steps.
    pub is_whole: bool,
}

/// An example without the steps that the type does not offer, and without those that depend on them. Maps without a named access
/// have the access that the type offers. The page's answers hold for what is left.
///
/// # Errors
/// If no step is left that shows the clause: the part that the type lacks, as a noun.
pub fn fit(
    page: &Page,
    clause: &Clause,
    example: &Example,
    offer: &Offer,
    oracle: &mut Oracle,
) -> Result<Fitted, String> {
    let case = &example.session.case;
    let access = offer.own_access();
    let check = |step: &Step| match &access {
        Some(access) if is_plain_map(step) => offer.check(&with_access(step, access)),
        _ => offer.check(step),
    };
    if case.steps.is_empty() {
        return Err("no step".into());
    }
    let lacks = case.steps.iter().find_map(|step| check(step).err());
    let is_whole = lacks.is_none();
    let lacks = lacks.unwrap_or_else(|| "writable maps of files".into());
    let mut example = example.clone();
    if !is_whole {
        let kept = kept(case, &|step| check(step).is_ok(), oracle);
        if !own_steps(clause, &example).into_iter().any(|at| kept.get(at) == Some(&true)) {
            return Err(lacks);
        }
        example = part(&example, &kept).ok_or_else(|| lacks.clone())?;
    }
    if let Some(access) = &access {
        example.session.case.edit(|draft| {
            let maps = draft.steps.iter_mut().filter(|step| is_plain_map(step));
            maps.for_each(|step| *step = with_access(step, access));
        });
        example.text = notation::print(&example.session.case.draft());
    }
    let is_changed = access.is_some() || !is_whole;
    let holds = !is_changed || matches!(on_reference(&page.path, &example, oracle), Ok(None));
    if holds { Ok(Fitted { example, is_whole }) } else { Err(lacks) }
}

/// Whether a step maps a file without a named access.
fn is_plain_map(step: &Step) -> bool {
    let is_of_file = step.args.first().is_some_and(|given| matches!(given.arg, Arg::Fd(_)));
    step.op == Op::New && is_of_file && step.passed(ConstructorParam::Access).is_none()
}

fn with_access(step: &Step, access: &PassedArg) -> Step {
    let mut step = step.clone();
    step.args.push(access.clone());
    step
}

/// The steps that are kept, by place. A step that is not offered and changes nothing is left out alone; all steps behind one that
/// changes something may depend on it.
fn kept(case: &Case, is_offered: &dyn Fn(&Step) -> bool, oracle: &mut Oracle) -> Vec<bool> {
    let Ok(Expected { expected, left_out, .. }) = oracle.answer(case.clone(), &AnswerOptions::new(Detail::Full)) else {
        return Vec::new();
    };
    // The trace of a case with steps left out has other places.
    let trace = if left_out.is_empty() { expected.steps } else { Vec::new() };
    let mut kept = Vec::new();
    for (at, step) in case.steps.iter().enumerate() {
        let is_offered = is_offered(step);
        let before = at.checked_sub(1).and_then(|before| trace.get(before));
        if !is_offered && !changes_nothing(step, before, trace.get(at)) {
            break;
        }
        kept.push(is_offered);
    }
    kept.resize(case.steps.len(), false);
    kept
}

/// Whether a step of a map binds no name, and leaves maps and files as they were.
fn changes_nothing(step: &Step, before: Option<&StepTrace>, after: Option<&StepTrace>) -> bool {
    let row = step.op.row();
    let is_same = before.zip(after).is_some_and(|(before, after)| before.snapshot == after.snapshot);
    row.on == ObjectKind::Map && row.binds.is_none() && is_same
}

/// The places of the steps that show the clause: those whose operation the title names. If it names none, all that raise an
/// exception where the last one does, and else the last one.
fn own_steps(clause: &Clause, example: &Example) -> Vec<usize> {
    let is_named = |step: &Step| {
        let name = step.op.row().name;
        clause.rule.contains(&format!("`{name}`")) || clause.rule.contains(&format!("`{name}("))
    };
    let steps = example.session.case.steps.iter().enumerate();
    let named: Vec<_> = steps.filter(|(_, step)| is_named(step)).map(|(at, _)| at).collect();
    if !named.is_empty() {
        return named;
    }
    let raises = |one: &&Statement| one.want.first().is_some_and(|line| line.starts_with("Traceback"));
    let statements = || example.session.statements.iter().filter(|one| one.step.is_some());
    match statements().next_back() {
        Some(last) if raises(&last) => statements().filter(raises).filter_map(|one| one.step).collect(),
        last => last.and_then(|last| last.step).into_iter().collect(),
    }
}

/// The example without the lines of the steps that are not kept. `None` if the rest is not a session.
fn part(example: &Example, kept: &[bool]) -> Option<Example> {
    let is_gone = |one: &Statement| one.step.is_some_and(|step| kept.get(step) != Some(&true));
    let statements = &example.session.statements;
    let gone: Vec<_> = statements.iter().filter(|one| is_gone(one)).map(lines).collect();
    let numbered = example.text.lines().zip(example.line..);
    let left = numbered.filter(|(_, line)| !gone.iter().any(|gone| gone.contains(line)));
    let text: String = left.flat_map(|(text, _)| [text, "\n"]).collect();
    let session = notation::parse(&text, example.line).ok()?;
    Some(Example { session, text, ..example.clone() })
}

/// The lines of a statement and its answer.
fn lines(one: &Statement) -> std::ops::Range<usize> {
    one.line..one.want_line + one.want.len()
}
