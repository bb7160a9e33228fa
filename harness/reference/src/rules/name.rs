//! Naming a map.

use crate::operands::operand::{Args, Object};
use crate::result::{Answer, type_error, value_error};
use crate::state::map::Map;
use crate::store::Store;
use mmapcheck_spec::{Profile, Value};

/// How many bytes of UTF-8 a name has at most.
const LONGEST: usize = 66;

impl<S: Store> Map<S> {
    /// `set_name(name)`: of memory of no file, even when the map is closed. The name is seen in the kernel's list of the
    /// process's memory, and nowhere in Python.
    pub fn set_name(&self, args: &Args<'_, S>, profile: Profile) -> Answer {
        let object = &args.counted("set_name", 1, 1, profile)?[0];
        let name = match object {
            Object::WrongType(thing) => thing.text(),
            _ => None,
        };
        let Some(name) = name else {
            let got = object.argument_name(profile);
            return Err(type_error(format!("set_name() argument must be str, not {got}")));
        };
        if name.len() > LONGEST {
            return Err(value_error("name is too long"));
        }
        if !self.is_anonymous() {
            return Err(value_error("Cannot set annotation on non-anonymous mappings"));
        }
        Ok(Value::None)
    }
}
