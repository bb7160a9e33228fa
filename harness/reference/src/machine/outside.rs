//! The reference for a program outside a case: it maps the files of others, and lends its memory.

use super::Reference;
use crate::state::map::Access;
use crate::store::Memory;
use mmapcheck_spec::{End, Slot};
use mmapcheck_world::{Errno, OpenFile};
use std::os::fd::BorrowedFd;

/// A buffer of a map, exported as Python exports it.
#[derive(Clone, Copy, Debug)]
pub struct Buffer {
    /// The first byte. It stays where it is until [`Reference::release`].
    pub start: *const u8,
    /// The number of bytes. Those in a page without a file behind it must not be touched.
    pub len: usize,
    /// Whether Python lets a program write to it.
    pub writable: bool,
}

impl Reference {
    /// Binds a slot to the file of a descriptor that somebody else opened. The descriptor is duplicated.
    ///
    /// # Errors
    /// As `fcntl`, and `EBADF` for an unknown slot.
    pub fn adopt(&mut self, slot: Slot, descriptor: BorrowedFd<'_>) -> Result<(), Errno> {
        let file = OpenFile::of(descriptor)?;
        self.processes.files.get_mut().objects.adopt(slot, file).map_err(|_| Errno::EBADF)
    }

    /// Reads the size of the file of a slot from the system, if the slot is bound: somebody else may have changed it.
    pub fn notice_size(&self, slot: Slot) {
        if let Ok(file) = self.processes.files.borrow().objects.file(slot) {
            file.notice_size();
        }
    }

    /// Exports a buffer of a map, which can then be neither closed nor resized; none of a closed map.
    ///
    /// # Errors
    /// Where the slot is not bound.
    pub fn export(&self, slot: Slot) -> Result<Option<Buffer>, End> {
        let map = self.processes.map(slot)?;
        let buffer = map.with_memory(|memory| {
            let (start, may_be_written) = memory.start();
            Buffer { start, len: map.len.get(), writable: may_be_written && map.access != Access::Read }
        });
        if buffer.is_some() {
            map.exports.set(map.exports.get() + 1);
        }
        Ok(buffer)
    }

    /// Takes an exported buffer back.
    ///
    /// # Errors
    /// Where the slot is not bound.
    pub fn release(&self, slot: Slot) -> Result<(), End> {
        let exports = &self.processes.map(slot)?.exports;
        exports.set(exports.get().saturating_sub(1));
        Ok(())
    }

    /// The first byte of a map that lies in a page without a file behind it, counted from the start of the file; none where
    /// every byte is live.
    ///
    /// # Errors
    /// Where the slot is not bound.
    pub fn first_dead_byte(&self, slot: Slot) -> Result<Option<u64>, End> {
        let map = self.processes.map(slot)?;
        let live = map.with_memory(|memory| memory.live());
        Ok(live.filter(|live| *live < map.len.get()).map(|live| map.offset as u64 + live as u64))
    }
}
