//! `set_name`.

use crate::operands::args::Args;
use crate::operands::operand::Operand;
use crate::result::{RuleResult, type_error, unsupported, value_error};
use crate::state::map::Map;
use crate::store::Store;
use mmapcheck_spec::{Profile, Value};

/// The maximum length of a name in bytes of UTF-8.
const MAX_LEN: usize = 66;

impl<S: Store> Map<S> {
    /// `set_name(name)`, for an anonymous map, open or closed. The name shows in `/proc/self/maps`, and nowhere in Python.
    pub fn set_name(&self, args: &Args<'_, S>, profile: Profile) -> RuleResult {
        let operand = &args.counted("set_name", 1, 1, profile)?[0];
        let name = match operand {
            Operand::WrongType(wrong) => wrong.text(),
            _ => None,
        };
        let Some(name) = name else {
            let got = operand.argument_name(profile);
            return Err(type_error(format!("set_name() argument must be str, not {got}")));
        };
        if name.len() > MAX_LEN {
            return Err(value_error("name is too long"));
        }
        if !self.is_anonymous() {
            return Err(value_error("Cannot set annotation on non-anonymous mappings"));
        }
        if !profile.set_name_ignores_kernel() {
            return Err(unsupported("the kernel decides whether it takes the name").into());
        }
        Ok(Value::None)
    }
}
