//! The constructor: Python's checks of the arguments, then those of the kernel.

use crate::errno::Errno;
use crate::files::{Cursor, Files, MOST_FILE};
use crate::operands::convert;
use crate::operands::operand::{Args, Object};
use crate::result::{Answer, Stop, overflow_error, type_error, unsupported, value_error};
use crate::rules::section;
use crate::state::map::{Access, Map, Rights, Tracked};
use crate::store::{Request, Store};
use mmapcheck_spec::constants::{
    MAP_32BIT, MAP_ANONYMOUS, MAP_DENYWRITE, MAP_EXECUTABLE, MAP_NORESERVE, MAP_POPULATE, MAP_PRIVATE, MAP_SHARED,
    MAP_STACK, PROT_READ, PROT_WRITE,
};
use mmapcheck_spec::{ConstructorParam, End, PlatformFacts, Profile, WrongType};
use std::rc::Rc;

/// The number of a descriptor that was open.
const NOT_OPEN: i32 = 9999;

/// The bits of `flags` that say what kind of map it is.
const MAP_TYPE: i32 = 0x0f;
/// The third kind: shared, and refusing flags it does not know.
const MAP_SHARED_VALIDATE: i32 = 3;
/// A kind of newer kernels, of private memory the kernel may forget.
const MAP_DROPPABLE: i32 = 8;
/// The bits of `flags` that change nothing that can be seen, besides the kind.
const HARMLESS: i32 =
    MAP_ANONYMOUS | MAP_DENYWRITE | MAP_EXECUTABLE | MAP_POPULATE | MAP_STACK | MAP_NORESERVE | MAP_32BIT;

/// `mmap.mmap(...)`
pub fn construct<S: Store>(files: &Files<S>, mut asked: Asked<S>, profile: Profile) -> Answer<Map<S>> {
    let (store, limits) = (&files.store, &files.limits);
    if profile.maps_sections() {
        return section::construct(store, &files.sections, &asked, profile);
    }
    asked.refuse_negative()?;
    let access = asked.apply_access()?;
    asked.fit_file()?;
    if asked.trackfd && asked.is_bad() {
        return Err(Errno::EBADF.into());
    }
    if asked.trackfd && asked.file().is_some() && !limits.grant_descriptor() {
        return Err(Errno::EMFILE.into());
    }
    asked.check_kernel(profile.facts())?;
    if !limits.grant_memory() {
        return Err(Errno::ENOMEM.into());
    }
    let memory = store.map(asked.mapped_file(), asked.request())?;
    let tracked = Tracked { file: asked.file().filter(|_| asked.trackfd).cloned(), wanted: asked.trackfd };
    let flags = if asked.is_anonymous() { asked.flags | MAP_ANONYMOUS } else { asked.flags };
    Ok(Map::new(memory, asked.length as usize, asked.offset, access, tracked, flags, Rights::of(asked.prot)))
}

/// The first argument.
pub(super) enum Fileno<F> {
    Number(i32),
    File(F, Rc<Cursor>),
}

/// The arguments as they were converted.
pub struct Asked<S: Store> {
    pub(super) fileno: Fileno<S::File>,
    pub(super) length: i64,
    flags: i32,
    prot: i32,
    pub(super) access: i32,
    pub(super) offset: i64,
    trackfd: bool,
    /// A text, or nothing, or the type of what is neither, which is refused only later.
    pub(super) tag: Result<Option<WrongType>, &'static str>,
}

/// How arguments are given.
impl<S: Store> Asked<S> {
    /// In the order of `PyArg_ParseTupleAndKeywords`: too many, then each in turn, then what is left over.
    pub fn parse(args: &Args<'_, S>, profile: Profile) -> Answer<Asked<S>> {
        let parameters = ConstructorParam::of(profile);
        let most = parameters.clone().count();
        let (plain, named) = (args.plain.len(), args.named.len());
        let in_turn = profile.keywords_are_checked_in_turn();
        if plain + named > most {
            let kind = if plain == 0 && !in_turn { "keyword " } else { "" };
            return Err(type_error(format!("function takes at most {most} {kind}arguments ({} given)", plain + named)));
        }
        let mut asked = Asked {
            fileno: Fileno::Number(-1),
            length: 0,
            flags: MAP_SHARED,
            prot: PROT_READ | PROT_WRITE,
            access: 0,
            offset: 0,
            trackfd: true,
            tag: Ok(None),
        };
        let mut used = 0;
        for (place, param) in parameters.enumerate() {
            let name = param.name();
            // Those that are only taken by their name come last.
            if param.param().by_name && plain > place {
                return Err(type_error(format!("function takes at most {place} positional arguments ({plain} given)")));
            }
            let by_name = args.named.iter().find(|(keyword, _)| *keyword == name).map(|(_, object)| object);
            match (args.plain.get(place), by_name) {
                (Some(_), Some(_)) if in_turn => return Err(given_twice(name, place, profile)),
                (Some(object), _) => asked.take(param, object, profile)?,
                (None, Some(object)) => {
                    used += 1;
                    asked.take(param, object, profile)?;
                }
                (None, None) if param.param().needed => return Err(left_out(name, place, profile)),
                (None, None) => {}
            }
        }
        if used < named {
            return Err(left_over(args, profile));
        }
        if matches!(&asked.fileno, Fileno::File(_, cursor) if cursor.closed.get()) {
            // It was closed while the others were converted.
            asked.fileno = Fileno::Number(NOT_OPEN);
        }
        Ok(asked)
    }

    fn take(&mut self, param: ConstructorParam, object: &Object<'_, S>, profile: Profile) -> Answer<()> {
        match param {
            ConstructorParam::Fileno => {
                self.fileno = match object {
                    Object::Descriptor(file, cursor) => Fileno::File(file.clone(), Rc::clone(cursor)),
                    _ => Fileno::Number(convert::int(object, profile)?),
                }
            }
            ConstructorParam::Length => self.length = convert::ssize(object, profile)?,
            ConstructorParam::Flags => self.flags = convert::int(object, profile)?,
            ConstructorParam::Prot => self.prot = convert::int(object, profile)?,
            ConstructorParam::Access => self.access = convert::int(object, profile)?,
            ConstructorParam::Offset => self.offset = convert::offset(object, profile)?,
            ConstructorParam::Tagname => {
                self.tag = match object {
                    Object::None => Ok(None),
                    Object::WrongType(thing @ (WrongType::Text | WrongType::Accent | WrongType::LongText)) => {
                        Ok(Some(*thing))
                    }
                    _ => Err(object.type_name(profile)),
                }
            }
            ConstructorParam::Trackfd => self.trackfd = convert::truth(object)?,
        }
        Ok(())
    }

    pub(super) fn refuse_negative(&self) -> Answer<()> {
        if self.length < 0 {
            return Err(overflow_error("memory mapped length must be positive"));
        }
        if self.offset < 0 {
            return Err(overflow_error("memory mapped offset must be positive"));
        }
        Ok(())
    }
}

/// The refusal where a parameter that is needed is not given.
fn left_out(name: &str, place: usize, profile: Profile) -> Stop {
    let number = place + 1;
    type_error(if profile.keywords_are_checked_in_turn() {
        format!("Required argument '{name}' (pos {number}) not found")
    } else {
        format!("function missing required argument '{name}' (pos {number})")
    })
}

/// The refusal of a parameter that is given by position and by name.
fn given_twice(name: &str, place: usize, profile: Profile) -> Stop {
    let number = place + 1;
    let what = if profile.keywords_are_checked_in_turn() { "Argument" } else { "argument for function" };
    type_error(format!("{what} given by name ('{name}') and position ({number})"))
}

/// The refusal of a keyword that was not taken: given by position as well, or unknown.
fn left_over<S: Store>(args: &Args<'_, S>, profile: Profile) -> Stop {
    let names = || ConstructorParam::of(profile).map(ConstructorParam::name);
    let is_named = |name: &str| args.named.iter().any(|(keyword, _)| *keyword == name);
    if let Some((place, name)) = names().enumerate().take(args.plain.len()).find(|(_, name)| is_named(name)) {
        return given_twice(name, place, profile);
    }
    let unknown = args.named.iter().map(|(keyword, _)| *keyword).find(|keyword| !names().any(|name| name == *keyword));
    let unknown = unknown.unwrap_or_default();
    type_error(if profile.unknown_keyword_is_unexpected() {
        format!("this function got an unexpected keyword argument '{unknown}'")
    } else {
        format!("'{unknown}' is an invalid keyword argument for this function")
    })
}

/// What Python checks.
impl<S: Store> Asked<S> {
    /// Lets `access` say `flags` and `prot`, or `prot` say the access.
    fn apply_access(&mut self) -> Answer<Access> {
        const BOTH: i32 = PROT_READ | PROT_WRITE;
        if self.access != 0 && (self.flags != MAP_SHARED || self.prot != BOTH) {
            return Err(value_error("mmap can't specify both access and flags, prot."));
        }
        match self.access {
            0 if self.prot & BOTH == BOTH => Ok(Access::Default),
            0 if self.prot & PROT_WRITE != 0 => Ok(Access::Write),
            0 => Ok(Access::Read),
            1 => {
                self.prot = PROT_READ;
                Ok(Access::Read)
            }
            2 => Ok(Access::Write),
            3 => {
                self.flags = MAP_PRIVATE;
                Ok(Access::Copy)
            }
            _ => Err(value_error("mmap invalid access parameter.")),
        }
    }

    /// Compares the length with the size of the file; 0 means all from the offset on.
    fn fit_file(&mut self) -> Answer<()> {
        let Some(file) = self.file() else { return Ok(()) };
        let size = S::size(file) as i64;
        if self.length == 0 {
            if size == 0 {
                return Err(value_error("cannot mmap an empty file"));
            }
            if self.offset >= size {
                return Err(value_error("mmap offset is greater than file size"));
            }
            self.length = size - self.offset;
        } else if self.offset > size || size - self.offset < self.length {
            return Err(value_error("mmap length is greater than file size"));
        }
        Ok(())
    }

    fn file(&self) -> Option<&S::File> {
        match &self.fileno {
            Fileno::File(file, _) => Some(file),
            Fileno::Number(_) => None,
        }
    }

    /// Whether the descriptor is none of an open file, and does not ask for an anonymous map either.
    fn is_bad(&self) -> bool {
        matches!(self.fileno, Fileno::Number(number) if number != -1)
    }
}

/// What the kernel checks, in the order of Linux.
impl<S: Store> Asked<S> {
    fn is_anonymous(&self) -> bool {
        matches!(self.fileno, Fileno::Number(-1)) || self.flags & MAP_ANONYMOUS != 0
    }

    fn mapped_file(&self) -> Option<&S::File> {
        self.file().filter(|_| !self.is_anonymous())
    }

    fn request(&self) -> Request {
        Request {
            len: self.length as usize,
            offset: self.offset as u64,
            shared: self.flags & MAP_TYPE != MAP_PRIVATE,
            writable: self.prot & PROT_WRITE != 0,
            populate: self.flags & MAP_POPULATE != 0,
        }
    }

    fn check_kernel(&self, facts: &PlatformFacts) -> Answer<()> {
        if !facts.page.divides(self.offset) {
            return Err(Errno::EINVAL.into());
        }
        if !self.is_anonymous() && self.is_bad() {
            return Err(Errno::EBADF.into());
        }
        if self.length == 0 {
            return Err(Errno::EINVAL.into());
        }
        if self.flags & !(MAP_TYPE | HARMLESS) != 0 {
            return Err(unsupported(format!("flags {:#x} are in no rule", self.flags)).into());
        }
        self.check_length(facts)?;
        self.check_kind()
    }

    fn check_length(&self, facts: &PlatformFacts) -> Answer<()> {
        match self.length {
            length if length >= facts.addresses() as i64 => Err(Errno::ENOMEM.into()),
            length if length > MOST_FILE as i64 => {
                Err(unsupported("a map of this size may or may not be possible").into())
            }
            _ => Ok(()),
        }
    }

    /// The kind of map, and whether the file is open for it.
    fn check_kind(&self) -> Answer<()> {
        match (self.flags & MAP_TYPE, self.mapped_file().map(S::mode)) {
            (MAP_SHARED | MAP_PRIVATE, None) => Ok(()),
            (MAP_DROPPABLE, None) => Err(End::Unsupported("this kind of map is in no rule".into()).into()),
            (MAP_SHARED | MAP_SHARED_VALIDATE, Some(mode)) if self.prot & PROT_WRITE != 0 && !mode.writes() => {
                Err(Errno::EACCES.into())
            }
            (MAP_SHARED | MAP_SHARED_VALIDATE | MAP_PRIVATE, Some(mode)) => {
                if mode.reads() {
                    Ok(())
                } else {
                    Err(Errno::EACCES.into())
                }
            }
            _ => Err(Errno::EINVAL.into()),
        }
    }
}
