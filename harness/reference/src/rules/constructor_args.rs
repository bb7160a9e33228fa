//! The arguments of the constructor, in the order of `PyArg_ParseTupleAndKeywords`.

use crate::operands::args::Args;
use crate::operands::convert;
use crate::operands::operand::Operand;
use crate::result::{RuleResult, Stop, overflow_error, type_error};
use crate::store::Store;
use mmapcheck_spec::constants::{ACCESS_DEFAULT, MAP_SHARED, PROT_READ, PROT_WRITE};
use mmapcheck_spec::{ConstructorParam, Profile, Text};
use mmapcheck_world::Cursor;
use std::rc::Rc;

/// Stands for the number of a descriptor that was closed.
const STALE_DESCRIPTOR: i32 = 9999;

/// The argument `fileno`.
pub enum Fileno<F> {
    /// A number that is not the descriptor of an open file.
    Number(i32),
    /// The descriptor of an open file, and the position of its file object.
    File(F, Rc<Cursor>),
}

/// The converted arguments of the constructor.
pub struct ConstructorArgs<S: Store> {
    /// The file to map; -1 for anonymous memory.
    pub fileno: Fileno<S::File>,
    /// The length in bytes.
    pub length: i64,
    /// `MAP_*` bits.
    pub flags: i32,
    /// `PROT_*` bits.
    pub prot: i32,
    /// The number of an `ACCESS_*` constant.
    pub access: i32,
    /// The offset in the file in bytes.
    pub offset: i64,
    /// Whether the map keeps a descriptor of the file.
    pub trackfd: bool,
    /// The tag: a text, or `None`. Any other object gives the name of its type; the constructor refuses it later.
    pub tag: Result<Option<Text>, &'static str>,
}

impl<S: Store> ConstructorArgs<S> {
    /// Refuses too many arguments, then converts each parameter in order, then refuses the keywords that are left.
    pub fn parse(args: &Args<'_, S>, profile: Profile) -> RuleResult<ConstructorArgs<S>> {
        let parameters = ConstructorParam::of(profile);
        let most = parameters.clone().count();
        let (positional, keywords) = (args.positional.len(), args.keywords.len());
        let in_turn = profile.keywords_are_checked_in_turn();
        if positional + keywords > most {
            let kind = if positional == 0 && !in_turn { "keyword " } else { "" };
            let given = positional + keywords;
            return Err(type_error(format!("function takes at most {most} {kind}arguments ({given} given)")));
        }
        let facts = profile.facts();
        let mut parsed = ConstructorArgs {
            fileno: Fileno::Number(-1),
            length: 0,
            flags: facts.bits(&[MAP_SHARED]),
            prot: facts.bits(&[PROT_READ, PROT_WRITE]),
            access: facts.bits(&[ACCESS_DEFAULT]),
            offset: 0,
            trackfd: true,
            tag: Ok(None),
        };
        let mut used = 0;
        for (place, param) in parameters.enumerate() {
            let name = param.name();
            // Keyword-only parameters come last.
            if param.param().by_name && positional > place {
                return Err(type_error(format!(
                    "function takes at most {place} positional arguments ({positional} given)"
                )));
            }
            let by_name = args.keywords.iter().find(|(keyword, _)| *keyword == name).map(|(_, operand)| operand);
            match (args.positional.get(place), by_name) {
                (Some(_), Some(_)) if in_turn => return Err(given_twice(name, place, profile)),
                (Some(operand), _) => parsed.convert(param, operand, profile)?,
                (None, Some(operand)) => {
                    used += 1;
                    parsed.convert(param, operand, profile)?;
                }
                (None, None) if param.param().needed => return Err(missing(name, place, profile)),
                (None, None) => {}
            }
        }
        if used < keywords {
            return Err(unused_keyword(args, profile));
        }
        if matches!(&parsed.fileno, Fileno::File(_, cursor) if cursor.closed.get()) {
            // A callback closed the file while a later argument was converted.
            parsed.fileno = Fileno::Number(STALE_DESCRIPTOR);
        }
        Ok(parsed)
    }

    fn convert(&mut self, param: ConstructorParam, operand: &Operand<'_, S>, profile: Profile) -> RuleResult<()> {
        match param {
            ConstructorParam::Fileno => {
                self.fileno = match operand {
                    Operand::Descriptor(file, cursor) => Fileno::File(file.clone(), Rc::clone(cursor)),
                    _ => Fileno::Number(convert::int(operand, profile)?),
                }
            }
            ConstructorParam::Length => self.length = convert::ssize(operand, profile)?,
            ConstructorParam::Flags => self.flags = convert::int(operand, profile)?,
            ConstructorParam::Prot => self.prot = convert::int(operand, profile)?,
            ConstructorParam::Access => self.access = convert::int(operand, profile)?,
            ConstructorParam::Offset => self.offset = convert::offset(operand, profile)?,
            ConstructorParam::Tagname => {
                self.tag = match operand {
                    Operand::None => Ok(None),
                    Operand::Text(text) => Ok(Some((*text).clone())),
                    _ => Err(operand.type_name(profile)),
                }
            }
            ConstructorParam::Trackfd => self.trackfd = convert::truth(operand)?,
        }
        Ok(())
    }

    /// Refuses a negative length or offset.
    pub fn refuse_negative(&self) -> RuleResult<()> {
        if self.length < 0 {
            return Err(overflow_error("memory mapped length must be positive"));
        }
        if self.offset < 0 {
            return Err(overflow_error("memory mapped offset must be positive"));
        }
        Ok(())
    }

    /// The file that `fileno` names.
    pub fn file(&self) -> Option<&S::File> {
        match &self.fileno {
            Fileno::File(file, _) => Some(file),
            Fileno::Number(_) => None,
        }
    }

    /// Whether `fileno` is neither -1 nor the descriptor of an open file.
    pub fn is_bad_descriptor(&self) -> bool {
        matches!(self.fileno, Fileno::Number(number) if number != -1)
    }
}

/// The refusal of a call without a required argument.
fn missing(name: &str, place: usize, profile: Profile) -> Stop {
    let number = place + 1;
    type_error(if profile.keywords_are_checked_in_turn() {
        format!("Required argument '{name}' (pos {number}) not found")
    } else {
        format!("function missing required argument '{name}' (pos {number})")
    })
}

/// The refusal of an argument that is passed by position and by keyword.
fn given_twice(name: &str, place: usize, profile: Profile) -> Stop {
    let number = place + 1;
    let what = if profile.keywords_are_checked_in_turn() { "Argument" } else { "argument for function" };
    type_error(format!("{what} given by name ('{name}') and position ({number})"))
}

/// The refusal of a keyword that matched no free parameter: it is passed by position as well, or unknown.
fn unused_keyword<S: Store>(args: &Args<'_, S>, profile: Profile) -> Stop {
    let names = || ConstructorParam::of(profile).map(ConstructorParam::name);
    let is_keyword = |name: &str| args.keywords.iter().any(|(keyword, _)| *keyword == name);
    let positional = names().enumerate().take(args.positional.len());
    if let Some((place, name)) = positional.into_iter().find(|(_, name)| is_keyword(name)) {
        return given_twice(name, place, profile);
    }
    let mut keywords = args.keywords.iter().map(|(keyword, _)| *keyword);
    let unknown = keywords.find(|keyword| !names().any(|name| name == *keyword)).unwrap_or_default();
    type_error(if profile.unknown_keyword_is_unexpected() {
        format!("this function got an unexpected keyword argument '{unknown}'")
    } else {
        format!("'{unknown}' is an invalid keyword argument for this function")
    })
}
