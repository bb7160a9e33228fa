//! The suite finds faults: each is planted in a right type, and the suite must fail with words that name it.
//!
//! The program is the suite of the faulty type where `FAULT` is set, and else starts itself once for each fault.
#![expect(unsafe_code, reason = "some faults are unsound on purpose")]

#[path = "../examples/over_memmap2.rs"]
mod right;

use libtest_mimic::{Arguments, Failed, Trial};
use mmapcheck_kit::{Error, Mapping, Region, Result, Settings};
use right::MyMap;
use std::fs::File;
use std::io::SeekFrom;
use std::process::{Command, ExitCode};

const FAULT: &str = "FAULT";

/// Each fault, and words of the failure that it causes, with `|` between them.
const FAULTS: [(&str, &str); 16] = [
    ("none", ""),
    ("find ignores the end", "`find` acts as if `end` was left out|FIND-5 · "),
    ("a seek from the position counts from 0", "seek"),
    ("an index is not checked", "panic: index out of bounds"),
    ("memory is read without a check", "died of signal 11 (SIGSEGV)"),
    ("writes are lost", "file f"),
    ("a search for nothing does not end", "hung"),
    ("resize leaves the map as it was", "m length"),
    ("closing twice aborts", "died of signal 6 (SIGABRT)"),
    ("a failed write moves the position", "m position"),
    ("a map leaks its descriptor", "descriptors left open"),
    ("a map leaks memory", "pages left mapped"),
    ("overlapping bytes are copied forwards", "move"),
    ("a closed map has a length", "closed"),
    ("flush ends the process", "exited with status 3"),
    ("a resize panics", "panic: no room for "),
];

/// Whether this fault is planted in this process.
fn has(fault: &str) -> bool {
    assert!(FAULTS.iter().any(|(name, _)| *name == fault), "{fault}: not in the list");
    std::env::var(FAULT).is_ok_and(|planted| planted == fault)
}

struct Faulty(MyMap);

impl Mapping for Faulty {
    fn map(file: &File, region: &Region) -> Result<Faulty> {
        if has("a map leaks its descriptor") {
            std::mem::forget(file.try_clone()?);
        }
        if has("a map leaks memory") {
            std::mem::forget(memmap2::MmapMut::map_anon(1)?);
        }
        MyMap::map(file, region).map(Faulty)
    }

    fn len(&self) -> Result<usize> {
        if has("a closed map has a length") { self.0.len().or(Ok(0)) } else { self.0.len() }
    }

    fn as_slice(&self) -> Result<&[u8]> {
        self.0.as_slice()
    }

    fn get(&self, index: usize) -> Result<u8> {
        let memory = self.0.as_slice()?;
        match () {
            () if has("an index is not checked") => Ok(memory[index]),
            // SAFETY: none; that is the fault.
            () if has("memory is read without a check") => Ok(unsafe { *memory.as_ptr().add(index) }),
            () => self.0.get(index),
        }
    }

    fn set(&mut self, index: usize, byte: u8) -> Result {
        self.0.set(index, byte)
    }

    fn get_range(&self, start: usize, end: usize) -> Result<Vec<u8>> {
        self.0.get_range(start, end)
    }

    fn set_range(&mut self, start: usize, bytes: &[u8]) -> Result {
        if has("writes are lost") && start + bytes.len() <= self.len()? {
            return Ok(());
        }
        self.0.set_range(start, bytes)
    }

    fn find(&self, needle: &[u8], start: usize, end: usize) -> Result<Option<usize>> {
        while has("a search for nothing does not end") && needle.is_empty() {
            std::hint::spin_loop();
        }
        self.0.find(needle, start, if has("find ignores the end") { usize::MAX } else { end })
    }

    fn move_range(&mut self, dest: usize, src: usize, count: usize) -> Result {
        if !has("overlapping bytes are copied forwards") {
            return self.0.move_range(dest, src, count);
        }
        self.0.move_range(dest, dest, count)?;
        self.0.move_range(src, src, count)?;
        (0..count).try_for_each(|at| self.0.set(dest + at, self.0.get(src + at)?))
    }

    fn tell(&self) -> Result<u64> {
        self.0.tell()
    }

    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        match to {
            SeekFrom::Current(by) if has("a seek from the position counts from 0") => {
                self.0.seek(SeekFrom::Start(by.try_into().map_err(|_| Error::OutOfRange)?))
            }
            to => self.0.seek(to),
        }
    }

    fn read(&mut self, count: usize) -> Result<Vec<u8>> {
        self.0.read(count)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        let done = self.0.write(bytes);
        if has("a failed write moves the position") && done.is_err() {
            self.0.seek(SeekFrom::End(0))?;
        }
        done
    }

    fn resize(&mut self, len: usize) -> Result {
        if has("a resize panics") && len > self.len()? {
            panic!("no room for {len} bytes");
        }
        let before = self.len()?;
        if has("resize leaves the map as it was") && len < before {
            self.0.resize(len)?;
            return self.0.resize(before);
        }
        self.0.resize(len)
    }

    fn flush(&self, offset: usize, len: usize) -> Result {
        if has("flush ends the process") {
            std::process::exit(3);
        }
        self.0.flush(offset, len)
    }

    fn file_size(&self) -> Result<u64> {
        self.0.file_size()
    }

    fn close(&mut self) -> Result {
        if has("closing twice aborts") && self.0.is_closed()? {
            std::process::abort();
        }
        self.0.close()
    }

    fn is_closed(&self) -> Result<bool> {
        self.0.is_closed()
    }
}

/// The fault whose failure the README shows.
const SHOWN: &str = "a seek from the position counts from 0";
/// The type in the test to paste.
const FAULTY: &str = "::<Faulty>";

/// The failure that the README shows.
fn shown() -> String {
    let block = include_str!("../README.md").split("```text\n").nth(1).unwrap_or("no failure is shown");
    block.split("```").next().unwrap_or_default().to_owned()
}

/// Runs the suite of the faulty type in a process of its own.
fn found(fault: &str, words: &str) -> std::result::Result<(), Failed> {
    let mut suite = Command::new(std::env::current_exe()?);
    let done = suite.env(FAULT, fault).env("MMAPCHECK_TIME", "2s").env("MMAPCHECK_SEED", "2").output()?;
    let printed = String::from_utf8_lossy(&done.stdout) + String::from_utf8_lossy(&done.stderr);
    let status = done.status.code();
    if fault == "none" {
        return if status == Some(0) { Ok(()) } else { Err(format!("{status:?}\n{printed}").into()) };
    }
    if fault == SHOWN && !printed.replace(FAULTY, "::<MyMap>").contains(&shown()) {
        return Err(format!("the README shows another failure than\n{printed}").into());
    }
    let says = words.split('|').all(|words| printed.contains(words))
        && printed.contains(&format!("mmapcheck_kit::replay{FAULTY}"));
    if status == Some(101) && says && !printed.contains('\x1b') {
        return Ok(());
    }
    Err(format!("status {status:?}, and expected '{words}' in\n{printed}").into())
}

fn main() -> ExitCode {
    if std::env::var_os(FAULT).is_some() {
        return mmapcheck_kit::run::<Faulty>(&Settings::new("Faulty", env!("CARGO_MANIFEST_DIR"), file!()));
    }
    let arguments = Arguments::from_args();
    let trial = |(fault, words): (&'static str, &'static str)| Trial::test(fault, move || found(fault, words));
    libtest_mimic::run(&arguments, FAULTS.into_iter().map(trial).collect()).exit_code()
}
