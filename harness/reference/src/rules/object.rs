//! A map as any object: copies, attributes, weak references. None of them depends on the memory, nor on whether the map is open.

use crate::result::{RuleResult, attribute_error, type_error};
use mmapcheck_spec::{Dialect, Profile, Value};

/// `copy.copy(m)` and `copy.deepcopy(m)`. Python 2 calls the class without arguments.
pub fn copy(profile: Profile) -> RuleResult {
    match profile.dialect() {
        Dialect::Python2 => Err(type_error("Required argument 'fileno' (pos 1) not found")),
        Dialect::Python3 => pickle(profile),
    }
}

/// `pickle.dumps(m)`
pub fn pickle(profile: Profile) -> RuleResult {
    Err(type_error(match profile.dialect() {
        Dialect::Python2 => "can't pickle mmap objects",
        Dialect::Python3 if profile.copy_refusal_quotes_type() => "cannot pickle 'mmap.mmap' object",
        Dialect::Python3 => "can't pickle mmap.mmap objects",
    }))
}

/// Whether a map is an instance of `Sized`, `Hashable`, `Iterable` and `Sequence`. It has no `__iter__`: iteration is by index.
pub fn abstract_classes() -> Value {
    Value::Tuple([true, true, false, false].map(Value::Bool).into())
}

const NO_ATTRIBUTE: &str = "'mmap.mmap' object has no attribute 'x'";

/// `m.x`
pub fn get_attribute() -> RuleResult {
    Err(attribute_error(NO_ATTRIBUTE))
}

/// `m.x = value` and `del m.x`
pub fn change_attribute(profile: Profile) -> RuleResult {
    let reason =
        if profile.attribute_refusal_names_dict() { " and no __dict__ for setting new attributes" } else { "" };
    Err(attribute_error(format!("{NO_ATTRIBUTE}{reason}")))
}

/// `m.closed = value`
pub fn set_closed(profile: Profile) -> RuleResult {
    Err(attribute_error(if profile.has_context() {
        "attribute 'closed' of 'mmap.mmap' objects is not writable"
    } else {
        "'mmap.mmap' object has no attribute 'closed'"
    }))
}

/// `weakref.ref(m)() is m`
pub fn refer_weakly(profile: Profile) -> RuleResult {
    if profile.has_weak_references() {
        return Ok(Value::Bool(true));
    }
    Err(type_error("cannot create weak reference to 'mmap.mmap' object"))
}
