//! Limits, each with its reason.

use std::time::Duration;

/// Steps in a case, unless `--max-steps` says otherwise: enough for three things to interact, few enough to read.
pub const STEPS: usize = 30;

/// Cases a worker does between two answers: about a tenth of a second, so that time limits and Ctrl-C are noticed.
pub const BATCH: u64 = 2_000;

/// The most of an interpreter behind a driver, which is ten times as slow or slower.
pub const DRIVEN: u64 = 200;

/// The first of it, before it is known how slow it is.
pub const FIRST: u64 = 10;

/// A worker that shows no progress for this long is hung. CPython needs microseconds for a step; a loaded stepper may
/// stop a process for seconds.
pub const HANG: Duration = Duration::from_secs(10);

/// How long one divergence is shrunk at most. What is left then is reported as it is.
pub const SHRINK: Duration = Duration::from_secs(10);

/// How long a step may take before it is taken for hung while a hang is shrunk: each attempt that hangs costs as much.
/// The small case is then run once more with all the time it is given otherwise.
pub const HANG_AGAIN: Duration = Duration::from_millis(500);

/// Steps of a case that are left out at most because what they do is known. Each costs one more run of the case.
pub const LEFT_OUT: usize = 8;

/// One case in so many has arguments that do a step of their own while they are converted. Each of them ends most of what a
/// case could still do with its map.
pub const REENTRANT: usize = 4;

/// One step in so many of such a case has one.
pub const REENTRANT_STEP: usize = 5;

/// One case in so many begins with several maps, mostly of one file, which is often longer than a page: each of them is
/// looked at after every step.
pub const SEVERAL: usize = 12;

/// One case in so many has child processes. The first one costs as much time as twenty cases, since all memory that is written
/// to after it is copied; those that come soon after it cost far less.
pub const FORKING: usize = 1024;

/// The most children of such a case.
pub const CHILDREN: usize = 4;

/// The most steps of a child. It costs as much with one step as with many, but what it does is to be seen by its parent.
pub const CHILD: usize = 8;

/// One step in so many is a fault of the system: a limit, and a step that meets it.
pub const FAULT: usize = 200;

/// One case in so many keeps the steps of which it is known that they kill the target. A death costs as much time as a
/// thousand cases, and a listed one has a case of its own that is run every time.
pub const KILLING: u64 = 512;

/// One case in so many keeps the first step in which a process is foreseen to die, and ends with it. The others go on
/// without such steps.
pub const DYING: u64 = 8;

/// One case in so many has a page behind each of its maps that nobody may touch, which takes two system calls a map. A case
/// that is run by itself has them always.
pub const GUARDED: u64 = 8;

/// How often a case that killed a worker is tried again, to tell a crash of the target from a kill from outside.
pub const RETRIES: usize = 3;

/// How often a case that has left something behind is run again. An allocator takes so much address space at once that it does
/// not take more in each of a few runs, and a cache is full after one.
pub const LEAKS: usize = 16;

/// Divergences of different kinds after which a campaign stops: nobody reads more at once.
pub const BUCKETS: usize = 200;

/// Findings that can be read without a table of them.
pub const FEW: usize = 4;

/// Bytes a file of a case may grow to in a worker: far more than any case asks for, far less than harms the stepper.
pub const FILE_BYTES: u64 = 1 << 28;

/// Address space of a worker, in bytes.
pub const ADDRESS_SPACE: u64 = 1 << 33;

/// Lines of a report longer than this are shortened in the middle.
pub const LINE: usize = 120;

/// A map longer than this many bytes is not gone through item by item: it takes a hundred times as long as any other step
/// and shows nothing that a short map does not.
pub const ITEMS: usize = 100;

/// One case in so many has its files looked at after every step and not only at the end, which takes a system call a file.
/// A divergence that shows only at the end of a case is run again with a close look, which finds its first step.
pub const CLOSE_LOOK: u64 = 16;
