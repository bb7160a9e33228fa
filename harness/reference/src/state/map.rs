//! Maps, and the ways to access their memory.

use crate::result::{RuleResult, Stop, buffer_error, unsupported, value_error};
use crate::state::class::Class;
use crate::state::section::SectionHandles;
use crate::store::{Direction, Kernel, Memory, Store};
use mmapcheck_spec::constants::{
    ACCESS_COPY, ACCESS_DEFAULT, ACCESS_READ, ACCESS_WRITE, Constant, PROT_EXEC, PROT_READ, PROT_WRITE,
};
use mmapcheck_spec::{Content, Detail, MapState, PlatformFacts, Profile, Signal};
use mmapcheck_world::FileHandle;
use std::cell::{Cell, Ref, RefCell};
use std::ops::Range;

/// The access of a map, as its `repr` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// `ACCESS_DEFAULT`: reading, writing and resizing; also of a private map made by `flags`.
    Default,
    /// `ACCESS_READ`: reading.
    Read,
    /// `ACCESS_WRITE`: as `Default`, requested by `access` or by a `prot` without `PROT_READ`.
    Write,
    /// `ACCESS_COPY`: reading, and writing to private pages.
    Copy,
}

impl Access {
    /// The access that a number stands for; `None` where it stands for none.
    pub fn of(number: i32, facts: &PlatformFacts) -> Option<Access> {
        Some(match facts.constant("ACCESS_", number)? {
            ACCESS_DEFAULT => Access::Default,
            ACCESS_READ => Access::Read,
            ACCESS_WRITE => Access::Write,
            ACCESS_COPY => Access::Copy,
            _ => return None,
        })
    }
}

/// The owner of the memory of a map, as the flags of the constructor decide it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sharing {
    /// The memory belongs to no file.
    pub anonymous: bool,
    /// The flags lack `MAP_PRIVATE`: Python calls the memory shared, although that of `MAP_DROPPABLE` is not.
    pub shared: bool,
    /// The pages stay in memory.
    pub locked: bool,
}

/// The file that a map keeps a descriptor of.
#[derive(Clone, Copy, Debug)]
pub struct TrackedFile<F> {
    /// `None` where the map keeps no descriptor: an anonymous map, or `trackfd=False`.
    pub file: Option<F>,
    /// The argument `trackfd`.
    pub wanted: bool,
}

/// A Python `mmap` object.
pub struct Map<S: Store> {
    /// `None` once the map is closed.
    memory: RefCell<Option<S::Memory>>,
    pub(crate) len: Cell<usize>,
    pub(crate) position: Cell<usize>,
    /// How many buffers of the map are exported.
    pub(crate) exports: Cell<usize>,
    pub(crate) offset: i64,
    pub(crate) access: Access,
    pub(crate) tracked: TrackedFile<S::File>,
    sharing: Sharing,
    protection: Protection,
    pub(crate) class: Class,
    /// On Windows: the handles of the section and the file.
    pub(crate) handles: Option<SectionHandles<S>>,
}

/// The protection of memory, as far as an access can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// The memory can be read. Rules refuse a write to read-only memory before it happens.
    Read,
    /// The memory cannot be accessed.
    None,
}

impl Protection {
    /// The protection that `PROT_*` bits request. On x86, writable memory is readable, and so is executable memory, unless the
    /// processor has protection keys and no other bit is set.
    pub fn of(prot: i32, facts: &PlatformFacts, kernel: &Kernel) -> Protection {
        let execute = facts.bits(&[PROT_EXEC]);
        match prot & (execute | facts.bits(&[PROT_READ, PROT_WRITE])) {
            0 => Protection::None,
            _ if prot == execute && kernel.executes_only => Protection::None,
            _ => Protection::Read,
        }
    }
}

impl<S: Store> Map<S> {
    /// A map of all of `len` bytes of memory.
    pub fn new(
        memory: S::Memory,
        len: usize,
        offset: i64,
        access: Access,
        tracked: TrackedFile<S::File>,
        sharing: Sharing,
        protection: Protection,
    ) -> Map<S> {
        Map {
            memory: RefCell::new(Some(memory)),
            len: Cell::new(len),
            position: Cell::new(0),
            exports: Cell::new(0),
            offset,
            access,
            tracked,
            sharing,
            protection,
            class: Class::Mmap,
            handles: None,
        }
    }

    /// The copy of the map in a child process, without exported buffers. `None` where the child does not inherit the memory.
    pub fn fork(&self) -> Option<Map<S>> {
        let memory = self.memory.borrow();
        let memory = match &*memory {
            Some(memory) => Some(memory.fork()?),
            None => None,
        };
        Some(Map {
            memory: RefCell::new(memory),
            len: self.len.clone(),
            position: self.position.clone(),
            exports: Cell::new(0),
            tracked: self.tracked.clone(),
            class: self.class.clone(),
            sharing: Sharing { locked: false, ..self.sharing },
            handles: None,
            ..*self
        })
    }

    /// The map as an object of a class.
    pub fn of_class(self, class: Class) -> Map<S> {
        Map { class, ..self }
    }

    /// The map with the handles of its section, on Windows.
    pub fn with_handles(self, handles: SectionHandles<S>) -> Map<S> {
        Map { handles: Some(handles), ..self }
    }

    /// Whether the map is closed.
    pub fn is_closed(&self) -> bool {
        self.memory.borrow().is_none()
    }

    /// Whether the map is anonymous, open or closed.
    pub fn is_anonymous(&self) -> bool {
        self.sharing.anonymous
    }

    /// Whether Python calls the memory of the map shared.
    pub fn is_shared(&self) -> bool {
        self.sharing.shared
    }

    /// Whether the pages of the map stay in memory.
    pub fn is_locked(&self) -> bool {
        self.sharing.locked
    }

    /// Refuses a closed map before a method converts its arguments, in the versions that check so early.
    pub fn check_open_before_arguments(&self, profile: Profile) -> RuleResult<()> {
        if profile.methods_convert_first() { Ok(()) } else { self.check_open() }
    }

    /// Refuses a closed map after a method has converted its arguments, in the versions that check there. The others check
    /// again when they access its memory.
    pub fn check_open_after_arguments(&self, profile: Profile) -> RuleResult<()> {
        if profile.methods_convert_first() { self.check_open() } else { Ok(()) }
    }

    /// Refuses a closed map.
    pub fn check_open(&self) -> RuleResult<()> {
        self.open().map(|_| ())
    }

    /// The memory of an open map. This is the first check of nearly every operation.
    pub fn open(&self) -> RuleResult<Open<'_, S>> {
        let memory = Ref::filter_map(self.memory.borrow(), Option::as_ref);
        match memory {
            Ok(memory) => Ok(Open { map: self, memory }),
            Err(_) => Err(value_error("mmap closed or invalid")),
        }
    }

    /// Closes the map; closing it again has no effect. A map with exported buffers refuses.
    pub fn close(&self) -> RuleResult<()> {
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

    /// Replaces the memory of the map; `None` closes it. Returns the memory it had.
    pub fn replace_memory(&self, memory: Option<S::Memory>) -> Option<S::Memory> {
        self.memory.replace(memory)
    }

    /// How many bytes lie between the position and the end; 0 where the position is beyond the end.
    pub fn remaining(&self) -> usize {
        self.len.get().saturating_sub(self.position.get())
    }

    /// The size in bytes of the file that the map keeps a descriptor of.
    pub fn file_size(&self) -> Option<u64> {
        self.tracked.file.as_ref().map(FileHandle::size)
    }

    /// The map in a snapshot.
    pub fn look(&self, closely: bool, detail: Detail) -> MapState {
        let Ok(open) = self.open() else { return MapState::Closed };
        let len = self.len.get() as i64;
        MapState::Open {
            pos: self.position.get() as i64,
            len,
            content: (self.protection == Protection::Read && detail.takes_bytes(len, closely))
                .then(|| open.content(detail)),
        }
    }
}

/// The most bytes that the C library is certain to read as a whole before it writes any, and to write even onto themselves:
/// as glibc for x86-64 does with the smallest registers that it uses. Seen with the largest registers: a copy of 512 bytes
/// onto themselves writes, and one of 513 does not.
const COPIED_AT_ONCE: usize = 128;

/// The memory of an open map. An access that would kill the process ends the step instead.
pub struct Open<'a, S: Store> {
    map: &'a Map<S>,
    memory: Ref<'a, S::Memory>,
}

impl<S: Store> Open<'_, S> {
    /// Checks that all of `count` bytes can be accessed.
    pub fn touch(&self, at: usize, count: usize) -> RuleResult<()> {
        if count == 0 {
            return Ok(());
        }
        if self.map.protection == Protection::None {
            return Err(Stop::Dies(Signal::Segv));
        }
        if at + count > self.memory.live() {
            return Err(Stop::Dies(Signal::Bus));
        }
        Ok(())
    }

    /// Checks that all of `count` bytes can be written and keep their values.
    pub fn touch_to_write(&self, at: usize, count: usize) -> RuleResult<()> {
        self.touch(at, count)?;
        if count > 0 && at + count > self.memory.lasting() {
            return Err(unsupported("the kernel decides how long bytes written beyond the end of a file last").into());
        }
        Ok(())
    }

    /// The byte at an index.
    pub fn byte(&self, at: usize) -> RuleResult<u8> {
        self.touch(at, 1)?;
        Ok(self.memory.byte(at))
    }

    /// Writes the byte at an index.
    pub fn set(&self, at: usize, value: u8) -> RuleResult<()> {
        self.touch_to_write(at, 1)?;
        self.memory.set(at, value);
        Ok(())
    }

    /// A copy of `count` bytes.
    pub fn read(&self, at: usize, count: usize) -> RuleResult<Vec<u8>> {
        if count == 0 {
            return Ok(Vec::new());
        }
        self.touch(at, count)?;
        Ok(self.memory.read(at, count))
    }

    /// Writes bytes.
    pub fn write(&self, at: usize, bytes: &[u8]) -> RuleResult<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.touch_to_write(at, bytes.len())?;
        self.memory.write(at, bytes);
        Ok(())
    }

    /// Copies `count` bytes of another map, or of this one.
    pub fn copy(&self, at: usize, from: &Open<'_, S>, start: usize, count: usize) -> RuleResult<()> {
        if count == 0 {
            return Ok(());
        }
        if count > COPIED_AT_ONCE
            && at == start
            && std::ptr::eq(self.map, from.map)
            && from.touch(start, count).is_err()
        {
            return Err(
                unsupported("whether a copy of bytes onto themselves accesses them depends on the C library").into()
            );
        }
        from.touch(start, count)?;
        self.touch_to_write(at, count)?;
        // The C library of Windows copies even a few bytes of another view one by one. Seen under Wine.
        let apart = self.map.handles.is_some() && !std::ptr::eq(self.map, from.map);
        let at_once = if apart { 0 } else { COPIED_AT_ONCE };
        if count > at_once && !self.memory.copy_is_defined(at, &from.memory, start, count) {
            return Err(unsupported("the result of an overlapping copy of many bytes depends on the C library").into());
        }
        self.memory.copy(at, &from.memory, start, count);
        Ok(())
    }

    /// The index of a needle, which is not empty, within a range. A search ends at the first match, and does not access dead
    /// memory behind it.
    pub fn find(&self, range: Range<usize>, needle: &[u8], direction: Direction) -> RuleResult<Option<usize>> {
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
        // A search that goes on must access a candidate whose bytes are all dead. Without such a candidate, it may or may not
        // die.
        Err(if live + needle.len() <= end {
            Stop::Dies(Signal::Bus)
        } else {
            unsupported(
                "whether a search accesses a match candidate that ends beyond the last live page is not specified",
            )
            .into()
        })
    }

    /// Advises the kernel; `start` is a multiple of the page size.
    pub fn advise(&self, advice: Constant, start: usize, len: usize) -> RuleResult<()> {
        Ok(self.memory.advise(advice, start, len)?)
    }

    /// The content up to the first dead page.
    fn content(&self, detail: Detail) -> Content {
        let count = self.map.len.get().min(self.memory.live());
        let bytes = detail.keeps_bytes(count as u64).then(|| self.memory.read(0, count));
        Content { len: count as u64, digest: self.memory.digest(count), bytes }
    }
}
