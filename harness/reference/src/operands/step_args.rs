//! Builds the operands of a step: names become the objects that they are bound to.

use crate::operands::args::Args;
use crate::operands::convert::fits_long;
use crate::operands::operand::{Callback, Operand, PerformStep};
use crate::result::unsupported;
use crate::state::bindings::unbound;
use crate::state::processes::Processes;
use crate::store::Store;
use mmapcheck_spec::{
    Arg, BytesLike, ConstructorParam, Dialect, End, Num, Op, PassedArg, PlatformFacts, Profile, SpecialFile, Step,
    constants,
};
use smallvec::SmallVec;
use std::rc::Rc;

/// The arguments of a step as operands. `performer` runs callbacks.
///
/// # Errors
/// Where a name is not bound, or no rule covers an argument.
pub fn of<'a, S: Store>(
    step: &'a Step,
    processes: &Processes<S>,
    performer: &'a dyn PerformStep,
    profile: Profile,
) -> Result<Args<'a, S>, End> {
    let mut args = Args { positional: SmallVec::new(), keywords: Vec::new() };
    for (place, given) in step.args.iter().enumerate() {
        let operand = match &given.arg {
            Arg::Fd(slot) if is_fileno(step, place, given) => {
                let files = &processes.files.borrow().objects;
                Operand::Descriptor(files.file(*slot)?.clone(), Rc::clone(files.cursor(*slot)?))
            }
            Arg::Special(file) if is_fileno(step, place, given) => special(*file, processes, profile)?,
            arg => operand(arg, processes, performer, profile)?,
        };
        match given.keyword {
            Some(keyword) => args.keywords.push((keyword, operand)),
            None => args.positional.push(operand),
        }
    }
    Ok(args)
}

fn operand<'a, S: Store>(
    arg: &'a Arg,
    processes: &Processes<S>,
    performer: &'a dyn PerformStep,
    profile: Profile,
) -> Result<Operand<'a, S>, End> {
    let plain = |num: &Num| num.as_plain().ok_or_else(|| unsupported("the number is not plain"));
    Ok(match arg {
        Arg::Omitted | Arg::None => Operand::None,
        Arg::Bool(value) => Operand::Bool(*value),
        Arg::Int(num) => Operand::Int(plain(num)?),
        Arg::Index(num) => Operand::Index(plain(num)?),
        Arg::OfInt(class, num) => {
            let value = plain(num)?;
            if profile.dialect() == Dialect::Python2 && !fits_long(value, profile) {
                return Err(unsupported("a subclass of the int of Python 2 holds no number of more than 64 bits"));
            }
            Operand::OfInt(*class, value)
        }
        Arg::IndexAfter(..) | Arg::BufferAfter(..) if profile.dialect() == Dialect::Python2 => {
            return Err(unsupported("no rule covers callback arguments in Python 2"));
        }
        Arg::IndexAfter(num, step) => Operand::IndexAfter(plain(num)?, Callback::new(performer, step)),
        Arg::BufferAfter(bytes, step) => Operand::BufferAfter(bytes, Callback::new(performer, step)),
        Arg::Flags(places) => Operand::Int(flags(places, profile.facts())?.into()),
        Arg::Bytes(BytesLike::Strided, _) if profile.dialect() == Dialect::Python2 => {
            return Err(unsupported("Python 2 has no strided views"));
        }
        Arg::Bytes(kind, bytes) => Operand::Bytes(*kind, bytes),
        Arg::Float(float) => Operand::Float(*float),
        Arg::Text(text) if profile.dialect() == Dialect::Python3 => Operand::Text(text),
        Arg::Text(text) => match text.as_str().filter(|_| text.is_same_in_python2()) {
            Some(string) => Operand::Bytes(BytesLike::Bytes, string.as_bytes()),
            None => return Err(unsupported("Python 2 reads no characters of Unicode by their number")),
        },
        Arg::WrongType(wrong) => Operand::WrongType(*wrong),
        Arg::Fd(_) | Arg::Special(_) => {
            return Err(unsupported("no rule covers a descriptor as argument of anything but the constructor"));
        }
        Arg::File(slot) if !processes.files.borrow().objects.is_bound(*slot) => return Err(unbound()),
        Arg::File(_) => Operand::File,
        Arg::Map(slot) => Operand::Map(processes.map(*slot)?),
        Arg::View(slot) => Operand::View(processes.view(*slot)?),
        Arg::Path(_) | Arg::Mode(_) => return Err(unsupported("only open takes a path or mode")),
    })
}

/// The descriptor of a special file, where the interpreter can open it.
fn special<'a, S: Store>(file: SpecialFile, processes: &Processes<S>, profile: Profile) -> Result<Operand<'a, S>, End> {
    if !profile.has_special_files() {
        return Err(unsupported("no rule covers the special files of the system"));
    }
    if file == SpecialFile::Socket && profile.dialect() == Dialect::Python2 {
        return Err(unsupported("a socket of Python 2 keeps its descriptor"));
    }
    let (file, cursor) = processes.files.borrow_mut().objects.special(file)?;
    Ok(Operand::Descriptor(file, cursor))
}

/// The value of constants joined by `|`, by their places in [`constants::ALL`]. A constant that the module lacks counts with
/// its value all the same.
///
/// # Errors
/// If an index is not one of a constant.
pub fn flags(places: &[u8], facts: &PlatformFacts) -> Result<i32, End> {
    let mut flags = 0;
    for &place in places {
        let constant = constants::ALL.get(usize::from(place)).ok_or_else(|| unsupported("unknown constant"))?;
        flags |= facts.value_in_session(*constant);
    }
    Ok(flags)
}

fn is_fileno(step: &Step, place: usize, given: &PassedArg) -> bool {
    let fileno = ConstructorParam::Fileno;
    matches!(step.op, Op::New | Op::Sub)
        && given.keyword.map_or(Some(place) == fileno.place(), |keyword| keyword == fileno.name())
}
