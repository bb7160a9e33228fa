//! What this process holds: how many descriptors, how much address space, and which files lie about in its working folder.
//! Only Linux tells, and only a process in which nothing else happens can be asked.

use mmapcheck_spec::{Leaks, ObjectKind, SLOTS, Slot};
use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags};
use rustix::process::Pid;
use std::fs::File;
use std::io::Result;
use std::os::fd::OwnedFd;
use std::path::Path;

/// Where a process finds its descriptors. Since Linux 6.2 the size of this folder is how many there are.
const DESCRIPTORS: &str = "/proc/self/fd";

/// Counts what this process holds.
pub struct Census {
    /// `/proc/self/statm`, and which process that was when it was opened.
    memory: Option<(Pid, File)>,
    /// Where the files of cases are.
    folder: OwnedFd,
}

/// What was held at one time.
#[derive(Clone, Copy, Debug)]
pub struct Holdings {
    descriptors: i64,
    pages: i64,
}

impl Census {
    /// A census of this process, whose cases have their files in this folder.
    ///
    /// # Errors
    /// Where the system does not tell.
    pub fn new(folder: &Path) -> Result<Census> {
        let folder = rustix::fs::open(folder, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        let mut census = Census { memory: None, folder };
        census.take()?;
        Ok(census)
    }

    /// What is held now.
    ///
    /// # Errors
    /// Where the system does not tell.
    pub fn take(&mut self) -> Result<Holdings> {
        Ok(Holdings { pages: self.pages()?, descriptors: descriptors()? })
    }

    /// What is held more than before. Files that lie about are removed, so that they are new each time.
    ///
    /// # Errors
    /// Where the system does not tell.
    pub fn leaks(&mut self, before: Holdings) -> Result<Leaks> {
        let now = self.take()?;
        Ok(Leaks {
            descriptors: now.descriptors - before.descriptors,
            pages: (now.pages - before.pages).max(0),
            stray_files: self.sweep_out()?,
        })
    }

    /// The size of the address space, in pages: the first number of `statm`.
    fn pages(&mut self) -> Result<i64> {
        let process = rustix::process::getpid();
        let file = match self.memory.take() {
            Some((of, file)) if of == process => file,
            _ => File::open("/proc/self/statm")?,
        };
        let mut text = [0; 64];
        let count = rustix::io::pread(&file, &mut text, 0)?;
        self.memory = Some((process, file));
        Ok(text[..count].iter().take_while(|c| c.is_ascii_digit()).fold(0, |n, c| n * 10 + i64::from(c - b'0')))
    }

    /// Removes what is no file of a case from the working folder; how many that were.
    fn sweep_out(&self) -> Result<i64> {
        let mut count = 0;
        for entry in Dir::read_from(&self.folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let ours = |slot| ObjectKind::File.name(slot as Slot).as_bytes() == name.to_bytes();
            if [b".".as_slice(), b".."].contains(&name.to_bytes()) || (0..SLOTS).any(ours) {
                continue;
            }
            count += 1;
            if entry.file_type() != FileType::Directory {
                rustix::fs::unlinkat(&self.folder, name, AtFlags::empty())?;
            }
        }
        Ok(count)
    }
}

fn descriptors() -> Result<i64> {
    match rustix::fs::statat(CWD, DESCRIPTORS, AtFlags::empty())?.st_size {
        0 => Ok(std::fs::read_dir(DESCRIPTORS)?.count() as i64),
        count => Ok(count),
    }
}
