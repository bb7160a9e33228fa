//! Surviving the `SIGBUS` or `SIGSEGV` of a step that accesses dead memory.
//!
//! Dead memory is a page of a map that lies entirely beyond the end of its file (`SIGBUS`), or a page without access rights
//! (`SIGSEGV`). While [`outlive`] runs, a handler notes the signal and maps an empty page over the dead one, and the step
//! continues. The caller discards the outcome of the step and drops the map with the replaced page. No data is lost, since the
//! dead page was inaccessible before. Only memory named by [`may_replace`] is replaced: the maps of the case. Every other fault
//! goes to the handler that was installed before, as if this one did not exist.
#![expect(unsafe_code, reason = "the handler is installed, and the dead page replaced, by raw system calls")]

use libc::{c_int, c_void, siginfo_t};
use mmapcheck_spec::SLOTS;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

/// The signals of an access to dead memory.
const SIGNALS: [c_int; 2] = [libc::SIGBUS, libc::SIGSEGV];
/// `si_code` of an access to a mapped page that its rights or its protection key forbid.
const SEGV_ACCERR: c_int = 2;
const SEGV_PKUERR: c_int = 4;
/// The most pages that one call replaces, which takes some hundredths of a second. The longest file of a case has fewer; a map
/// can be far longer than its file.
const PAGES: usize = 1 << 13;

/// The thread that runs `outlive`; 0 for none.
static THREAD: AtomicUsize = AtomicUsize::new(0);
/// The number of pages that may still be replaced.
static LEFT: AtomicUsize = AtomicUsize::new(0);
/// The first signal of this call; 0 for none.
static CAME: AtomicI32 = AtomicI32::new(0);
/// The addresses at which the replaceable ranges start, and those before which they end.
static RANGES: [[AtomicUsize; 2]; MOST_RANGES] = [const { [const { AtomicUsize::new(0) }; 2] }; MOST_RANGES];
/// Enough for every map, view and iterator of a case, and for the object of an interrupted step.
const MOST_RANGES: usize = 3 * SLOTS + 1;
/// The actions of [`SIGNALS`] before `outlive`.
static BEFORE: [[AtomicU64; WORDS]; SIGNALS.len()] = [const { [const { AtomicU64::new(0) }; WORDS] }; SIGNALS.len()];

/// The length of a `sigaction` in words.
const WORDS: usize = size_of::<libc::sigaction>() / size_of::<u64>();
/// A `sigaction` as words: the handler reads it while another thread may store the same words again.
type Action = [u64; WORDS];

/// Runs `work` and survives its accesses to dead memory that [`may_replace`] names. Returns the result and the first signal.
/// One thread at a time runs `work`; the others wait. Within `work`, another `outlive` adds nothing.
///
/// After a signal, `work` continues with zeros in place of the dead page, so its result is meaningless. The maps that it
/// accessed keep the replaced page; the caller must drop them next.
pub fn outlive<T>(work: impl FnOnce() -> T) -> (T, Option<i32>) {
    static ONE: Mutex<()> = Mutex::new(());
    if is_running() {
        return (work(), None);
    }
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    CAME.store(0, Relaxed);
    LEFT.store(PAGES, Relaxed);
    set_ranges([]);
    THREAD.store(this_thread(), Relaxed);
    let before = Before::new();
    let done = work();
    drop(before);
    let came = CAME.load(Relaxed);
    (done, (came != 0).then_some(came))
}

/// Whether this thread runs [`outlive`].
#[must_use]
pub fn is_running() -> bool {
    THREAD.load(Relaxed) == this_thread()
}

/// Names the memory whose dead pages [`outlive`] may replace, in place of the memory named before: the address and the length
/// in bytes of up to [`MOST_RANGES`] ranges. Without effect if this thread does not run `outlive`.
///
/// # Safety
/// Until the next call or the end of `outlive`, each range is memory of the code under test: nothing else relies on the bytes or
/// the inaccessibility of its pages.
pub unsafe fn may_replace(ranges: impl IntoIterator<Item = (usize, usize)>) {
    if is_running() {
        set_ranges(ranges);
    }
}

fn set_ranges(ranges: impl IntoIterator<Item = (usize, usize)>) {
    let mut ranges = ranges.into_iter();
    for range in &RANGES {
        let (start, len) = ranges.next().unwrap_or_default();
        range[0].store(page_of(start), Relaxed);
        range[1].store(start.saturating_add(len), Relaxed);
    }
}

/// Whether a page lies in a replaceable range. A range that starts or ends within a page has the whole page.
fn is_replaceable(page: usize) -> bool {
    RANGES.iter().any(|[start, end]| (start.load(Relaxed)..end.load(Relaxed)).contains(&page))
}

/// Gives [`SIGNALS`] their default action. A sent signal then ends the process in the step that sends it: the handler that Rust
/// installs to report a stack overflow ignores the first one.
pub fn die_by_default() {
    for signal in SIGNALS {
        // SAFETY: the default action runs no code.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
}

fn this_thread() -> usize {
    // SAFETY: callable at any time, also in a signal handler.
    (unsafe { libc::pthread_self() }) as usize
}

/// Installs the handler, and restores the previous actions on drop.
struct Before;

impl Before {
    fn new() -> Before {
        // The first call may allocate, which the handler must not.
        rustix::param::page_size();
        for (signal, stored) in SIGNALS.into_iter().zip(&BEFORE) {
            let mut action: Action = [0; WORDS];
            // SAFETY: the words have the size and the alignment of a `sigaction`, which the call fills in. All zeros are a
            // `sigaction` with an empty mask. Neither call can fail for these signals.
            unsafe {
                libc::sigaction(signal, ptr::null(), action.as_mut_ptr().cast());
                stored.iter().zip(action).for_each(|(stored, word)| stored.store(word, Relaxed));
                let mut new = MaybeUninit::<libc::sigaction>::zeroed().assume_init();
                new.sa_sigaction = caught as *const () as usize;
                new.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
                libc::sigaction(signal, &raw const new, ptr::null_mut());
            }
        }
        Before
    }
}

impl Drop for Before {
    fn drop(&mut self) {
        THREAD.store(0, Relaxed);
        SIGNALS.into_iter().for_each(restore);
    }
}

/// Restores the previous action of a signal. It is async-signal-safe.
fn restore(signal: c_int) {
    for (_, stored) in SIGNALS.iter().zip(&BEFORE).filter(|(known, _)| **known == signal) {
        let action: Action = std::array::from_fn(|word| stored[word].load(Relaxed));
        // SAFETY: the words are an action that the system returned.
        unsafe { libc::sigaction(signal, action.as_ptr().cast(), ptr::null_mut()) };
    }
}

/// The signal handler. It uses async-signal-safe operations only: atomics and system calls.
extern "C" fn caught(signal: c_int, info: *mut siginfo_t, _: *mut c_void) {
    // SAFETY: the kernel passes a valid `siginfo_t`, whose address is set for these two signals if the code is one of a
    // memory access.
    let (code, address) = unsafe { ((*info).si_code, (*info).si_addr()) };
    let dead = match signal {
        libc::SIGBUS => code == libc::BUS_ADRERR,
        _ => matches!(code, SEGV_ACCERR | SEGV_PKUERR),
    };
    let room = || LEFT.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok();
    if dead && is_running() && is_replaceable(page_of(address as usize)) && room() && replace(address as usize) {
        let _ = CAME.compare_exchange(0, signal, Relaxed, Relaxed);
        return;
    }
    // The access faults again on return, now under the previous action. A signal that was sent has to be sent again.
    restore(signal);
    if code <= 0 {
        // SAFETY: async-signal-safe.
        unsafe { libc::raise(signal) };
    }
}

fn page_of(address: usize) -> usize {
    address & !(rustix::param::page_size() - 1)
}

/// Maps an empty page over the page of this address, provided that the kernel cannot read that page either.
fn replace(address: usize) -> bool {
    let size = rustix::param::page_size();
    let page = page_of(address) as *mut c_void;
    let (rights, kind) =
        (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED);
    // SAFETY: `access` reads a path from the page; `EFAULT` means that the page is unreadable, so no code relies on its
    // bytes. The page is part of a map and stays part of it. `errno` of the interrupted code is restored.
    unsafe {
        let errno = *libc::__errno_location();
        let unreadable = libc::access(page.cast(), libc::F_OK) == -1 && *libc::__errno_location() == libc::EFAULT;
        let replaced = unreadable && without_limit(|| libc::mmap(page, size, rights, kind, -1, 0) == page);
        *libc::__errno_location() = errno;
        replaced
    }
}

/// Runs `work` without the limit on address space that a case may have set, under which `mmap` would fail.
///
/// # Safety
/// `work` must be async-signal-safe.
unsafe fn without_limit(work: impl FnOnce() -> bool) -> bool {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: both are system calls on a structure that outlives them; the caller guarantees `work`.
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
    use std::hint::black_box;
    use std::io;
    use std::os::unix::process::ExitStatusExt;
    use std::process::Command;

    type Result = std::result::Result<(), Box<dyn std::error::Error>>;
    /// An action, and the signal that kills the process in it.
    type Deadly = (fn() -> io::Result<()>, c_int);

    /// A map of this many pages of a file, all dead but the first.
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
        // SAFETY: the range is one whole page of a map without references into it.
        match unsafe { libc::mprotect(map.as_mut_ptr().cast(), map.len(), rights) } {
            0 => Ok(map),
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// Runs `work`, and survives its accesses to dead pages of this map.
    fn survive<T>(map: &MmapRaw, work: impl FnOnce() -> T) -> (T, Option<i32>) {
        outlive(|| {
            // SAFETY: nothing but the test uses the map.
            unsafe { may_replace([(map.as_ptr() as usize, map.len())]) };
            work()
        })
    }

    fn read(map: &MmapRaw, at: usize) -> u8 {
        assert!(at < map.len());
        // SAFETY: the address is within the map. Reading a dead page is the test.
        unsafe { map.as_ptr().add(at).read_volatile() }
    }

    fn look(map: &MmapRaw, at: usize) {
        let _ = read(map, at);
    }

    fn write(map: &MmapRaw, at: usize) {
        assert!(at < map.len());
        // SAFETY: as in `read`.
        unsafe { map.as_mut_ptr().add(at).write_volatile(1) }
    }

    #[test]
    fn an_access_to_a_dead_page_is_survived_and_its_signal_is_returned() -> Result {
        let size = rustix::param::page_size();
        for _ in 0..3 {
            let map = cut(3)?;
            assert_eq!(survive(&map, || read(&map, 0)), (0, None));
            assert_eq!(survive(&map, || read(&map, 2 * size)), (0, Some(libc::SIGBUS)));
            assert_eq!(survive(&map, || write(&map, size)), ((), Some(libc::SIGBUS)));
        }
        for touch in [|map: &MmapRaw| look(map, 5), |map: &MmapRaw| write(map, 5)] {
            let barred = with_rights(libc::PROT_NONE)?;
            assert_eq!(survive(&barred, || touch(&barred)), ((), Some(libc::SIGSEGV)));
        }
        Ok(())
    }

    /// The test limits the memory of its process, so it is alone in it.
    #[test]
    fn a_limit_on_address_space_is_lifted_only_for_the_replacement() -> Result {
        if !crate::is_alone("death::tests::a_limit_on_address_space_is_lifted_only_for_the_replacement")? {
            return Ok(());
        }
        let map = cut(2)?;
        let own = getrlimit(Resource::As);
        setrlimit(Resource::As, Rlimit { current: Some(1), ..own })?;
        let touched = survive(&map, || look(&map, 5000));
        let after = getrlimit(Resource::As).current;
        setrlimit(Resource::As, own)?;
        assert_eq!((touched, after), (((), Some(libc::SIGBUS)), Some(1)));
        Ok(())
    }

    #[test]
    fn a_later_map_has_its_dead_pages_again() -> Result {
        let size = rustix::param::page_size();
        let map = cut(2)?;
        survive(&map, || write(&map, size + 7));
        drop(map);
        let map = cut(2)?;
        assert_eq!(survive(&map, || read(&map, size)), (0, Some(libc::SIGBUS)));
        Ok(())
    }

    /// Names a map as replaceable, and does something to it.
    fn named(map: io::Result<MmapRaw>, work: impl FnOnce(&MmapRaw)) -> io::Result<()> {
        let map = map?;
        // SAFETY: nothing but the test uses the map.
        unsafe { may_replace([(map.as_ptr() as usize, map.len())]) };
        work(&map);
        Ok(())
    }

    /// Faults that `outlive` does not survive: of live memory, of memory outside the maps of the case, of another thread, of too
    /// many pages, of the stack, and signals that are sent.
    const DEADLY: [Deadly; 7] = [
        (|| named(with_rights(libc::PROT_READ), |map| write(map, 0)), libc::SIGSEGV),
        (nowhere, libc::SIGSEGV),
        (|| with_rights(libc::PROT_NONE).map(|map| look(&map, 0)), libc::SIGSEGV),
        (
            || {
                named(cut(PAGES + 2), |map| {
                    (1..=PAGES + 1).for_each(|page| look(map, page * rustix::param::page_size()))
                })
            },
            libc::SIGBUS,
        ),
        (
            || {
                named(cut(2), |map| {
                    std::thread::scope(|scope| drop(scope.spawn(|| look(map, rustix::param::page_size())).join()))
                })
            },
            libc::SIGBUS,
        ),
        (sent, libc::SIGBUS),
        // Rust reports the overflow and aborts.
        (|| deeper(0).map(drop), libc::SIGABRT),
    ];

    fn nowhere() -> io::Result<()> {
        // SAFETY: the read kills the process, which is the test.
        unsafe { ptr::without_provenance::<u8>(64).read_volatile() };
        Ok(())
    }

    fn sent() -> io::Result<()> {
        // SAFETY: `raise` has no preconditions.
        unsafe { libc::raise(libc::SIGBUS) };
        Ok(())
    }

    /// Recurses until the stack ends.
    fn deeper(depth: u64) -> io::Result<u64> {
        if black_box(depth) == u64::MAX { Ok(0) } else { black_box(deeper(depth + 1)).map(|below| below + 1) }
    }

    /// Runs this test again in a new process, where `WHICH` names what to do.
    fn again(test: &str, which: &str) -> io::Result<std::process::Output> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--exact", &format!("death::tests::{test}"), "--nocapture"]).env(WHICH, which).output()
    }

    const WHICH: &str = "MMAPCHECK_DEADLY";

    /// The test runs itself in a new process for each fault, which kills that process.
    #[test]
    fn every_other_fault_kills_the_process() -> Result {
        if let Some(which) = std::env::var_os(WHICH) {
            let which: usize = which.to_str().ok_or("not a text")?.parse()?;
            let (fault, signal) = DEADLY[which];
            if signal != libc::SIGABRT {
                die_by_default();
            }
            return Ok(outlive(fault).0?);
        }
        for (which, (_, signal)) in DEADLY.iter().enumerate() {
            let done = again("every_other_fault_kills_the_process", &which.to_string())?;
            assert_eq!(done.status.signal(), Some(*signal), "{which}: {}", String::from_utf8_lossy(&done.stdout));
            let words = String::from_utf8_lossy(&done.stderr).into_owned();
            assert_eq!(words.contains("has overflowed its stack"), *signal == libc::SIGABRT, "{which}: {words}");
        }
        Ok(())
    }

    extern "C" fn earlier(_: c_int) {
        // SAFETY: async-signal-safe.
        unsafe { libc::_exit(42) };
    }

    #[test]
    fn a_handler_that_was_installed_before_is_called() -> Result {
        const FAULTS: [fn() -> io::Result<()>; 2] = [nowhere, sent];
        if let Some(which) = std::env::var_os(WHICH) {
            for signal in SIGNALS {
                // SAFETY: the handler is async-signal-safe.
                unsafe { libc::signal(signal, earlier as *const () as usize) };
            }
            let which: usize = which.to_str().ok_or("not a text")?.parse()?;
            return Ok(outlive(FAULTS[which]).0?);
        }
        for which in 0..FAULTS.len() {
            let done = again("a_handler_that_was_installed_before_is_called", &which.to_string())?;
            assert_eq!(done.status.code(), Some(42), "{which}: {}", String::from_utf8_lossy(&done.stdout));
        }
        Ok(())
    }
}
