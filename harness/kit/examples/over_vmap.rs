//! `vmap::MapMut` as it is, and its suite: no rule of Python's `mmap` is added. `reports/kit/vmap.toml` lists how it differs.

use mmapcheck_kit::{Access, Error, Mapping, Region, Result};
use std::fs::File;
use vmap::{Flush, MapMut};

struct Vmap {
    memory: MapMut,
    /// A flush needs it; none for a map without a file.
    file: Option<File>,
}

fn io(error: vmap::Error) -> Error {
    Error::Io(error.into())
}

impl Mapping for Vmap {
    fn map(file: &File, region: &Region) -> Result<Vmap> {
        let mut options = MapMut::with_options();
        match region.access {
            Access::Read => return Err(Error::NotHere),
            Access::Write => options.write(),
            Access::Copy => options.copy(),
        };
        options.offset(region.offset as usize);
        if let Some(len) = region.len {
            options.len(len);
        }
        Ok(Vmap { memory: options.map(file).map_err(io)?, file: Some(file.try_clone()?) })
    }

    fn anonymous(len: usize) -> Result<Vmap> {
        Ok(Vmap { memory: MapMut::with_options().len(len).alloc().map_err(io)?, file: None })
    }

    fn len(&self) -> Result<usize> {
        Ok(self.memory.len())
    }

    fn as_slice(&self) -> Result<&[u8]> {
        Ok(&self.memory)
    }

    fn get(&self, index: usize) -> Result<u8> {
        self.memory.get(index).copied().ok_or(Error::OutOfRange)
    }

    fn set(&mut self, index: usize, byte: u8) -> Result {
        *self.memory.get_mut(index).ok_or(Error::OutOfRange)? = byte;
        Ok(())
    }

    fn flush(&self, offset: usize, len: usize) -> Result {
        let file = self.file.as_ref().ok_or(Error::NotHere)?;
        self.memory.flush_range(file, offset, len, Flush::Sync).map_err(io)
    }
}

mmapcheck_kit::suite!(Vmap, known = "../../reports/kit/vmap.toml", time = "3s", seed = 1);
