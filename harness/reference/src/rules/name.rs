//! `set_name`.

use crate::operands::args::Args;
use crate::operands::operand::Operand;
use crate::result::{RuleResult, Stop, type_error, unicode_encode_error, unsupported, value_error};
use crate::state::map::Map;
use crate::store::Store;
use mmapcheck_spec::{Profile, Text, Value};

/// The maximum length of a name in bytes of UTF-8.
const MAX_LEN: usize = 66;

impl<S: Store> Map<S> {
    /// `set_name(name)`, for an anonymous map, open or closed. The name shows in `/proc/self/maps`, and nowhere in Python.
    pub fn set_name(&self, args: &Args<'_, S>, profile: Profile) -> RuleResult {
        let operand = &args.counted("set_name", 1, 1, profile)?[0];
        let Operand::Text(text) = operand else {
            let got = operand.argument_name(profile);
            return Err(type_error(format!("set_name() argument must be str, not {got}")));
        };
        let name = text.as_str().ok_or_else(|| no_encoding(text))?;
        if name.contains('\0') {
            return Err(value_error("embedded null character"));
        }
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

/// The refusal of a text with a surrogate, which names the first surrogates in a row.
fn no_encoding(text: &Text) -> Stop {
    let is_surrogate = |point: &u32| char::from_u32(*point).is_none();
    let points: Vec<u32> = text.points().collect();
    let first = points.iter().position(is_surrogate).unwrap_or_default();
    let last = first + points[first..].iter().take_while(|point| is_surrogate(point)).count() - 1;
    let found = match first == last {
        true => format!("character '\\u{:04x}' in position {first}", points[first]),
        false => format!("characters in position {first}-{last}"),
    };
    unicode_encode_error(format!("'utf-8' codec can't encode {found}: surrogates not allowed"))
}
