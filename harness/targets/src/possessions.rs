//! The state of this process that the tool relies on and a target must leave as it is: descriptors, the working folder, resource
//! limits, and signal handlers.

use rustix::fd::{AsRawFd, BorrowedFd, RawFd};
use rustix::fs::{Stat, fstat, stat};
use rustix::process::{Resource, Rlimit, getrlimit};
use std::io;
use std::path::Path;

/// The resources whose limits must stay.
const RESOURCES: [(Resource, &str); 6] = [
    (Resource::As, "address space"),
    (Resource::Cpu, "processor time"),
    (Resource::Data, "data"),
    (Resource::Fsize, "file size"),
    (Resource::Nofile, "open files"),
    (Resource::Stack, "stack"),
];

/// The signals, by bit, whose handlers may change: `SIGXFSZ`, which a case that limits the size of files makes the process
/// ignore, and the two that the C library keeps to itself.
const CHANGING: u64 = 1 << 24 | 1 << 31 | 1 << 32;

/// The identity of an open file: its device and inode.
type FileId = (u64, u64);

fn id(stat: &Stat) -> FileId {
    (stat.st_dev, stat.st_ino)
}

/// The state of this process at one time.
#[derive(Debug)]
pub struct Possessions {
    folder: FileId,
    descriptors: Vec<(RawFd, FileId)>,
    limits: [Rlimit; RESOURCES.len()],
    signals: Signals,
}

/// The signals that are blocked, ignored and caught, as sets of bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Signals([u64; 3]);

impl Possessions {
    /// The present state. The working folder is `folder`, and the descriptors stay open.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn take(folder: &Path, descriptors: &[BorrowedFd<'_>]) -> io::Result<Possessions> {
        let known = |fd: &BorrowedFd<'_>| Ok((fd.as_raw_fd(), id(&fstat(fd)?)));
        Ok(Possessions {
            folder: id(&stat(folder)?),
            descriptors: descriptors.iter().map(known).collect::<io::Result<_>>()?,
            limits: RESOURCES.map(|(resource, _)| getrlimit(resource)),
            signals: Signals::read()?,
        })
    }

    /// The first thing that has changed since; `None` if nothing has.
    #[must_use]
    pub fn damage(&self) -> Option<String> {
        let opened = self.descriptors.iter().find(|(fd, known)| identity(*fd) != Some(*known));
        if let Some((fd, _)) = opened {
            return Some(format!("the target closed or replaced descriptor {fd} of the process"));
        }
        if !stat(".").is_ok_and(|seen| id(&seen) == self.folder) {
            return Some("the target changed or removed the working folder".into());
        }
        let limits = RESOURCES.iter().zip(&self.limits);
        if let Some(((_, name), _)) = limits.into_iter().find(|((resource, _), own)| getrlimit(*resource) != **own) {
            return Some(format!("the target changed the limit of {name}"));
        }
        match Signals::read() {
            Ok(signals) if signals == self.signals => None,
            Ok(_) => Some("the target changed the handling of signals".into()),
            Err(error) => Some(format!("the state of the process cannot be read: {error}")),
        }
    }
}

/// The identity of an open descriptor; `None` if it is closed.
fn identity(descriptor: RawFd) -> Option<FileId> {
    Some(id(&stat(format!("/proc/self/fd/{descriptor}")).ok()?))
}

impl Signals {
    fn read() -> io::Result<Signals> {
        let status = std::fs::read_to_string("/proc/self/status")?;
        let set = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let bits = line.and_then(|line| u64::from_str_radix(line.trim_start_matches(':').trim(), 16).ok());
            bits.map(|bits| bits & !CHANGING).ok_or_else(|| io::Error::other(format!("/proc/self/status lacks {name}")))
        };
        Ok(Signals([set("SigBlk")?, set("SigIgn")?, set("SigCgt")?]))
    }
}
