//! Maps on Windows, which takes two steps: a section is made of a file or of anonymous memory, perhaps with a tag, and the
//! map is a view of the section.
//!
//! A refusal has a rule where the documentation of Windows describes it. Where it does not, no rule covers the step.

use crate::result::{RuleResult, Stop, type_error, unsupported, value_error};
use crate::rules::constructor_args::{ConstructorArgs, Fileno};
use crate::state::map::{Access, Map, Protection, Sharing, TrackedFile};
use crate::state::section::{Section, SectionHandles, Sections};
use crate::store::{MapRequest, Memory, Store};
use mmapcheck_spec::{PlatformFacts, Profile, Text, Value, WinError};
use mmapcheck_world::{Cursor, Errno, FileHandle, MAX_FILE_SIZE};
use std::rc::Rc;

/// The arguments of `CreateFileMapping`.
struct SectionRequest<'a, S: Store> {
    /// The file and its number; `None` for anonymous memory.
    file: Option<(&'a S::File, usize)>,
    size: i64,
    access: Access,
    tag: Option<Text>,
}

impl<S: Store> SectionRequest<'_, S> {
    /// The section with the requested tag, or a new one.
    fn find_or_make(self, store: &S, sections: &Sections<S>, facts: &PlatformFacts) -> RuleResult<Rc<Section<S>>> {
        let Some(section) = self.tag.as_ref().and_then(|tag| sections.tagged(tag)) else {
            return self.make(store, sections, facts);
        };
        if self.file.is_some_and(|(_, number)| section.number != Some(number)) {
            return Err(unsupported("no rule covers the tag of another file").into());
        }
        Ok(section)
    }

    fn make(self, store: &S, sections: &Sections<S>, facts: &PlatformFacts) -> RuleResult<Rc<Section<S>>> {
        let writable = matches!(self.access, Access::Default | Access::Write);
        let (file, size, number) = match self.file {
            Some((file, number)) => (self.fit_file(file, writable)?, self.size, Some(number)),
            None => {
                if self.size == 0 {
                    return Err(WinError::InvalidParameter.into());
                }
                let size = whole_pages(refuse_large(self.size)?, facts);
                (store.anonymous_file(size as u64)?, size, None)
            }
        };
        Ok(sections.add(Section { tag: self.tag, number, file, size, writable }))
    }

    /// Grows the file to the size of the section.
    fn fit_file(&self, file: &S::File, writable: bool) -> RuleResult<S::File> {
        let mode = file.mode();
        if !mode.reads() || (writable && !mode.writes()) {
            return Err(WinError::AccessDenied.into());
        }
        if self.size == 0 {
            return Err(WinError::FileInvalid.into());
        }
        if self.size > file.size() as i64 {
            if !writable {
                return Err(WinError::NotEnoughMemory.into());
            }
            file.set_size(refuse_large(self.size)? as u64)?;
        }
        Ok(file.clone())
    }
}

fn refuse_large(size: i64) -> RuleResult<i64> {
    if size > MAX_FILE_SIZE as i64 {
        return Err(unsupported("whether a section of this size is possible is not specified").into());
    }
    Ok(size)
}

fn whole_pages(size: i64, facts: &PlatformFacts) -> i64 {
    facts.page.round_up(size as usize) as i64
}

/// Maps a view of a section, as `MapViewOfFile` does.
fn map_view<S: Store>(
    section: &Section<S>,
    store: &S,
    (offset, len): (i64, i64),
    access: Access,
    profile: Profile,
) -> RuleResult<S::Memory> {
    if !profile.facts().granularity.divides(offset) {
        return Err(WinError::MappedAlignment.into());
    }
    if len == 0 || offset >= section.size {
        return Err(unsupported("no rule covers a view that begins at the end of its section").into());
    }
    if offset + len > whole_pages(section.size, profile.facts()) {
        return Err(WinError::AccessDenied.into());
    }
    if offset + len > section.size {
        return Err(unsupported("no rule covers a view that ends in the last page, beyond the end of the file").into());
    }
    if !section.writable && matches!(access, Access::Default | Access::Write) {
        return Err(unsupported("no rule covers a writable view of a read-only section").into());
    }
    let request = MapRequest {
        len: len as usize,
        offset: offset as u64,
        shared: access != Access::Copy,
        writable: access != Access::Read,
        ..MapRequest::default()
    };
    Ok(store.map(Some(&section.file), request)?)
}

/// `mmap.mmap(...)`
pub fn construct<S: Store>(
    store: &S,
    sections: &Sections<S>,
    args: &ConstructorArgs<S>,
    profile: Profile,
) -> RuleResult<Map<S>> {
    let Some(access) = Access::of(args.access, profile.facts()) else {
        return Err(value_error("mmap invalid access parameter."));
    };
    args.refuse_negative()?;
    match &args.fileno {
        Fileno::Number(-1 | 0) => map_section(store, sections, args, access, None, profile),
        Fileno::Number(1 | 2) => Err(unsupported("no rule covers the standard streams").into()),
        Fileno::Number(_) => Err(Errno::EBADF.into()),
        Fileno::File(file, cursor) => {
            let made = map_section(store, sections, args, access, Some((file, cursor)), profile);
            // Python seeks to the start of the file before the system refuses anything. A step without an outcome leaves
            // the position alone.
            if !matches!(made, Err(Stop::End(_) | Stop::Dies(_))) {
                cursor.position.set(0);
            }
            made
        }
    }
}

fn map_section<S: Store>(
    store: &S,
    sections: &Sections<S>,
    args: &ConstructorArgs<S>,
    access: Access,
    file: Option<(&S::File, &Rc<Cursor>)>,
    profile: Profile,
) -> RuleResult<Map<S>> {
    let len = length_or_rest(args, file.map(|(file, _)| file.size() as i64))?;
    let tag =
        args.tag.clone().map_err(|wrong| type_error(format!("expected str or None for 'tagname', not {wrong}")))?;
    let Some(size) = args.offset.checked_add(len) else {
        return Err(unsupported("no rule covers a section of this size").into());
    };
    let request = SectionRequest { file: file.map(|(file, cursor)| (file, cursor.number)), size, access, tag };
    let section = request.find_or_make(store, sections, profile.facts())?;
    let memory = map_view(&section, store, (args.offset, len), access, profile)?;
    let tracked = TrackedFile { file: file.map(|(file, _)| file.clone()), wanted: true };
    let handles = SectionHandles::new(section, file.map(|(_, cursor)| Rc::clone(cursor)));
    let sharing = Sharing { anonymous: false, shared: access != Access::Copy, locked: false };
    Ok(Map::new(memory, len as usize, args.offset, access, tracked, sharing, Protection::Read).with_handles(handles))
}

/// The requested length; 0 stands for the rest of the file from the offset on.
fn length_or_rest<S: Store>(args: &ConstructorArgs<S>, file_size: Option<i64>) -> RuleResult<i64> {
    match file_size {
        Some(size) if args.length == 0 => {
            if size == 0 {
                return Err(value_error("cannot mmap an empty file"));
            }
            if args.offset >= size {
                return Err(value_error("mmap offset is greater than file size"));
            }
            Ok(size - args.offset)
        }
        _ => Ok(args.length),
    }
}

/// `resize(len)`: closes the section and makes another one. Where that fails, the map is closed.
pub fn resize<S: Store>(map: &Map<S>, store: &S, sections: &Sections<S>, len: i64, profile: Profile) -> RuleResult {
    let Some(handles) = &map.handles else { return Err(unsupported("the map has no section").into()) };
    if map.is_closed() {
        return Err(unsupported("no rule covers the resizing of a map that a callback has closed").into());
    }
    refuse_large(map.offset + len)?;
    if map.offset > 0 && (len == 0 || is_truncation_refused(map, handles, sections, len)) {
        return Err(unsupported("no rule covers a failed resizing of a map with an offset").into());
    }
    let tag = match handles.section() {
        // The map and this match hold one reference each.
        Some(section) if section.tag.is_some() && Rc::strong_count(&section) > 2 => {
            return Err(WinError::UserMappedFile.into());
        }
        Some(section) => section.tag.clone(),
        None => None,
    };
    handles.release();
    let old = map.replace_memory(None);
    let (size, is_refused) = resize_file(map, handles, sections, len)?;
    let len = if is_refused { map.len.get() as i64 } else { len };
    let file = map.tracked.file.as_ref().zip(handles.cursor.as_ref().map(|cursor| cursor.number));
    let section = SectionRequest { file, size, access: map.access, tag }.make(store, sections, profile.facts())?;
    let memory = map_view(&section, store, (map.offset, len), map.access, profile)?;
    if let Some(old) = old.filter(|_| file.is_none()) {
        memory.copy(0, &old, 0, map.len.get().min(len as usize));
    }
    map.replace_memory(Some(memory));
    map.len.set(len as usize);
    handles.replace(section);
    if is_refused { Err(WinError::UserMappedFile.into()) } else { Ok(Value::None) }
}

/// Whether the system refuses to truncate the file because another section of it is open.
fn is_truncation_refused<S: Store>(
    map: &Map<S>,
    handles: &SectionHandles<S>,
    sections: &Sections<S>,
    len: i64,
) -> bool {
    let (Some(file), Some(cursor)) = (&map.tracked.file, &handles.cursor) else { return false };
    let own = usize::from(handles.section().is_some());
    map.offset + len < file.size() as i64 && sections.count(cursor.number) > own
}

/// Resizes the file of the map, and moves its position to the end. Returns the size of the section to make, and whether the
/// system refused to resize the file: the map then keeps its length.
fn resize_file<S: Store>(
    map: &Map<S>,
    handles: &SectionHandles<S>,
    sections: &Sections<S>,
    len: i64,
) -> RuleResult<(i64, bool)> {
    let size = map.offset + len;
    let (Some(file), Some(cursor)) = (&map.tracked.file, &handles.cursor) else { return Ok((size, false)) };
    cursor.position.set(size as u64);
    if is_truncation_refused(map, handles, sections, len) {
        return Ok((map.len.get() as i64, true));
    }
    file.set_size(size as u64)?;
    Ok((size, false))
}
