//! `mmap_io::MemoryMappedFile` as it is, and its suite: no rule of Python's `mmap` is added. `reports/kit/mmap-io.toml` lists how
//! it differs.

use mmap_io::{MemoryMappedFile, MmapIoError, MmapMode};
use mmapcheck_kit::{Access, Error, Mapping, Region, Result};
use std::fs::File;

struct MmapIo(MemoryMappedFile);

fn error(error: MmapIoError) -> Error {
    match error {
        MmapIoError::OutOfBounds { .. } => Error::OutOfRange,
        MmapIoError::InvalidMode(_) => Error::ReadOnly,
        MmapIoError::Io(error) => Error::Io(error),
        _ => Error::Invalid,
    }
}

impl Mapping for MmapIo {
    fn map(file: &File, region: &Region) -> Result<MmapIo> {
        let mode = match region.access {
            Access::Read => MmapMode::ReadOnly,
            Access::Write => MmapMode::ReadWrite,
            Access::Copy => return Err(Error::NotHere),
        };
        if region.len.is_some() || region.offset > 0 {
            return Err(Error::NotHere);
        }
        MemoryMappedFile::from_file(file.try_clone()?, mode, "f").map(MmapIo).map_err(error)
    }

    fn len(&self) -> Result<usize> {
        Ok(self.0.len() as usize)
    }

    fn get(&self, index: usize) -> Result<u8> {
        let mut byte = [0];
        self.0.read_into(index as u64, &mut byte).map_err(error)?;
        Ok(byte[0])
    }

    fn set(&mut self, index: usize, byte: u8) -> Result {
        self.0.update_region(index as u64, &[byte]).map_err(error)
    }

    fn get_range(&self, start: usize, end: usize) -> Result<Vec<u8>> {
        let end = end.min(self.len()?);
        let mut bytes = vec![0; end.saturating_sub(start)];
        self.0.read_into(start as u64, &mut bytes).map_err(error)?;
        Ok(bytes)
    }

    fn set_range(&mut self, start: usize, bytes: &[u8]) -> Result {
        self.0.update_region(start as u64, bytes).map_err(error)
    }

    fn resize(&mut self, len: usize) -> Result {
        self.0.resize(len as u64).map_err(error)
    }

    fn flush(&self, offset: usize, len: usize) -> Result {
        self.0.flush_range(offset as u64, len as u64).map_err(error)
    }
}

mmapcheck_kit::suite!(MmapIo, known = "../../reports/kit/mmap-io.toml", time = "3s", seed = 1);
