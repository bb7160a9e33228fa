//! Steps that kill the process by a signal, and steps that come close: the reference in memory foresees both.
//!
//! Where there is a `python3`, a test runs the steps on it and compares the signals.

use mmapcheck_reference::Reference;
use mmapcheck_spec::notation::parse;
use mmapcheck_spec::platform::LINUX;
use mmapcheck_spec::{End, Profile, Signal, Stepper};
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

const SIGBUS: i32 = LINUX.signal(Signal::Bus);
const SIGSEGV: i32 = LINUX.signal(Signal::Segv);

/// A mapped file of two pages, truncated within the first: the second page of the map is dead.
const CUT: &str = "f.write(b'abc\\n' * 2048); m = mmap.mmap(f.fileno(), 0); f.truncate(100)";
/// A private map whose second page was written to, and then truncated from the file.
const GONE: &str =
    "f.write(b'abc' * 3000); m = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_COPY); m[4096] = 1; f.truncate(0)";
/// A private map whose second page was written to, and is still part of the file.
const KEPT: &str =
    "f.write(b'abc' * 3000); m = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_COPY); m[4096] = 1; f.truncate(4097)";
/// An inaccessible map, and an accessible one.
const SHUT: &str = "f.write(b'abc'); m = mmap.mmap(f.fileno(), 0, prot=0); m2 = mmap.mmap(-1, 3)";
/// A map of `PROT_WRITE` alone.
const HALF: &str = "f.write(b'abc'); m = mmap.mmap(f.fileno(), 0, prot=2)";
/// A map of a file that was truncated to nothing.
const EMPTY: &str = "f.write(b'abc'); m = mmap.mmap(f.fileno(), 0); f.truncate(0)";

/// The steps before, the step itself, and the signal that kills the process; 0: the process survives.
const STEPS: &[(&str, &str, i32)] = &[
    (CUT, "m[4096]", SIGBUS),
    (CUT, "m[4095]", 0),
    (CUT, "m[4000:4096]", 0),
    (CUT, "m[4000:4097]", SIGBUS),
    (CUT, "m[4096:4096]", 0),
    (CUT, "m[::-1]", SIGBUS),
    (CUT, "m[4096] = 1", SIGBUS),
    (CUT, "m[4096:4098] = b'ab'", SIGBUS),
    (CUT, "m.move(0, 4096, 5)", SIGBUS),
    (CUT, "m.move(4096, 0, 5)", SIGBUS),
    (CUT, "m.move(4096, 4097, 0)", 0),
    (CUT, "m.read()", SIGBUS),
    (CUT, "m.read(4096)", 0),
    (CUT, "m.readline()", 0),
    (CUT, "m.find(b'c')", 0),
    (CUT, "m.find(b'bc')", 0),
    (CUT, "m.find(b'x')", SIGBUS),
    (CUT, "m.find(b'xyz')", SIGBUS),
    (CUT, "m.find(b'x', 0, 4096)", 0),
    (CUT, "m.rfind(b'c')", SIGBUS),
    (CUT, "m.rfind(b'bc')", SIGBUS),
    (CUT, "m.rfind(b'bc', 0, 4096)", 0),
    (CUT, "b'c' in m", 0),
    (CUT, "b'x' in m", SIGBUS),
    (CUT, "list(m)", SIGBUS),
    (CUT, "bytes(m)", SIGBUS),
    (CUT, "zlib.crc32(m)", SIGBUS),
    (CUT, "v = memoryview(m)", 0),
    (CUT, "m.flush()", 0),
    (CUT, "m.madvise(mmap.MADV_DONTNEED)", 0),
    (CUT, "len(m)", 0),
    (CUT, "m == bytearray(b'abc')", 0),
    (CUT, "m == memoryview(b'abc\\n' * 25 + bytes(8092))", SIGBUS),
    (CUT, "m.resize(8192)", 0),
    (GONE, "m[4096]", SIGBUS),
    (KEPT, "m[4096]", 0),
    (SHUT, "m[0]", SIGSEGV),
    (SHUT, "m.find(b'c')", SIGSEGV),
    (SHUT, "m.find(b'')", 0),
    (SHUT, "m2.write(m)", SIGSEGV),
    (SHUT, "m.read(0)", 0),
    (SHUT, "m.readline()", SIGSEGV),
    (SHUT, "bytes(m)", SIGSEGV),
    (SHUT, "m.flush()", 0),
    (HALF, "m[0]", 0),
    (HALF, "m[0] = 1", 0),
    (HALF, "m.move(0, 1, 2)", 0),
    (EMPTY, "m[0]", SIGBUS),
    (EMPTY, "m.readline()", SIGBUS),
    (EMPTY, "m.write_byte(1)", SIGBUS),
    (EMPTY, "m.resize(10)", 0),
    (EMPTY, "m.seek(3)", 0),
];

/// Steps that kill the process or not, depending on how the search works: CPython chooses its algorithm by the lengths.
const OPEN: [(&str, &str); 3] = [
    (CUT, "m == bytearray(b'abcx' * 2048)"),
    (CUT, "m.find(b'abcx', 4090, 4098)"),
    (CUT, "m2 = mmap.mmap(-1, 8192); m2.find(m)"),
];

/// The lines of a session, from its first line to the step.
fn lines(before: &str, step: &str) -> Vec<String> {
    let opening = ["import mmap", "import zlib", "f = open('f', 'w+b', buffering=0)"].into_iter();
    opening.chain(before.split("; ")).chain([step]).map(str::to_owned).collect()
}

#[test]
fn deaths_and_only_deaths_are_foreseen() -> Result<(), Box<dyn std::error::Error>> {
    let mut reference = Reference::in_memory(Profile::cpython(3, 11, 7))?;
    for (before, step, signal) in STEPS {
        let text: String = lines(before, step).iter().map(|line| format!(">>> {line}\n")).collect();
        let case = parse(&text, 1)?.case;
        let (last, steps) = case.steps.split_last().ok_or("no steps")?;
        reference.begin(&case.world)?;
        for step in steps {
            reference.step(step).map_err(|end| format!("{text}{end:?} before its end"))?;
        }
        let end = reference.step(last).err();
        assert_eq!(end, (*signal != 0).then_some(End::Died(*signal)), "{text}");
    }
    Ok(())
}

#[test]
fn no_rule_covers_a_step_that_depends_on_how_a_search_works() -> Result<(), Box<dyn std::error::Error>> {
    let mut reference = Reference::in_memory(Profile::cpython(3, 11, 7))?;
    for (before, steps) in OPEN {
        let text: String =
            lines(before, steps).iter().flat_map(|line| line.split("; ")).map(|line| format!(">>> {line}\n")).collect();
        let case = parse(&text, 1)?.case;
        let (last, steps) = case.steps.split_last().ok_or("no steps")?;
        reference.begin(&case.world)?;
        for step in steps {
            reference.step(step).map_err(|end| format!("{text}{end:?} before its end"))?;
        }
        assert!(matches!(reference.step(last), Err(End::Unsupported(_))), "{text}");
    }
    Ok(())
}

#[test]
fn cpython_dies_in_the_same_steps() -> Result<(), Box<dyn std::error::Error>> {
    if Command::new("python3").arg("--version").output().is_err() {
        return Ok(());
    }
    for (before, step, signal) in STEPS {
        let folder = tempfile::tempdir()?;
        let lines = lines(before, step);
        let (last, first) = lines.split_last().ok_or("no lines")?;
        let script = format!("{}\nprint('alive', flush=True)\n{last}\n", first.join("\n"));
        let mut python = Command::new("python3");
        let done = python.args(["-X", "faulthandler=0", "-c", &script]).current_dir(&folder).output()?;
        assert_eq!(String::from_utf8_lossy(&done.stdout), "alive\n", "{script}");
        assert_eq!(done.status.signal().unwrap_or(0), *signal, "{script}{}", String::from_utf8_lossy(&done.stderr));
        assert!(*signal != 0 || done.status.success(), "{script}{}", String::from_utf8_lossy(&done.stderr));
    }
    Ok(())
}
