//! The places of arguments: those of the parameters, whether an argument is passed at its place or by its keyword.

use mmapcheck_spec::Step;

/// The number of arguments that are passed by their places.
pub(crate) fn positional(step: &Step) -> usize {
    step.args.iter().filter(|passed| passed.keyword.is_none()).count()
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
    let is_known = |name: &str| step.op.row().params.iter().any(|param| param.name == name);
    step.args.iter().filter_map(|passed| passed.keyword).any(|name| !is_known(name))
}
