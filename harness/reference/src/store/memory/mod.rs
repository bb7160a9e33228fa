//! The store in memory: files and maps are bytes of this program, with the semantics of Linux. It calls no system, so it
//! foresees an access to a dead page instead of dying of it.
//!
//! The kernel decides two things that this store does not simulate: when it drops pages given up by `MADV_FREE` (here:
//! never), and how long bytes behind the end of a file last ([`super::Memory::lasting`]), which no rule covers.

mod files;
mod region;
mod vma;

pub use files::{SimulatedFile, SimulatedFolder};
pub use region::SimulatedRegion;

use crate::store::{Kernel, MapRequest, Store};
use files::Inode;
use mmapcheck_spec::PlatformFacts;
use mmapcheck_world::{Errno, FileHandle};
use region::{Backing, PrivatePages};
use std::rc::Rc;

/// Simulated files and maps.
pub struct MemoryStore {
    kernel: Rc<Kernel>,
    facts: &'static PlatformFacts,
}

impl MemoryStore {
    /// A store that behaves as this kernel does, with the pages and addresses of a platform.
    #[must_use]
    pub fn new(kernel: Kernel, facts: &'static PlatformFacts) -> MemoryStore {
        MemoryStore { kernel: Rc::new(kernel), facts }
    }
}

impl Store for MemoryStore {
    type Folder = SimulatedFolder;
    type File = SimulatedFile;
    type Memory = SimulatedRegion;

    fn kernel(&self) -> &Kernel {
        &self.kernel
    }

    fn anonymous_file(&self, size: u64) -> Result<SimulatedFile, Errno> {
        Ok(SimulatedFile::anonymous(size as usize, self.facts.page))
    }

    fn map(&self, file: Option<&SimulatedFile>, request: MapRequest) -> Result<SimulatedRegion, Errno> {
        let anonymous = || Rc::new(Inode::anonymous(request.len, self.facts.page));
        let (inode, offset, backing) = match file {
            // The device of zeros. A map that cannot become writable is private.
            Some(file) if file.irregular().is_some() => match request.shared && file.mode().writes() {
                true => (anonymous(), request.offset, Backing::Shared { writes: true }),
                false => (anonymous(), 0, Backing::Anonymous { device: true }),
            },
            Some(file) if request.shared => {
                (Rc::clone(file.inode()), request.offset, Backing::Shared { writes: file.mode().writes() })
            }
            Some(file) => (Rc::clone(file.inode()), request.offset, Backing::Private(PrivatePages::default())),
            None if request.shared => (anonymous(), 0, Backing::Shared { writes: true }),
            None => (anonymous(), 0, Backing::Anonymous { device: false }),
        };
        let (kernel, request) = (Rc::clone(&self.kernel), MapRequest { offset, ..request });
        let region = SimulatedRegion::new(inode, request, backing, kernel, self.facts);
        if (request.populate || request.locked) && request.writable {
            region.populate(0);
        }
        Ok(region)
    }
}
