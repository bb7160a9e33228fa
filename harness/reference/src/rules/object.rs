//! A map as any object: copies, attributes, weak references. None of them depends on the memory, nor on whether the map is open.

use crate::result::{RuleResult, attribute_error, type_error};
use crate::state::map::Map;
use crate::store::Store;
use mmapcheck_spec::{Dialect, Profile, Value};
use std::cell::Cell;

/// The value that a step assigns to the attribute.
const ASSIGNED: i64 = 3;

impl<S: Store> Map<S> {
    /// `copy.copy(m)` and `copy.deepcopy(m)`. Python 2 calls the class without arguments.
    pub fn copy_object(&self, profile: Profile) -> RuleResult {
        match profile.dialect() {
            Dialect::Python2 => Err(type_error("Required argument 'fileno' (pos 1) not found")),
            Dialect::Python3 => self.pickle(profile),
        }
    }

    /// `pickle.dumps(m)`
    pub fn pickle(&self, profile: Profile) -> RuleResult {
        let name = self.class.name();
        Err(type_error(match profile.dialect() {
            Dialect::Python2 => "can't pickle mmap objects".to_owned(),
            Dialect::Python3 if profile.copy_refusal_quotes_type() => format!("cannot pickle '{name}' object"),
            Dialect::Python3 => format!("can't pickle {name} objects"),
        }))
    }

    /// `m.x`
    pub fn attribute(&self) -> RuleResult {
        let value = self.class.attribute().and_then(Cell::get);
        value.map(|x| Value::Int(x.into())).ok_or_else(|| attribute_error(self.no_attribute()))
    }

    /// `m.x = 3`
    pub fn set_attribute(&self, profile: Profile) -> RuleResult {
        let Some(attribute) = self.class.attribute_to_change() else { return self.refuse_attribute(profile) };
        attribute.set(Some(ASSIGNED));
        Ok(Value::None)
    }

    /// `del m.x`
    pub fn delete_attribute(&self, profile: Profile) -> RuleResult {
        let Some(attribute) = self.class.attribute_to_change() else { return self.refuse_attribute(profile) };
        match attribute.take() {
            Some(_) => Ok(Value::None),
            None if profile.missing_attribute_is_named_alone() => Err(attribute_error("x")),
            None => Err(attribute_error(self.no_attribute())),
        }
    }

    fn refuse_attribute(&self, profile: Profile) -> RuleResult {
        let reason =
            if profile.attribute_refusal_names_dict() { " and no __dict__ for setting new attributes" } else { "" };
        Err(attribute_error(self.no_attribute() + reason))
    }

    fn no_attribute(&self) -> String {
        format!("'{}' object has no attribute 'x'", self.class.name())
    }

    /// `gc.is_tracked(m)`
    pub fn is_tracked(&self, profile: Profile) -> bool {
        profile.maps_are_collected() || self.class.attribute().is_some()
    }

    /// `len(gc.get_referents(m))`: the class, and of a subclass the attributes or the `dict` that holds them.
    pub fn referents(&self, profile: Profile) -> Value {
        let attributes = match profile.attributes_are_referents() {
            true => self.class.attribute().is_some_and(|x| x.get().is_some()),
            false => self.class.has_dict(),
        };
        Value::Int(i128::from(self.is_tracked(profile)) + i128::from(attributes))
    }
}

/// Whether a map is an instance of `Sized`, `Hashable`, `Iterable` and `Sequence`. It has no `__iter__`: iteration is by index.
pub fn abstract_classes() -> Value {
    Value::Tuple([true, true, false, false].map(Value::Bool).into())
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
