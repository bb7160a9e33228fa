//! A page of memory that a campaign shares with a worker process, on which the worker marks its case and step.
//!
//! A mark costs one store, so that every step can be marked. When the worker is lost, the marks say at which step.
#![expect(unsafe_code, reason = "memory shared between processes is mapped through a raw pointer")]

use crate::supervisor::Patience;
use memmap2::{MmapOptions, MmapRaw};
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The page of one worker. Both processes map the same file.
pub struct Progress {
    map: MmapRaw,
    file: File,
}

/// The case and step that a worker marked last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marks {
    /// The number of the case.
    pub case: u64,
    /// The number of the step, counted from 0; none outside of a step: before the first, during a snapshot, during the cleanup.
    pub step: Option<u64>,
    /// Whether the case runs again, perhaps with fewer steps: then the number of the step has no meaning.
    pub again: bool,
}

const BYTES: u64 = 16;
/// The mark for no step.
const IDLE: u64 = u64::MAX;
/// The bit that is set in the number of a case that runs again.
const AGAIN: u64 = 1 << 63;

impl Progress {
    /// Creates the file and maps it.
    ///
    /// # Errors
    /// The file cannot be created or mapped.
    pub fn create(path: &Path) -> io::Result<Progress> {
        let file = File::options().read(true).write(true).create(true).truncate(true).open(path)?;
        file.set_len(BYTES)?;
        let progress = Progress { map: MmapOptions::new().len(BYTES as usize).map_raw(&file)?, file };
        progress.start(0);
        Ok(progress)
    }

    /// Maps a file that [`Progress::create`] created.
    ///
    /// # Errors
    /// The file cannot be mapped or has another size.
    pub fn open(path: &Path) -> io::Result<Progress> {
        let file = File::options().read(true).write(true).open(path)?;
        if file.metadata()?.len() != BYTES {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the file is not a page of marks"));
        }
        Ok(Progress { map: MmapOptions::new().len(BYTES as usize).map_raw(&file)?, file })
    }

    fn cell(&self, index: usize) -> &AtomicU64 {
        debug_assert!(index < 2);
        // SAFETY: the mapping is BYTES = 16 bytes long, page aligned and lives as long as `self`; `index` is 0 or 1; and
        // every access to it, in both processes, is atomic. If a target truncates the file, the access kills its process.
        unsafe { AtomicU64::from_ptr(self.map.as_mut_ptr().cast::<u64>().add(index)) }
    }

    /// Marks that a case begins.
    pub fn start(&self, case: u64) {
        self.cell(1).store(IDLE, Ordering::Relaxed);
        self.cell(0).store(case, Ordering::Relaxed);
    }

    /// Marks that the case begins again, perhaps with fewer steps.
    pub fn again(&self) {
        self.cell(1).store(IDLE, Ordering::Relaxed);
        self.cell(0).fetch_or(AGAIN, Ordering::Relaxed);
    }

    /// Marks that this step begins, or, with none, that the step has ended.
    pub fn step(&self, step: Option<usize>) {
        self.cell(1).store(step.map_or(IDLE, |step| step as u64), Ordering::Relaxed);
    }

    /// The last marks; none if the worker has truncated the file. They are read from the file, since an access to the memory of a
    /// truncated file would kill the campaign.
    #[must_use]
    pub fn read(&self) -> Option<Marks> {
        let mut bytes = [0; BYTES as usize];
        let count = rustix::io::pread(&self.file, &mut bytes, 0).ok()?;
        let (case, step) = bytes.split_first_chunk::<8>().filter(|_| count == bytes.len())?;
        let (case, step) = (u64::from_ne_bytes(*case), u64::from_ne_bytes(*step.first_chunk::<8>()?));
        Some(Marks { case: case & !AGAIN, step: (step != IDLE).then_some(step), again: case & AGAIN != 0 })
    }
}

/// Patience with a process for as long as its marks change.
pub struct Stall<'a> {
    progress: &'a Progress,
    hang: Duration,
    marks: Option<Marks>,
    since: Instant,
}

impl Stall<'_> {
    /// A process is hung when its marks have been the same for `hang`.
    #[must_use]
    pub fn new(progress: &Progress, hang: Duration) -> Stall<'_> {
        Stall { progress, hang, marks: progress.read(), since: Instant::now() }
    }
}

impl Patience for Stall<'_> {
    fn left(&mut self) -> Duration {
        let marks = self.progress.read();
        if marks != self.marks {
            (self.marks, self.since) = (marks, Instant::now());
        }
        self.hang.saturating_sub(self.since.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_seen_through_a_second_mapping() -> io::Result<()> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("marks");
        let (ours, theirs) = (Progress::create(&path)?, Progress::open(&path)?);
        theirs.start(7);
        assert_eq!(ours.read(), Some(Marks { case: 7, step: None, again: false }));
        theirs.step(Some(3));
        assert_eq!(ours.read(), Some(Marks { case: 7, step: Some(3), again: false }));
        theirs.step(None);
        assert_eq!(ours.read(), Some(Marks { case: 7, step: None, again: false }));
        theirs.again();
        assert_eq!(ours.read(), Some(Marks { case: 7, step: None, again: true }));
        theirs.start(8);
        assert_eq!(ours.read(), Some(Marks { case: 8, step: None, again: false }));
        Ok(())
    }

    #[test]
    fn a_truncated_file_has_no_marks() -> io::Result<()> {
        let dir = tempfile::tempdir()?;
        let progress = Progress::create(&dir.path().join("marks"))?;
        File::options().write(true).open(dir.path().join("marks"))?.set_len(9)?;
        assert_eq!(progress.read(), None);
        Ok(())
    }

    #[test]
    fn a_file_of_another_size_is_refused() -> io::Result<()> {
        let dir = tempfile::tempdir()?;
        std::fs::write(dir.path().join("f"), b"short")?;
        assert!(Progress::open(&dir.path().join("f")).is_err());
        Ok(())
    }
}
