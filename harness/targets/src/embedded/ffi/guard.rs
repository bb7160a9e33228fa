//! Guard pages: inaccessible pages behind maps and arguments. An out-of-bounds read kills the process instead of going
//! unnoticed.

use super::memory::Buffer;
use super::object::{Object, PyResult};
use super::start::Gil;
use libc::{c_int, c_void};
use memmap2::{MmapOptions, MmapRaw};
use pyo3::ffi::{self, Py_ssize_t};
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Once, OnceLock};

/// An inaccessible page, mapped until it is dropped.
#[derive(Debug)]
pub struct GuardPage {
    page: *mut c_void,
}

impl GuardPage {
    /// A guard page at any address. The kernel fills addresses from the top, so the next map lies below it, unless a smaller gap
    /// is free.
    pub fn first() -> Option<GuardPage> {
        static FILLED: Once = Once::new();
        FILLED.call_once(fill_gaps);
        GuardPage::at(ptr::null_mut(), 0)
    }

    /// The guard page behind this memory: `first`, if it lies there, or a new one if nothing is mapped there.
    pub fn behind(memory: &Buffer, first: Option<GuardPage>) -> Option<GuardPage> {
        let size = rustix::param::page_size();
        let end = (memory.start() as usize).checked_add(memory.len())?.checked_next_multiple_of(size)?;
        let wanted = ptr::without_provenance_mut(end);
        let is_there = |guard: &GuardPage| guard.page == wanted;
        // A kernel without MAP_FIXED_NOREPLACE maps the page elsewhere.
        first.filter(is_there).or_else(|| GuardPage::at(wanted, libc::MAP_FIXED_NOREPLACE).filter(is_there))
    }

    /// Why no guard page can be placed on this system; `None` where one can.
    pub fn trouble() -> Option<&'static str> {
        let Some(page) = GuardPage::first().map(|first| first.page) else {
            return Some("the system maps no inaccessible page");
        };
        let again = GuardPage::at(page, libc::MAP_FIXED_NOREPLACE);
        let is_there = again.is_some_and(|again| again.page == page);
        match GuardedPages::get() {
            _ if !is_there => Some("the system maps no page at a chosen address"),
            None => Some("the system protects no pages"),
            Some(_) => None,
        }
    }

    fn at(place: *mut c_void, how: c_int) -> Option<GuardPage> {
        let kind = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | how;
        // SAFETY: a page of memory of its own, where there is none yet.
        let page = unsafe { libc::mmap(place, rustix::param::page_size(), libc::PROT_NONE, kind, -1, 0) };
        (page != libc::MAP_FAILED).then_some(GuardPage { page })
    }
}

/// Gaps of this many pages are left open.
const GAP: usize = 64;
/// The most pages that are used to fill smaller gaps.
const FILLING: usize = 1 << 12;

/// Fills the small gaps between the maps of this process for good: a map in such a gap has no room for a guard page.
fn fill_gaps() {
    let mut filling: Vec<GuardPage> = Vec::new();
    let mut in_a_row = 0;
    while in_a_row < GAP && filling.len() < FILLING {
        let Some(guard) = GuardPage::at(ptr::null_mut(), 0) else { break };
        let before =
            filling.last().is_some_and(|last| guard.page.wrapping_byte_add(rustix::param::page_size()) == last.page);
        in_a_row = if before { in_a_row + 1 } else { 1 };
        filling.push(guard);
    }
    filling.truncate(filling.len() - in_a_row);
    filling.into_iter().for_each(std::mem::forget);
}

impl Drop for GuardPage {
    fn drop(&mut self) {
        // SAFETY: the page is ours, and nobody can have a pointer into it that he may use.
        unsafe { libc::munmap(self.page, rustix::param::page_size()) };
    }
}

/// Pages of memory, each followed by a guard page.
struct GuardedPages {
    map: MmapRaw,
    /// The page that is used next.
    next: AtomicUsize,
}

/// How many pages there are: more than the arguments of a step and of its callback.
const GUARDED_PAGES: usize = 16;

impl GuardedPages {
    /// The guarded pages of this process, mapped for good, since the target may keep a memoryview. `None` where the system
    /// refuses.
    fn get() -> Option<&'static GuardedPages> {
        static ALL: OnceLock<Option<GuardedPages>> = OnceLock::new();
        ALL.get_or_init(GuardedPages::new).as_ref()
    }

    fn new() -> Option<GuardedPages> {
        let size = rustix::param::page_size();
        let map = MmapRaw::from(MmapOptions::new().len(2 * size * GUARDED_PAGES).map_anon().ok()?);
        for pair in 0..GUARDED_PAGES {
            // SAFETY: the second page of a pair, within the map; nothing points into it.
            let page = unsafe { map.as_mut_ptr().add((2 * pair + 1) * size) };
            // SAFETY: as above.
            if unsafe { libc::mprotect(page.cast(), size, libc::PROT_NONE) } != 0 {
                return None;
            }
        }
        Some(GuardedPages { map, next: AtomicUsize::new(0) })
    }

    /// Copies bytes to the end of a page, and returns their start; `None` where they are too many.
    fn put(&self, bytes: &[u8]) -> Option<*mut u8> {
        let size = rustix::param::page_size();
        let pair = self.next.fetch_add(1, Ordering::Relaxed) % GUARDED_PAGES;
        let start = ((2 * pair + 1) * size).checked_sub(bytes.len()).filter(|_| bytes.len() <= size)?;
        // SAFETY: the bytes end with the first page of the pair. An earlier view of that page reads other bytes from now on.
        // No reference to them is kept, and the GIL is held, so that nothing reads meanwhile.
        unsafe {
            let start = self.map.as_mut_ptr().add(start);
            start.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
            Some(start)
        }
    }
}

impl Gil {
    /// `memoryview(bytes)`, of memory that ends at a guard page. Bytes longer than a page have no guard.
    pub fn guarded_view(&self, bytes: &[u8]) -> PyResult {
        match GuardedPages::get().and_then(|pages| pages.put(bytes)) {
            Some(start) => {
                new_reference!(PyMemoryView_FromMemory(start.cast(), bytes.len() as Py_ssize_t, ffi::PyBUF_READ))
            }
            None => self.bytes(bytes)?.view(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::death::{may_replace, outlive};
    use crate::is_alone;

    fn dies_at(place: *const u8) -> bool {
        let read = || {
            let page = place as usize & !(rustix::param::page_size() - 1);
            // SAFETY: nothing relies on the guard page while the test reads it, and the process outlives the read.
            unsafe {
                may_replace([(page, rustix::param::page_size())]);
                place.read_volatile()
            }
        };
        outlive(read).1 == Some(libc::SIGSEGV)
    }

    #[test]
    fn a_read_past_the_end_of_a_view_kills_the_process() {
        let gil = Gil::hold().expect("an interpreter");
        for bytes in [&b""[..], b"a", &vec![7; rustix::param::page_size()], b"abc"] {
            let view = gil.guarded_view(bytes).expect("a view");
            let memory = view.buffer().expect("its memory");
            let mut copied = Vec::new();
            memory.copy(&mut copied);
            assert_eq!(copied, bytes);
            assert!(dies_at(memory.start().wrapping_add(memory.len())));
        }
        let long = gil.guarded_view(&[7; 4097]).expect("a view");
        assert_eq!(long.buffer().expect("its memory").len(), 4097);
    }

    /// It runs alone, since another test could fill a gap between maps, or make one.
    #[test]
    fn a_read_past_the_end_of_a_map_kills_the_process() {
        if !is_alone("embedded::ffi::guard::tests::a_read_past_the_end_of_a_map_kills_the_process").expect("a process")
        {
            return;
        }
        let gil = Gil::hold().expect("an interpreter");
        let class = gil.import("mmap").and_then(|module| module.attr(&gil.name("mmap")?)).expect("a class");
        for pages in [1, 3, 1, 40, 2] {
            let first = GuardPage::first();
            let mut args =
                [-1, pages * rustix::param::page_size() as i128].map(|number| gil.int(number).expect("a number"));
            let map = class.call(&mut args, None).expect("a map");
            let memory = map.buffer().expect("its memory");
            let behind = memory.start().wrapping_add(memory.len());
            let guard = GuardPage::behind(&memory, first);
            assert!(guard.is_some() && dies_at(behind), "{pages}");
            assert!(GuardPage::behind(&memory, None).is_none(), "there is one already");
            drop(guard);
            assert!(GuardPage::behind(&memory, None).is_some() && !dies_at(memory.start()));
        }
    }
}
