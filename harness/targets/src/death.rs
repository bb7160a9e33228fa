//! A step outlived in which a process would die of touching dead memory.
//!
//! Dead memory is a page of a map that lies wholly beyond the end of its file (`SIGBUS`), or one that may not be touched at
//! all (`SIGSEGV`). While [`outlive`] does something, a page that is touched so is noted and replaced by an empty one, and the
//! work goes on: what it answers is thrown away, and the page goes with its map. Nothing is lost with it, since nobody can
//! have read it or written to it before. Any other fault is a death as ever.
#![expect(unsafe_code, reason = "signals are caught, and pages mapped over dead ones, by bare system calls")]

use libc::{c_int, c_void, siginfo_t};
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

/// The signals of dead memory.
const SIGNALS: [c_int; 2] = [libc::SIGBUS, libc::SIGSEGV];
/// What `siginfo_t` says of a page that is mapped and may not be touched in this way, by its rights or by its key.
const SEGV_ACCERR: c_int = 2;
const SEGV_PKUERR: c_int = 4;
/// So many pages are replaced at most, which takes some hundredths of a second: more than the longest file of a case has, but
/// a map can be far longer than its file.
const PAGES: usize = 1 << 13;

/// The thread that is at work; 0 where none is.
static THREAD: AtomicUsize = AtomicUsize::new(0);
/// How many more pages may be replaced.
static LEFT: AtomicUsize = AtomicUsize::new(0);
/// The first signal that came; 0 where none did.
static CAME: AtomicI32 = AtomicI32::new(0);

/// Does something in which this process may well die of touching dead memory, and outlives it. Also says which signal came.
/// One thread at a time does so; the others wait.
///
/// What `work` does goes on after the signal with zeros in place of the dead page, and what it gives back then is worth
/// nothing. The maps it has touched keep that page, and are to be dropped next.
pub fn outlive<T>(work: impl FnOnce() -> T) -> (T, Option<i32>) {
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    CAME.store(0, Relaxed);
    LEFT.store(PAGES, Relaxed);
    THREAD.store(this_thread(), Relaxed);
    let before = Before::new();
    let done = work();
    drop(before);
    let came = CAME.load(Relaxed);
    (done, (came != 0).then_some(came))
}

fn this_thread() -> usize {
    // SAFETY: callable at any time, also in a signal handler.
    (unsafe { libc::pthread_self() }) as usize
}

/// What was done at each signal before; put back when dropped.
struct Before([libc::sigaction; 2]);

impl Before {
    fn new() -> Before {
        Before(SIGNALS.map(|signal| {
            let mut before = MaybeUninit::<libc::sigaction>::zeroed();
            // SAFETY: all zeros are a `sigaction` with an empty mask; both structures live through the call, which fills in
            // the second one; it cannot fail for these signals.
            unsafe {
                let mut new = MaybeUninit::<libc::sigaction>::zeroed().assume_init();
                new.sa_sigaction = caught as *const () as usize;
                new.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
                libc::sigaction(signal, &raw const new, before.as_mut_ptr());
                before.assume_init()
            }
        }))
    }
}

impl Drop for Before {
    fn drop(&mut self) {
        THREAD.store(0, Relaxed);
        for (signal, before) in SIGNALS.into_iter().zip(&self.0) {
            // SAFETY: this is what the system said was done before.
            unsafe { libc::sigaction(signal, ptr::from_ref(before), ptr::null_mut()) };
        }
    }
}

/// The handler. It does nothing but what a handler may: atomics and system calls.
extern "C" fn caught(signal: c_int, info: *mut siginfo_t, _: *mut c_void) {
    // SAFETY: the kernel gives a valid description of the signal, and of these two signals an address where the code says
    // that memory was touched.
    let (code, address) = unsafe { ((*info).si_code, (*info).si_addr()) };
    let dead = match signal {
        libc::SIGBUS => code == libc::BUS_ADRERR,
        _ => matches!(code, SEGV_ACCERR | SEGV_PKUERR),
    };
    let room = || LEFT.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok();
    if dead && THREAD.load(Relaxed) == this_thread() && room() && replace(address as usize) {
        let _ = CAME.compare_exchange(0, signal, Relaxed, Relaxed);
        return;
    }
    // SAFETY: both may be called in a handler. The signal comes again as soon as this one returns, and is then the end.
    unsafe {
        libc::signal(signal, libc::SIG_DFL);
        libc::raise(signal);
    }
}

/// Maps an empty page over the one this address is in, if nobody can read that: not the kernel either.
fn replace(address: usize) -> bool {
    let size = rustix::param::page_size();
    let page = (address & !(size - 1)) as *mut c_void;
    let (rights, kind) =
        (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED);
    // SAFETY: the kernel reads a path from the page, and says so where it cannot. Then nobody relies on what is in the page,
    // and it is part of a map and stays so. `errno` is that of the work that was interrupted.
    unsafe {
        let errno = *libc::__errno_location();
        let unreadable = libc::access(page.cast(), libc::F_OK) == -1 && *libc::__errno_location() == libc::EFAULT;
        let replaced = unreadable && without_limit(|| libc::mmap(page, size, rights, kind, -1, 0) == page);
        *libc::__errno_location() = errno;
        replaced
    }
}

/// Does something as if the address space were not limited: a case can have set a limit, under which nothing can be mapped.
///
/// # Safety
/// `work` may be done in a signal handler.
unsafe fn without_limit(work: impl FnOnce() -> bool) -> bool {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: both are bare system calls on a structure that lives through them; `work` is the caller's promise.
    unsafe {
        libc::getrlimit(libc::RLIMIT_AS, &raw mut limit);
        let most = libc::rlimit { rlim_cur: limit.rlim_max, ..limit };
        libc::setrlimit(libc::RLIMIT_AS, &raw const most);
        let done = work();
        libc::setrlimit(libc::RLIMIT_AS, &raw const limit);
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use memmap2::{MmapOptions, MmapRaw};
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    use std::io;
    use std::os::unix::process::ExitStatusExt;
    use std::process::Command;

    type Result = std::result::Result<(), Box<dyn std::error::Error>>;
    /// What is done, and the signal that the process dies of.
    type Deadly = (fn() -> io::Result<()>, c_int);

    /// So many pages of a file, of which all but the first are dead.
    fn cut(pages: usize) -> io::Result<MmapRaw> {
        let file = tempfile::tempfile()?;
        let bytes = pages * rustix::param::page_size();
        file.set_len(bytes as u64)?;
        let map = MmapOptions::new().len(bytes).map_raw(&file)?;
        file.set_len(1)?;
        Ok(map)
    }

    /// A page with these rights.
    fn with_rights(rights: c_int) -> io::Result<MmapRaw> {
        let map = MmapRaw::from(MmapOptions::new().len(rustix::param::page_size()).map_anon()?);
        // SAFETY: a whole page of a map that nothing points into.
        match unsafe { libc::mprotect(map.as_mut_ptr().cast(), map.len(), rights) } {
            0 => Ok(map),
            _ => Err(io::Error::last_os_error()),
        }
    }

    fn read(map: &MmapRaw, at: usize) -> u8 {
        assert!(at < map.len());
        // SAFETY: within the map; where the page is dead, that is what is tested.
        unsafe { map.as_ptr().add(at).read_volatile() }
    }

    fn look(map: &MmapRaw, at: usize) {
        let _ = read(map, at);
    }

    fn write(map: &MmapRaw, at: usize) {
        assert!(at < map.len());
        // SAFETY: as above.
        unsafe { map.as_mut_ptr().add(at).write_volatile(1) }
    }

    #[test]
    fn dead_pages_are_outlived_and_the_signal_is_named() -> Result {
        let size = rustix::param::page_size();
        for _ in 0..3 {
            let map = cut(3)?;
            assert_eq!(outlive(|| read(&map, 0)), (0, None));
            assert_eq!(outlive(|| read(&map, 2 * size)), (0, Some(libc::SIGBUS)));
            assert_eq!(outlive(|| write(&map, size)), ((), Some(libc::SIGBUS)));
        }
        for touch in [|map: &MmapRaw| look(map, 5), |map: &MmapRaw| write(map, 5)] {
            let barred = with_rights(libc::PROT_NONE)?;
            assert_eq!(outlive(|| touch(&barred)), ((), Some(libc::SIGSEGV)));
        }
        Ok(())
    }

    /// Other tests need memory meanwhile.
    #[test]
    fn it_takes_no_memory_that_a_case_may_not_have() -> Result {
        if !crate::is_alone("death::tests::it_takes_no_memory_that_a_case_may_not_have")? {
            return Ok(());
        }
        let map = cut(2)?;
        let own = getrlimit(Resource::As);
        setrlimit(Resource::As, Rlimit { current: Some(1), ..own })?;
        let touched = outlive(|| look(&map, 5000));
        let after = getrlimit(Resource::As).current;
        setrlimit(Resource::As, own)?;
        assert_eq!((touched, after), (((), Some(libc::SIGBUS)), Some(1)));
        Ok(())
    }

    #[test]
    fn what_is_mapped_next_is_as_it_was() -> Result {
        let size = rustix::param::page_size();
        let map = cut(2)?;
        outlive(|| write(&map, size + 7));
        drop(map);
        assert_eq!(outlive(|| read(&cut(2).expect("a map"), size)), (0, Some(libc::SIGBUS)));
        Ok(())
    }

    /// What is no touch of dead memory, is one of another thread, or is too many.
    const DEADLY: [Deadly; 5] = [
        (|| with_rights(libc::PROT_READ).map(|map| write(&map, 0)), libc::SIGSEGV),
        (nowhere, libc::SIGSEGV),
        (
            || cut(PAGES + 2).map(|map| (1..=PAGES + 1).for_each(|page| look(&map, page * rustix::param::page_size()))),
            libc::SIGBUS,
        ),
        (
            || {
                cut(2).map(|map| {
                    std::thread::scope(|scope| drop(scope.spawn(|| look(&map, rustix::param::page_size())).join()))
                })
            },
            libc::SIGBUS,
        ),
        (sent, libc::SIGBUS),
    ];

    fn nowhere() -> io::Result<()> {
        // SAFETY: the process dies of this, which is what is tested.
        unsafe { ptr::without_provenance::<u8>(64).read_volatile() };
        Ok(())
    }

    fn sent() -> io::Result<()> {
        // SAFETY: as above.
        unsafe { libc::raise(libc::SIGBUS) };
        Ok(())
    }

    /// Runs itself once for each, in a process that dies of it.
    #[test]
    fn every_other_fault_is_a_death_as_ever() -> Result {
        const WHICH: &str = "MMAPCHECK_DEADLY";
        if let Some(which) = std::env::var_os(WHICH) {
            let which: usize = which.to_str().ok_or("no text")?.parse()?;
            return Ok(outlive(DEADLY[which].0).0?);
        }
        for (which, (_, signal)) in DEADLY.iter().enumerate() {
            let mut again = Command::new(std::env::current_exe()?);
            again.args(["--exact", "death::tests::every_other_fault_is_a_death_as_ever"]);
            let done = again.env(WHICH, which.to_string()).output()?;
            assert_eq!(done.status.signal(), Some(*signal), "{which}: {}", String::from_utf8_lossy(&done.stdout));
        }
        Ok(())
    }
}
