//! Limits and rates of a check, each with its reason.

use std::time::Duration;

/// The most steps of a case by default: enough for three objects to interact, few enough to read.
pub const STEPS: usize = 30;

/// The most steps that the generator tries for each step of a case.
pub const TRIES: usize = 8;

/// The most cases in a batch.
pub const BATCH: u64 = 2_000;

/// The most cases in a batch behind a driver, which is at least ten times slower.
pub const DRIVEN: u64 = 200;

/// The number of cases in the first batch of a target, before its speed is known.
pub const FIRST: u64 = 1;

/// A target that makes no progress for this long is hung, by default. CPython needs microseconds for a step, but a loaded
/// machine may stop a process for seconds.
pub const HANG: Duration = Duration::from_secs(10);

/// The longest time that one divergence is shrunk for. The case is then reported as it is.
pub const SHRINK: Duration = Duration::from_secs(10);

/// The share of a campaign's time that the shrinking of one divergence may take.
pub const SHRINK_SHARE: f64 = 0.2;

/// The most losses of a worker that wait to be investigated until the rest of their batch has run.
pub const LOSSES: usize = 4;

/// The hang limit while a hang is shrunk, since each candidate that hangs costs as much. The shrunk case is then run with the
/// usual limit.
pub const HANG_AGAIN: Duration = Duration::from_millis(500);

/// The most steps of a case that are left out because their divergence is known. Each costs another run of the case.
pub const LEFT_OUT: usize = 8;

/// One case in `REENTRANT` has callback arguments. Each ends most of what the rest of the case could do with its map.
pub const REENTRANT: usize = 4;

/// One step in `REENTRANT_STEP` of such a case has a callback argument.
pub const REENTRANT_STEP: usize = 5;

/// One of the first cases in `LOOKING` looks at a part of the module, until each was looked at.
pub const LOOKING: u64 = 8;

/// One case in `SEVERAL` begins with several maps, mostly of one file that is often longer than a page. Such a case is slow:
/// every map has a snapshot after every step.
pub const SEVERAL: usize = 12;

/// One case in `CROWDED` of those begins with nearly as many maps as a case can name.
pub const CROWDED: usize = 16;

/// The most names of a kind that any other case binds: names that meet more often show more.
pub const NAMES: usize = 4;

/// One case in `LONG` has files of some ten thousand bytes. It takes about ten times as long as another one.
pub const LONG: usize = 128;

/// One case in `FORKING` has child processes. The first `fork` costs as much time as twenty cases, since the system copies
/// every page that is written to after it; a `fork` soon after it costs far less.
pub const FORKING: usize = 512;

/// The most child processes of such a case.
pub const CHILDREN: usize = 4;

/// The most steps of a child process. The number hardly matters for time, but the parent must be able to see the effects.
pub const CHILD: usize = 8;

/// One step in `FAULT` sets a resource limit, and the next step exceeds it.
pub const FAULT: usize = 200;

/// Steps known to kill the target are kept in one case out of `KILLING`. A death costs as much time as a thousand cases, and
/// every check runs the suppression's own case.
pub const KILLING: u64 = 512;

/// One case in `DYING` keeps its first step with an expected death, and ends there. The other cases go on without such steps.
pub const DYING: u64 = 8;

/// One case in `GUARDED` has a guard page after each of its maps, which takes two system calls a map. A case outside a batch
/// always has them.
pub const GUARDED: u64 = 8;

/// How often the case of a finding is run, to tell the rate at which its divergence shows: a divergence that shows in three
/// runs of ten stays unseen in one check of forty.
pub const REPEATS: usize = 10;

/// No run of a case is begun for the sake of its rate after this time: a hang costs seconds each time.
pub const REPEATING: Duration = Duration::from_secs(2);

/// How often a case that leaked is run again. An allocator that takes address space does not take more in each of so many
/// runs, and a cache is full after one.
pub const LEAKS: usize = 16;

/// The number of findings without an explanation after which a campaign stops: nobody reads more at once.
pub const BUCKETS: usize = 200;

/// The most findings that a report shows without a table.
pub const FEW: usize = 4;

/// The most cases in which a planted fault is searched for: a campaign of ten seconds on one core.
pub const DETECTION: u64 = 200_000;

/// The longest file of a worker, in bytes: far more than any case needs, far less than harms the machine.
pub const FILE_BYTES: u64 = 1 << 28;

/// The largest address space of a worker, in bytes. A sanitizer reserves terabytes, and `ThreadSanitizer` ends a process that has
/// a limit.
pub const ADDRESS_SPACE: u64 = if cfg!(feature = "sanitizer") { u64::MAX } else { 1 << 33 };

/// The longest line of a report, in characters; a longer one is cut in the middle.
pub const LINE: usize = 120;

/// The most lines of a dying target's standard error in a finding: the reason of a death stands among the last.
pub const WORDS: usize = 12;

/// The longest of these lines, in characters.
pub const WORDS_LINE: usize = 300;

/// The longest map, in bytes, that a step of a campaign may iterate over. Such a step takes a hundred times as long as any
/// other, and shows nothing on a long map that it does not show on a short one.
pub const ITEMS: usize = 100;

/// The longest map, in bytes, that any step may iterate over: each byte becomes an object of some dozen bytes in both traces.
pub const MOST_ITEMS: usize = 1 << 20;

/// One case in `CLOSE_LOOK` has snapshots of its files after every step and not only at the end, which takes a system call a
/// file. A case whose divergence shows only at the end is run again in full detail, which finds its first step.
pub const CLOSE_LOOK: u64 = 16;

/// The longest time for the cases of one diagnosis.
pub const DIAGNOSIS: Duration = Duration::from_secs(4);

/// The longest time for the cases of a diagnosis of a death, each of which may cost as much time as a thousand other cases.
pub const DIAGNOSIS_OF_DEATH: Duration = Duration::from_millis(500);

/// How often a bucket is investigated again after a finding of it was explained: each explanation may be too narrow.
pub const FORGOTTEN: usize = 4;

/// The number of fresh cases that say how much of a target its model takes in: one case in a thousand is seen.
pub const FRESH: u64 = 20_000;

/// The share of a campaign's time that fresh cases may take, if there are findings.
pub const FRESH_SHARE: f64 = 0.25;

/// The share of a campaign's time that refining its explanations may take.
pub const REFINEMENT_SHARE: f64 = 0.1;

/// The same for a campaign of a number of cases.
pub const REFINEMENT_SHARE_OF_CASES: f64 = 0.5;

/// The number of counterexamples that refute an explanation. One or two may be of a circumstance that no condition tells apart.
pub const CONTRADICTIONS: usize = 3;

/// The most contradictions that an explanation is corrected by at one time.
pub const PROBES: usize = 16;

/// The number of random cases that explanations are tried on: what one case in two hundred shows is seen several times.
pub const SAMPLE: u64 = 1000;

/// The share of the time so far that running them may take.
pub const SAMPLE_SHARE: f64 = 0.1;

/// The time for the first of them.
pub const FIRST_SAMPLE: Duration = Duration::from_millis(100);

/// Half of the number of random cases on which all explanations are tried together for the first time.
pub const WEEDED: usize = 32;

/// The longest time for trying one explanation on them.
pub const PROBE: Duration = Duration::from_millis(500);
