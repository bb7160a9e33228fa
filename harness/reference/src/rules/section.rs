//! Maps where a system makes them in two steps, as Windows does: first a section, which is a file or memory of no file and
//! may have a name, then a view of it.
//!
//! What a system refuses is answered where its documentation says so. Where it does not, there is no answer.

use crate::errno::{Errno, WinError};
use crate::files::{Cursor, MOST_FILE};
use crate::result::{Answer, Stop, type_error, unsupported, value_error};
use crate::rules::construct::{Asked, Fileno};
use crate::state::map::{Access, Map, Rights, Tracked};
use crate::store::{Memory, Request, Store};
use mmapcheck_spec::constants::{MAP_PRIVATE, MAP_SHARED};
use mmapcheck_spec::{Profile, Value, WrongType};
use std::cell::RefCell;
use std::rc::{Rc, Weak};

/// What can be viewed.
struct Section<S: Store> {
    /// By this name others find it.
    tag: Option<WrongType>,
    /// The number of its file in the world; none where it is memory of no file.
    number: Option<usize>,
    /// The file, or one without a name that stands for memory.
    file: S::File,
    /// Its size in bytes.
    size: i64,
    /// Whether it can be written.
    writable: bool,
}

/// The sections that a map holds.
pub struct Sections<S: Store>(RefCell<Vec<Weak<Section<S>>>>);

impl<S: Store> Default for Sections<S> {
    fn default() -> Sections<S> {
        Sections(RefCell::default())
    }
}

impl<S: Store> std::fmt::Debug for Sections<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} sections", self.0.borrow().len())
    }
}

impl<S: Store> Sections<S> {
    /// Whether a file of the world has a section: it cannot be made shorter then.
    pub fn hold(&self, number: usize) -> bool {
        self.count(number) > 0
    }

    fn count(&self, number: usize) -> usize {
        self.0.borrow().iter().filter_map(Weak::upgrade).filter(|section| section.number == Some(number)).count()
    }

    fn named(&self, tag: WrongType) -> Option<Rc<Section<S>>> {
        self.0.borrow().iter().filter_map(Weak::upgrade).find(|section| section.tag == Some(tag))
    }

    fn add(&self, section: Section<S>) -> Rc<Section<S>> {
        let section = Rc::new(section);
        let mut all = self.0.borrow_mut();
        all.retain(|section| section.strong_count() > 0);
        all.push(Rc::downgrade(&section));
        section
    }
}

/// What a map that is a view holds.
pub struct Handles<S: Store> {
    /// None once the map is closed.
    section: RefCell<Option<Rc<Section<S>>>>,
    /// Where the file object it was made from stands: its handle of the file is the same opening.
    cursor: Option<Rc<Cursor>>,
}

impl<S: Store> Handles<S> {
    /// Lets go of the section.
    pub fn release(&self) {
        self.section.take();
    }
}

/// What a section is to be made of.
struct Wanted<'a, S: Store> {
    file: Option<(&'a S::File, usize)>,
    size: i64,
    access: Access,
    tag: Option<WrongType>,
}

impl<S: Store> Wanted<'_, S> {
    /// The section with that tag, or a new one.
    fn find_or_make(self, store: &S, sections: &Sections<S>, profile: Profile) -> Answer<Rc<Section<S>>> {
        let Some(section) = self.tag.and_then(|tag| sections.named(tag)) else {
            return self.make(store, sections, profile);
        };
        if self.file.is_some_and(|(_, number)| section.number != Some(number)) {
            return Err(unsupported("a file is asked for by the tag of another").into());
        }
        Ok(section)
    }

    fn make(self, store: &S, sections: &Sections<S>, profile: Profile) -> Answer<Rc<Section<S>>> {
        let writable = matches!(self.access, Access::Default | Access::Write);
        let (file, size, number) = match self.file {
            Some((file, number)) => (self.fit_file(file, writable)?, self.size, Some(number)),
            None => {
                if self.size == 0 {
                    return Err(WinError::InvalidParameter.into());
                }
                let size = whole_pages(refuse_large(self.size)?, profile);
                (store.nameless(size as u64)?, size, None)
            }
        };
        Ok(sections.add(Section { tag: self.tag, number, file, size, writable }))
    }

    /// Makes the file as long as the section.
    fn fit_file(&self, file: &S::File, writable: bool) -> Answer<S::File> {
        let mode = S::mode(file);
        if !mode.reads() || (writable && !mode.writes()) {
            return Err(WinError::AccessDenied.into());
        }
        if self.size == 0 {
            return Err(WinError::FileInvalid.into());
        }
        if self.size > S::size(file) as i64 {
            if !writable {
                return Err(WinError::NotEnoughMemory.into());
            }
            S::set_size(file, refuse_large(self.size)? as u64)?;
        }
        Ok(file.clone())
    }
}

fn refuse_large(size: i64) -> Answer<i64> {
    if size > MOST_FILE as i64 {
        return Err(unsupported("a section of this size may or may not be possible").into());
    }
    Ok(size)
}

fn whole_pages(size: i64, profile: Profile) -> i64 {
    profile.facts().page.round_up(size as usize) as i64
}

impl<S: Store> Section<S> {
    fn view(&self, store: &S, offset: i64, len: i64, access: Access, profile: Profile) -> Answer<S::Memory> {
        if !profile.facts().granularity.divides(offset) {
            return Err(WinError::MappedAlignment.into());
        }
        if len == 0 || offset >= self.size {
            return Err(unsupported("a view that begins at the end of its section is in no rule").into());
        }
        if offset + len > whole_pages(self.size, profile) {
            return Err(WinError::AccessDenied.into());
        }
        if offset + len > self.size {
            return Err(unsupported("a view beyond the end of a file, in its last page, is in no rule").into());
        }
        if !self.writable && matches!(access, Access::Default | Access::Write) {
            return Err(unsupported("a section that is only read is asked for by its tag, to be written").into());
        }
        Ok(store.map(
            Some(&self.file),
            Request {
                len: len as usize,
                offset: offset as u64,
                shared: access != Access::Copy,
                writable: access != Access::Read,
                populate: false,
            },
        )?)
    }
}

/// `mmap.mmap(...)`
pub(super) fn construct<S: Store>(
    store: &S,
    sections: &Sections<S>,
    asked: &Asked<S>,
    profile: Profile,
) -> Answer<Map<S>> {
    let access = match asked.access {
        0 => Access::Default,
        1 => Access::Read,
        2 => Access::Write,
        3 => Access::Copy,
        _ => return Err(value_error("mmap invalid access parameter.")),
    };
    asked.refuse_negative()?;
    match &asked.fileno {
        Fileno::Number(-1 | 0) => view(store, sections, asked, access, None, profile),
        Fileno::Number(1 | 2) => Err(unsupported("the standard streams are in no rule").into()),
        Fileno::Number(_) => Err(Errno::EBADF.into()),
        Fileno::File(file, cursor) => {
            let made = view(store, sections, asked, access, Some((file, cursor)), profile);
            // The file goes to its start before anything is refused; a step without an answer leaves no trace.
            if !matches!(made, Err(Stop::End(_))) {
                cursor.position.set(0);
            }
            made
        }
    }
}

fn view<S: Store>(
    store: &S,
    sections: &Sections<S>,
    asked: &Asked<S>,
    access: Access,
    file: Option<(&S::File, &Rc<Cursor>)>,
    profile: Profile,
) -> Answer<Map<S>> {
    let len = whole_or(asked, file.map(|(file, _)| S::size(file) as i64))?;
    let tag = asked.tag.map_err(|wrong| type_error(format!("expected str or None for 'tagname', not {wrong}")))?;
    let Some(size) = asked.offset.checked_add(len) else {
        return Err(unsupported("a section of this size is in no rule").into());
    };
    let wanted = Wanted { file: file.map(|(file, cursor)| (file, cursor.number)), size, access, tag };
    let section = wanted.find_or_make(store, sections, profile)?;
    let memory = section.view(store, asked.offset, len, access, profile)?;
    let tracked = Tracked { file: file.map(|(file, _)| file.clone()), wanted: true };
    let handles = Handles { section: RefCell::new(Some(section)), cursor: file.map(|(_, cursor)| Rc::clone(cursor)) };
    let flags = if access == Access::Copy { MAP_PRIVATE } else { MAP_SHARED };
    Ok(Map::new(memory, len as usize, asked.offset, access, tracked, flags, Rights::Read).of_section(handles))
}

/// The length that is asked for; 0 means all of a file from the offset on.
fn whole_or<S: Store>(asked: &Asked<S>, file_size: Option<i64>) -> Answer<i64> {
    match file_size {
        Some(size) if asked.length == 0 => {
            if size == 0 {
                return Err(value_error("cannot mmap an empty file"));
            }
            if asked.offset >= size {
                return Err(value_error("mmap offset is greater than file size"));
            }
            Ok(size - asked.offset)
        }
        _ => Ok(asked.length),
    }
}

/// `resize(len)`: the section is given up and another one is made. Where that fails, the map is closed by it.
pub fn resize<S: Store>(map: &Map<S>, store: &S, sections: &Sections<S>, len: i64, profile: Profile) -> Answer {
    let Some(handles) = &map.handles else { return Err(unsupported("the map is no view of a section").into()) };
    if map.is_closed() {
        return Err(unsupported("a map that was closed meanwhile is in no rule").into());
    }
    refuse_large(map.offset + len)?;
    if map.offset > 0 && (len == 0 || is_kept_long(map, handles, sections, len)) {
        return Err(unsupported("how this fails behind an offset is in no rule").into());
    }
    let tag = match &*handles.section.borrow() {
        Some(section) if section.tag.is_some() && Rc::strong_count(section) > 1 => {
            return Err(WinError::UserMappedFile.into());
        }
        Some(section) => section.tag,
        None => None,
    };
    handles.release();
    let old = map.replace_memory(None);
    let (size, is_refused) = resize_file(map, handles, sections, len)?;
    let len = if is_refused { map.len.get() as i64 } else { len };
    let file = map.tracked.file.as_ref().zip(handles.cursor.as_ref().map(|cursor| cursor.number));
    let section = Wanted { file, size, access: map.access, tag }.make(store, sections, profile)?;
    let memory = section.view(store, map.offset, len, map.access, profile)?;
    if let Some(old) = old.filter(|_| file.is_none()) {
        memory.copy(0, &old, 0, map.len.get().min(len as usize));
    }
    map.replace_memory(Some(memory));
    map.len.set(len as usize);
    handles.section.replace(Some(section));
    if is_refused { Err(WinError::UserMappedFile.into()) } else { Ok(Value::None) }
}

/// Whether the file keeps its size because something else has a section of it.
fn is_kept_long<S: Store>(map: &Map<S>, handles: &Handles<S>, sections: &Sections<S>, len: i64) -> bool {
    let (Some(file), Some(cursor)) = (&map.tracked.file, &handles.cursor) else { return false };
    let own = usize::from(handles.section.borrow().is_some());
    map.offset + len < S::size(file) as i64 && sections.count(cursor.number) > own
}

/// Makes the file as long as the map wants it, whose position ends up there. How large a section is wanted then, and whether
/// the file was refused another size: the map stays as long as it was.
fn resize_file<S: Store>(map: &Map<S>, handles: &Handles<S>, sections: &Sections<S>, len: i64) -> Answer<(i64, bool)> {
    let size = map.offset + len;
    let (Some(file), Some(cursor)) = (&map.tracked.file, &handles.cursor) else { return Ok((size, false)) };
    cursor.position.set(size as u64);
    if is_kept_long(map, handles, sections, len) {
        return Ok((map.len.get() as i64, true));
    }
    S::set_size(file, size as u64)?;
    Ok((size, false))
}
