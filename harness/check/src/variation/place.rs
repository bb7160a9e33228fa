//! The places of arguments: those of the parameters, whether an argument is passed at its place or by its keyword.

use mmapcheck_spec::{Op, Step};

/// The number of arguments that are passed by their places.
pub(crate) fn positional(step: &Step) -> usize {
    step.args.iter().filter(|passed| passed.keyword.is_none()).count()
}

/// The operation that stands for those that one method of a class does.
#[must_use]
pub fn method(op: Op) -> Op {
    match op {
        Op::GetSlice | Op::GetStep => Op::GetItem,
        Op::SetSlice | Op::SetStep => Op::SetItem,
        Op::DelSlice | Op::DelStep => Op::DelItem,
        Op::With | Op::WithRaise => Op::Exit,
        Op::List | Op::Reversed => Op::Next,
        op => op,
    }
}

/// Whether two operations take the same arguments on the same kind of object: such methods often share a function.
#[must_use]
pub fn are_twins(a: Op, b: Op) -> bool {
    let names = |op: Op| op.row().params.iter().map(|param| param.name);
    a.row().on == b.row().on && !a.row().params.is_empty() && names(a).eq(names(b))
}

/// The index of the argument for the parameter at a place, counted from 0; none where it is not passed.
pub(crate) fn index_of(step: &Step, place: usize) -> Option<usize> {
    if place < positional(step) {
        return Some(place);
    }
    let name = step.op.row().params.get(place)?.name;
    step.args.iter().position(|passed| passed.keyword == Some(name))
}

/// Whether a keyword is passed that no parameter has.
pub(crate) fn has_foreign_keyword(step: &Step) -> bool {
    step.args.iter().filter_map(|passed| passed.keyword).any(|keyword| is_foreign(step, keyword))
}

/// Whether no parameter of a step has this name.
pub(crate) fn is_foreign(step: &Step, keyword: &str) -> bool {
    step.op.row().params.iter().all(|param| param.name != keyword)
}

/// Whether a call has too many arguments, or too few. With keywords, that depends on which of them a method takes.
pub(crate) fn has_wrong_count(step: &Step) -> bool {
    let (params, positional) = (step.op.row().params, positional(step));
    let is_missing = params.iter().enumerate().any(|(place, param)| param.needed && index_of(step, place).is_none());
    positional == step.args.len() && (positional > params.len() || is_missing)
}
