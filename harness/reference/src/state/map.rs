//! The state of a map, and the ways its memory is touched.

use crate::result::{Answer, buffer_error, unsupported, value_error};
use crate::rules::section::Handles;
use crate::store::{Direction, Memory, Store};
use mmapcheck_spec::constants::{MAP_ANONYMOUS, MAP_SHARED, PROT_EXEC, PROT_READ, PROT_WRITE};
use mmapcheck_spec::{Content, Detail, End, MapState, Profile};
use std::cell::{Cell, Ref, RefCell};
use std::ops::Range;

/// What a map lets its user do, as its `repr` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reading, writing and resizing; also of a private map made by `flags`.
    Default,
    /// Reading.
    Read,
    /// As `Default`, asked for by name or by `prot` without reading.
    Write,
    /// Reading, and writing that nobody else sees.
    Copy,
}

/// The file a map keeps a descriptor of.
#[derive(Clone, Copy, Debug)]
pub struct Tracked<F> {
    /// None where no descriptor is kept: an anonymous map, or `trackfd=False`.
    pub file: Option<F>,
    /// The argument `trackfd`.
    pub wanted: bool,
}

/// A Python `mmap` object.
pub struct Map<S: Store> {
    /// None once the map is closed.
    memory: RefCell<Option<S::Memory>>,
    pub(crate) len: Cell<usize>,
    pub(crate) position: Cell<usize>,
    /// How many buffers of it are exported.
    pub(crate) exports: Cell<usize>,
    pub(crate) offset: i64,
    pub(crate) access: Access,
    pub(crate) tracked: Tracked<S::File>,
    /// What the kernel was told of the kind of map: `MAP_*` bits.
    flags: i32,
    rights: Rights,
    /// Where it is a view of a section: what it holds of that.
    pub(crate) handles: Option<Handles<S>>,
}

/// What `prot` lets be done with memory, as far as anyone can tell by touching it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rights {
    /// It can be read; who may not write to it is refused before.
    Read,
    /// It can be run: whether it can be read as well is up to the processor.
    Run,
    /// It cannot be touched.
    None,
}

impl Rights {
    /// By the bits of `PROT_*`. What can be written can be read, on x86.
    pub fn of(prot: i32) -> Rights {
        match prot {
            _ if prot & (PROT_READ | PROT_WRITE) != 0 => Rights::Read,
            _ if prot & PROT_EXEC != 0 => Rights::Run,
            _ => Rights::None,
        }
    }
}

/// The signal of touching memory of a map that has no right to it.
const SIGSEGV: i32 = 11;
/// The signal of touching a page that lies wholly beyond the end of the file.
const SIGBUS: i32 = 7;

impl<S: Store> Map<S> {
    /// A map of all of `len` bytes of memory.
    pub fn new(
        memory: S::Memory,
        len: usize,
        offset: i64,
        access: Access,
        tracked: Tracked<S::File>,
        flags: i32,
        rights: Rights,
    ) -> Map<S> {
        Map {
            memory: RefCell::new(Some(memory)),
            len: Cell::new(len),
            position: Cell::new(0),
            exports: Cell::new(0),
            offset,
            access,
            tracked,
            flags,
            rights,
            handles: None,
        }
    }

    /// The same map in a child of this process, of which no buffer is exported yet. None where the child does not get its
    /// memory.
    pub fn of_child(&self) -> Option<Map<S>> {
        let memory = self.memory.borrow();
        let memory = match &*memory {
            Some(memory) => Some(memory.of_child()?),
            None => None,
        };
        Some(Map {
            memory: RefCell::new(memory),
            len: self.len.clone(),
            position: self.position.clone(),
            exports: Cell::new(0),
            tracked: self.tracked.clone(),
            handles: None,
            ..*self
        })
    }

    /// The map as a view of a section.
    pub fn of_section(self, handles: Handles<S>) -> Map<S> {
        Map { handles: Some(handles), ..self }
    }

    /// Whether it is closed.
    pub fn is_closed(&self) -> bool {
        self.memory.borrow().is_none()
    }

    /// Whether its memory is of no file. A closed map still knows.
    pub fn is_anonymous(&self) -> bool {
        self.flags & MAP_ANONYMOUS != 0
    }

    /// Whether others see what is written.
    pub fn is_shared(&self) -> bool {
        self.flags & MAP_SHARED != 0
    }

    /// Refuses a closed map before a method converts its arguments, in the versions that do so.
    pub fn open_to_arguments(&self, profile: Profile) -> Answer<()> {
        if profile.methods_convert_first() { Ok(()) } else { self.check_open() }
    }

    /// Refuses a closed map after a method has converted its arguments, in the versions that do so. The others look again
    /// when they come to its memory.
    pub fn open_after_arguments(&self, profile: Profile) -> Answer<()> {
        if profile.methods_convert_first() { self.check_open() } else { Ok(()) }
    }

    /// Refuses a closed map.
    pub fn check_open(&self) -> Answer<()> {
        self.open().map(|_| ())
    }

    /// The memory of an open map. This is the first check of nearly every operation.
    pub fn open(&self) -> Answer<Open<'_, S>> {
        let memory = Ref::filter_map(self.memory.borrow(), Option::as_ref);
        match memory {
            Ok(memory) => Ok(Open { map: self, memory }),
            Err(_) => Err(value_error("mmap closed or invalid")),
        }
    }

    /// Closes the map; closing again does nothing.
    pub fn close(&self) -> Answer<()> {
        if self.exports.get() > 0 {
            return Err(buffer_error("cannot close exported pointers exist"));
        }
        *self.memory.borrow_mut() = None;
        if let Some(handles) = &self.handles {
            handles.release();
        }
        Ok(())
    }

    /// Changes the memory of an open map.
    pub fn with_memory<T>(&self, change: impl FnOnce(&mut S::Memory) -> T) -> Option<T> {
        self.memory.borrow_mut().as_mut().map(change)
    }

    /// Gives the map other memory, or none, in place of what it has.
    pub fn replace_memory(&self, memory: Option<S::Memory>) -> Option<S::Memory> {
        self.memory.replace(memory)
    }

    /// How many bytes lie between the position and the end.
    pub fn remaining(&self) -> usize {
        self.len.get().saturating_sub(self.position.get())
    }

    /// The size of the file a descriptor is kept of.
    pub fn file_size(&self) -> Option<u64> {
        self.tracked.file.as_ref().map(S::size)
    }

    /// What can be seen of it.
    pub fn look(&self, closely: bool, detail: Detail) -> MapState {
        let Ok(open) = self.open() else { return MapState::Closed };
        let len = self.len.get() as i64;
        MapState::Open {
            pos: self.position.get() as i64,
            len,
            content: (self.rights == Rights::Read && detail.takes_bytes(len, closely)).then(|| open.content(detail)),
        }
    }
}

/// How many bytes at most the C library reads before it writes any, and writes whatever they are: as glibc for x86-64 does
/// with the smallest registers it uses. Seen with the largest: 512 are copied onto themselves, and 513 are left alone.
const SURELY_COPIED: usize = 128;

/// An open map: its memory, touched only where that is no death.
pub struct Open<'a, S: Store> {
    map: &'a Map<S>,
    memory: Ref<'a, S::Memory>,
}

impl<S: Store> Open<'_, S> {
    /// Whether `count` bytes can be touched, all of them.
    pub fn touch(&self, at: usize, count: usize) -> Answer<()> {
        if count == 0 {
            return Ok(());
        }
        match self.map.rights {
            Rights::Read => {}
            Rights::Run => {
                return Err(unsupported("whether memory that can be run can be read is up to the processor").into());
            }
            Rights::None => return Err(End::Died(SIGSEGV).into()),
        }
        if at + count > self.memory.live() {
            return Err(End::Died(SIGBUS).into());
        }
        Ok(())
    }

    /// Whether `count` bytes can be written and stay.
    pub fn touch_to_write(&self, at: usize, count: usize) -> Answer<()> {
        self.touch(at, count)?;
        if count > 0 && at + count > self.memory.lasting() {
            return Err(
                unsupported("what is written beyond the end of a file stays as long as the kernel likes").into()
            );
        }
        Ok(())
    }

    /// The byte at a place.
    pub fn byte(&self, at: usize) -> Answer<u8> {
        self.touch(at, 1)?;
        Ok(self.memory.byte(at))
    }

    /// Writes the byte at a place.
    pub fn set(&self, at: usize, value: u8) -> Answer<()> {
        self.touch_to_write(at, 1)?;
        self.memory.set(at, value);
        Ok(())
    }

    /// A copy of `count` bytes.
    pub fn read(&self, at: usize, count: usize) -> Answer<Vec<u8>> {
        if count == 0 {
            return Ok(Vec::new());
        }
        self.touch(at, count)?;
        Ok(self.memory.read(at, count))
    }

    /// Writes bytes.
    pub fn write(&self, at: usize, bytes: &[u8]) -> Answer<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.touch_to_write(at, bytes.len())?;
        self.memory.write(at, bytes);
        Ok(())
    }

    /// Copies `count` bytes of another map or of this one.
    pub fn copy(&self, at: usize, from: &Open<'_, S>, start: usize, count: usize) -> Answer<()> {
        if count == 0 {
            return Ok(());
        }
        if count > SURELY_COPIED && at == start && std::ptr::eq(self.map, from.map) && from.touch(start, count).is_err()
        {
            return Err(unsupported("whether bytes that stay in their place are touched is up to the C library").into());
        }
        from.touch(start, count)?;
        self.touch_to_write(at, count)?;
        // Windows' C library copies even a few bytes of another view one by one: seen under Wine.
        let apart = self.map.handles.is_some() && !std::ptr::eq(self.map, from.map);
        let sure = if apart { 0 } else { SURELY_COPIED };
        if count > sure && !self.memory.copies_one_way(at, &from.memory, start, count) {
            return Err(unsupported("what becomes of many bytes copied onto themselves is up to the C library").into());
        }
        self.memory.copy(at, &from.memory, start, count);
        Ok(())
    }

    /// Where in the range a needle that is not empty lies. A search ends where it has found, so that dead memory behind that
    /// is not touched.
    pub fn find(&self, range: Range<usize>, needle: &[u8], direction: Direction) -> Answer<Option<usize>> {
        let Range { start, end } = range;
        if range.len() < needle.len() {
            return Ok(None);
        }
        self.touch(start, 1)?;
        let live = end.min(self.memory.live());
        let found = match direction {
            Direction::Backward if live < end => None,
            _ => self.memory.find(start..live, needle, direction),
        };
        if found.is_some() || live == end {
            return Ok(found);
        }
        // Whoever goes on must touch a place that is dead as a whole. Where there is none, he may or may not.
        Err(if live + needle.len() <= end {
            End::Died(SIGBUS).into()
        } else {
            unsupported("how a search looks at what ends behind the last live page is its own affair").into()
        })
    }

    /// Advises the kernel; `start` is in whole pages.
    pub fn advise(&self, advice: i32, start: usize, len: usize) -> Answer<()> {
        Ok(self.memory.advise(advice, start, len)?)
    }

    /// The bytes before the first page that cannot be touched.
    fn content(&self, detail: Detail) -> Content {
        let count = self.map.len.get().min(self.memory.live());
        let bytes = (detail == Detail::Full).then(|| self.memory.read(0, count));
        Content { len: count as u64, digest: self.memory.digest(count), bytes }
    }
}
