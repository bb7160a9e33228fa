//! The special files of this process: each is opened once, and stays open.

use crate::errno::Errno;
use mmapcheck_spec::{Mode as Access, SpecialFile};
use rustix::fs::{FileType, Mode, OFlags, Stat, fcntl_getfl, fstat, open};
use std::io::pipe;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixDatagram;
use std::sync::OnceLock;

/// An open special file, as it was when it was opened.
#[derive(Debug)]
struct Opened {
    descriptor: OwnedFd,
    stat: Stat,
}

/// The special files of this process. One that the system refuses to open keeps the refusal.
#[derive(Debug)]
pub struct SpecialFiles {
    /// In the order of [`SpecialFile::ALL`].
    opened: Vec<Result<Opened, Errno>>,
    /// The other ends of the pipes: without them, the system would answer differently.
    _others: Vec<OwnedFd>,
}

impl SpecialFiles {
    /// The special files, opened by the first call.
    pub fn of_process() -> &'static SpecialFiles {
        static FILES: OnceLock<SpecialFiles> = OnceLock::new();
        FILES.get_or_init(SpecialFiles::open)
    }

    fn open() -> SpecialFiles {
        let mut others = Vec::new();
        let mut opened = |(file, ..): (SpecialFile, _, _)| {
            let (descriptor, other) = open_one(file)?;
            others.extend(other);
            Ok(Opened { stat: fstat(&descriptor)?, descriptor })
        };
        let opened = SpecialFile::ALL.into_iter().map(&mut opened).collect();
        SpecialFiles { opened, _others: others }
    }

    /// The descriptor of a special file, which stays open.
    ///
    /// # Errors
    /// As the call that opened it.
    pub fn descriptor(&self, file: SpecialFile) -> Result<BorrowedFd<'_>, Errno> {
        self.opened[file as usize].as_ref().map(|opened| opened.descriptor.as_fd()).map_err(|errno| *errno)
    }

    /// Whether the descriptor is open and of its file, unless somebody else closed or replaced it. True of a file that was not
    /// opened.
    #[must_use]
    pub fn is_intact(&self, file: SpecialFile) -> bool {
        self.opened[file as usize].as_ref().map_or(true, |opened| {
            let identity = |stat: &Stat| (stat.st_dev, stat.st_ino, stat.st_mode);
            fstat(&opened.descriptor).is_ok_and(|stat| identity(&stat) == identity(&opened.stat))
        })
    }

    /// The special file that a descriptor of somebody else is like; `None` of a regular file, and of any other.
    #[must_use]
    pub fn like(&self, descriptor: BorrowedFd<'_>) -> Option<SpecialFile> {
        let kind = |stat: &Stat| (FileType::from_raw_mode(stat.st_mode), stat.st_rdev);
        let access = |descriptor: BorrowedFd<'_>| fcntl_getfl(descriptor).map(|flags| flags & OFlags::ACCMODE).ok();
        let known = kind(&fstat(descriptor).ok()?);
        let is_like = |(file, ..): &(SpecialFile, &str, Access)| {
            let opened = self.opened[*file as usize].as_ref();
            let is_it = |opened: &Opened| {
                kind(&opened.stat) == known && access(opened.descriptor.as_fd()) == access(descriptor)
            };
            !file.is_regular() && *file != SpecialFile::Socket && opened.is_ok_and(is_it)
        };
        SpecialFile::ALL.into_iter().find(is_like).map(|(file, ..)| file)
    }
}

/// Opens a special file; of a pipe, also its other end.
fn open_one(file: SpecialFile) -> Result<(OwnedFd, Option<OwnedFd>), Errno> {
    let by_name = |path: &str| {
        let access = match file.mode() {
            Access::Read => OFlags::RDONLY,
            Access::Write => OFlags::WRONLY,
            Access::Update | Access::New => OFlags::RDWR,
        };
        Ok((open(path, access | OFlags::CLOEXEC, Mode::empty())?, None))
    };
    match file {
        SpecialFile::Zero | SpecialFile::ZeroToRead | SpecialFile::ZeroToWrite => by_name("/dev/zero"),
        SpecialFile::Null => by_name("/dev/null"),
        SpecialFile::Full => by_name("/dev/full"),
        SpecialFile::Maps => by_name("/proc/self/maps"),
        SpecialFile::Folder => by_name("."),
        SpecialFile::PipeToRead => pipe().map(|(read, write)| (read.into(), Some(write.into()))).map_err(Errno::from),
        SpecialFile::PipeToWrite => pipe().map(|(read, write)| (write.into(), Some(read.into()))).map_err(Errno::from),
        SpecialFile::Socket => Ok((UnixDatagram::unbound()?.into(), None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_descriptor_is_like_the_special_file_that_it_is_of() -> Result<(), Errno> {
        let files = SpecialFiles::of_process();
        for (file, ..) in SpecialFile::ALL {
            let like = files.like(files.descriptor(file)?);
            let expected = Some(file).filter(|file| !file.is_regular() && *file != SpecialFile::Socket);
            assert_eq!((like, files.is_intact(file)), (expected, true));
        }
        let other = open("/dev/urandom", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
        assert_eq!(files.like(other.as_fd()), None);
        Ok(())
    }
}
