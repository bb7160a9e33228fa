//! The census of a process: its open descriptors, its address space, and the stray files in its working folder. It needs
//! Linux, and a process without other activity.
#![expect(unsafe_code, reason = "the end of the heap is known by a raw system call only")]

use mmapcheck_spec::{Leaks, ObjectKind, SLOTS, Slot};
use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags};
use rustix::process::Pid;
use std::fs::File;
use std::io::Result;
use std::os::fd::OwnedFd;
use std::path::Path;

/// The folder of the open descriptors. Since Linux 6.2, its size is their number.
const DESCRIPTORS: &str = "/proc/self/fd";

/// Counts the resources of this process.
pub struct Census {
    /// `/proc/self/statm`, and the process that opened it.
    memory: Option<(Pid, File)>,
    /// The working folder, with the files of cases.
    folder: OwnedFd,
}

/// The resources of the process at one time.
#[derive(Clone, Copy, Debug)]
pub struct Holdings {
    descriptors: i64,
    pages: i64,
}

impl Census {
    /// A census of this process. `folder`: the folder with the files of its cases.
    ///
    /// # Errors
    /// If `/proc` or the folder cannot be read.
    pub fn new(folder: &Path) -> Result<Census> {
        let folder = rustix::fs::open(folder, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        let mut census = Census { memory: None, folder };
        census.take()?;
        Ok(census)
    }

    /// Counts the resources now.
    ///
    /// # Errors
    /// If `/proc` cannot be read.
    pub fn take(&mut self) -> Result<Holdings> {
        Ok(Holdings { pages: self.pages()?, descriptors: descriptors()? })
    }

    /// The resources that were added since `before`. Removes stray files, so that the next call counts new ones only.
    ///
    /// # Errors
    /// If `/proc` or the folder cannot be read, or a stray file cannot be removed.
    pub fn leaks(&mut self, before: Holdings) -> Result<Leaks> {
        let now = self.take()?;
        Ok(Leaks {
            descriptors: now.descriptors - before.descriptors,
            pages: (now.pages - before.pages).max(0),
            stray_files: self.remove_stray_files()?,
        })
    }

    /// The size of the address space without the heap, in pages. The heap grows and shrinks by what the tool itself keeps of a
    /// case; a map is never a part of it.
    fn pages(&mut self) -> Result<i64> {
        let process = rustix::process::getpid();
        let file = match self.memory.take() {
            Some((of, file)) if of == process => file,
            _ => File::open("/proc/self/statm")?,
        };
        let mut text = [0; 64];
        let count = rustix::io::pread(&file, &mut text, 0)?;
        self.memory = Some((process, file));
        // The first number of `statm` is the whole size.
        let digits = text[..count].iter().take_while(|c| c.is_ascii_digit());
        let all = digits.fold(0, |n, c| n * 10 + i64::from(c - b'0'));
        Ok(all - heap_end() / rustix::param::page_size() as i64)
    }

    /// Removes the files that do not belong to a case from the working folder, and returns the number of stray entries.
    fn remove_stray_files(&self) -> Result<i64> {
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

/// The address at which the heap ends, in bytes. Its start never moves.
fn heap_end() -> i64 {
    // SAFETY: an increment of 0 changes nothing.
    unsafe { libc::sbrk(0) }.addr() as i64
}

fn descriptors() -> Result<i64> {
    match rustix::fs::statat(CWD, DESCRIPTORS, AtFlags::empty())?.st_size {
        0 => Ok(std::fs::read_dir(DESCRIPTORS)?.count() as i64),
        count => Ok(count),
    }
}
