//! A type over `memmap2::MmapMut`, and its suite: the example of the README.
#![expect(unsafe_code, reason = "mapping a file is unsafe in memmap2")]

use memmap2::{MmapMut, MmapOptions, RemapOptions};
use mmapcheck_kit::{Access, Error, Mapping, Region, Result};
use std::fs::File;
use std::io::{self, SeekFrom};

/// A shared map of a file, with a position.
pub struct MyMap {
    memory: Option<MmapMut>,
    file: File,
    position: usize,
}

const PAGE: usize = 4096;

fn einval() -> Error {
    Error::Io(io::Error::from_raw_os_error(22))
}

impl MyMap {
    fn memory(&self) -> Result<&MmapMut> {
        self.memory.as_ref().ok_or(Error::Closed)
    }

    fn memory_mut(&mut self) -> Result<&mut MmapMut> {
        self.memory.as_mut().ok_or(Error::Closed)
    }

    /// The range of so many bytes, if it lies in the map.
    fn range(&self, start: usize, count: usize) -> Result<std::ops::Range<usize>> {
        let end = start.checked_add(count).filter(|end| self.memory().is_ok_and(|memory| *end <= memory.len()));
        self.memory()?;
        Ok(start..end.ok_or(Error::OutOfRange)?)
    }
}

impl Mapping for MyMap {
    fn map(file: &File, region: &Region) -> Result<MyMap> {
        if region.access != Access::Write || region.offset > 0 {
            return Err(Error::NotHere);
        }
        let size = file.metadata()?.len() as usize;
        let len = region.len.unwrap_or(size);
        if size == 0 || len > size {
            return Err(Error::Invalid);
        }
        // SAFETY: the suite truncates the file on purpose, in a process of its own.
        let memory = unsafe { MmapOptions::new().len(len).map_mut(file)? };
        Ok(MyMap { memory: Some(memory), file: file.try_clone()?, position: 0 })
    }

    fn len(&self) -> Result<usize> {
        Ok(self.memory()?.len())
    }

    fn as_slice(&self) -> Result<&[u8]> {
        Ok(self.memory()?)
    }

    fn get(&self, index: usize) -> Result<u8> {
        self.memory()?.get(index).copied().ok_or(Error::OutOfRange)
    }

    fn set(&mut self, index: usize, byte: u8) -> Result {
        *self.memory_mut()?.get_mut(index).ok_or(Error::OutOfRange)? = byte;
        Ok(())
    }

    fn get_range(&self, start: usize, end: usize) -> Result<Vec<u8>> {
        let memory = self.memory()?;
        let end = end.min(memory.len());
        Ok(memory[start.min(end)..end].to_vec())
    }

    fn set_range(&mut self, start: usize, bytes: &[u8]) -> Result {
        // An empty slice lies anywhere.
        let range = self.range(if bytes.is_empty() { 0 } else { start }, bytes.len())?;
        self.memory_mut()?[range].copy_from_slice(bytes);
        Ok(())
    }

    fn find(&self, needle: &[u8], start: usize, end: usize) -> Result<Option<usize>> {
        let memory = self.memory()?;
        let end = end.min(memory.len());
        let starts = start..(end + 1).saturating_sub(needle.len()).max(start);
        Ok(starts.into_iter().find(|at| memory[*at..].starts_with(needle)))
    }

    fn move_range(&mut self, dest: usize, src: usize, count: usize) -> Result {
        let (dest, src) = (self.range(dest, count)?, self.range(src, count)?);
        self.memory_mut()?.copy_within(src, dest.start);
        Ok(())
    }

    fn tell(&self) -> Result<u64> {
        self.memory()?;
        Ok(self.position as u64)
    }

    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        let len = self.len()?;
        let place = match to {
            SeekFrom::Start(place) => i128::from(place),
            SeekFrom::Current(distance) => self.position as i128 + i128::from(distance),
            SeekFrom::End(distance) => len as i128 + i128::from(distance),
        };
        self.position = usize::try_from(place).ok().filter(|place| *place <= len).ok_or(Error::OutOfRange)?;
        Ok(self.position as u64)
    }

    fn read(&mut self, count: usize) -> Result<Vec<u8>> {
        let end = self.position.saturating_add(count);
        let bytes = self.get_range(self.position, end)?;
        self.position += bytes.len();
        Ok(bytes)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        let range = self.range(self.position, bytes.len())?;
        self.memory_mut()?[range].copy_from_slice(bytes);
        self.position += bytes.len();
        Ok(bytes.len())
    }

    fn resize(&mut self, len: usize) -> Result {
        self.memory()?;
        self.file.set_len(len as u64)?;
        if len == 0 {
            return Err(einval());
        }
        // SAFETY: as for the map itself.
        unsafe { self.memory_mut()?.remap(len, RemapOptions::new().may_move(true))? };
        Ok(())
    }

    fn flush(&self, offset: usize, len: usize) -> Result {
        self.range(offset, len)?;
        if !offset.is_multiple_of(PAGE) {
            return Err(einval());
        }
        Ok(self.memory()?.flush_range(offset, len)?)
    }

    fn file_size(&self) -> Result<u64> {
        self.memory()?;
        Ok(self.file.metadata()?.len())
    }

    fn close(&mut self) -> Result {
        self.memory = None;
        Ok(())
    }

    fn is_closed(&self) -> Result<bool> {
        Ok(self.memory.is_none())
    }
}

mmapcheck_kit::suite!(MyMap);
