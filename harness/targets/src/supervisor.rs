//! The supervisor of processes that may die, hang or flood: workers and drivers.
//!
//! A supervised process is started under limits, asked line by line, and killed with its children. Every wait has a bound: a
//! process that closes its pipes, writes without end, or leaves a child that holds its pipes cannot stop the campaign.
#![expect(unsafe_code, reason = "the started process limits itself between fork and exec")]

use crate::stop::Stop;
use mmapcheck_spec::{End, TargetError};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::process::{
    Pid, Resource, Rlimit, Signal, WaitId, WaitIdOptions, getpid, getppid, getrlimit, kill_process, kill_process_group,
    set_parent_process_death_signal, setrlimit, setsid, waitid,
};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::LazyLock;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

/// The longest line that is read, in bytes, unless [`Process::allow`] says otherwise.
pub const LONGEST: usize = 1 << 26;
/// A process that is out of time after writing this many bytes of one line floods; after fewer it hangs.
const FLOOD: usize = 1 << 20;
/// A process that writes more bytes than these to standard error before its next answer floods.
const ERRORS: usize = 1 << 28;
/// Bytes at the end of standard error in which the last words are looked for.
const LAST: usize = 1 << 12;
/// How often the end of a process is looked for while something else holds its pipes open.
const TICK: Duration = Duration::from_millis(100);
/// How long a process that closed its output may take to end by itself.
const ENDING: Duration = Duration::from_secs(1);
/// How long a killed process may take to end. The kernel delays it while a system call cannot be interrupted.
const KILLED: Duration = Duration::from_secs(10);
/// How long starting a process may take.
const STARTING: Duration = Duration::from_secs(60);

/// How often a process that replaces a lost one is started before the target is given up.
const STARTS: usize = 3;

/// The most of a resource that a supervised process and its children may have.
pub type Limit = (Resource, u64);

/// The least that any target may have: descriptors for itself, the files of a case and their maps, and bytes of address space.
/// A case maps up to 4 GiB.
pub const LEAST: [Limit; 2] = [(Resource::Nofile, 40), (Resource::As, 1 << 33)];

/// Decides when a process that gives no answer is hung.
pub trait Patience {
    /// The time left; zero as soon as the process is hung. Asked several times a second.
    fn left(&mut self) -> Duration;
}

/// A deadline.
impl Patience for Instant {
    fn left(&mut self) -> Duration {
        self.saturating_duration_since(Instant::now())
    }
}

/// Patience with a process that ends, whatever is left of it, once a stop is due.
pub struct UntilStop<'a, P> {
    /// The patience until then.
    pub patience: P,
    /// The stop.
    pub stop: &'a Stop,
}

impl<P: Patience> Patience for UntilStop<'_, P> {
    fn left(&mut self) -> Duration {
        if self.stop.is_due() { Duration::ZERO } else { self.patience.left() }
    }
}

/// A running process and its pipes. Dropping it kills it.
pub struct Process {
    child: Child,
    stdin: ChildStdin,
    stdout: ChildStdout,
    /// Standard error: a pipe, since a limit on file size that a case sets would hold for a file. None once it is closed.
    stderr: Option<ChildStderr>,
    /// The last bytes of standard error.
    words: Vec<u8>,
    /// The bytes that have been read from standard error.
    written: u64,
    /// The number of bytes of standard error since the last answer.
    errors: usize,
    /// The process was waited for, so that its number may belong to another one.
    gone: bool,
    /// Bytes of answers that nobody asked for yet.
    pending: Vec<u8>,
    /// Lines sent minus lines received.
    owed: usize,
    /// The longest line that is read, in bytes.
    longest: usize,
}

impl Process {
    /// Starts a program with pipes for standard input, output and error. The process leads a session of its own, so that Ctrl-C
    /// reaches this program only, and is killed when this program dies.
    ///
    /// # Errors
    /// The program cannot be started, or a limit of this process is lower than one that the program needs.
    pub fn start(mut command: Command, limits: &'static [Limit]) -> Result<Process, TargetError> {
        let wrong = |what: &str, error: io::Error| TargetError(format!("{what}: {error}"));
        check_limits(limits)?;
        check_limits(&LEAST)?;
        let name = command.get_program().display().to_string();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = spawn(command, limits).map_err(|error| wrong(&format!("cannot start {name}"), error))?;
        let (Some(stdin), Some(stdout), Some(stderr)) = (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(TargetError(format!("{name} has no pipes")));
        };
        for pipe in [stdin.as_fd(), stdout.as_fd(), stderr.as_fd()] {
            fcntl_getfl(pipe)
                .and_then(|flags| fcntl_setfl(pipe, flags | OFlags::NONBLOCK))
                .map_err(|error| wrong("a pipe cannot be set up", error.into()))?;
        }
        let (words, pending) = (Vec::new(), Vec::new());
        Ok(Process {
            child,
            stdin,
            stdout,
            stderr: Some(stderr),
            words,
            written: 0,
            errors: 0,
            gone: false,
            pending,
            owed: 0,
            longest: LONGEST,
        })
    }

    /// Whether an answer is outstanding.
    #[must_use]
    pub fn is_at_work(&self) -> bool {
        self.owed > 0
    }

    /// Sets the longest line that is read from now on, in bytes.
    pub fn allow(&mut self, longest: usize) {
        self.longest = longest;
    }

    /// The process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a line, without keeping the answers that arrive meanwhile from being written: neither side waits for the other.
    ///
    /// # Errors
    /// The process hung or flooded before it took the line, and is killed. A process that has ended is not an error: the next
    /// [`Process::line`] returns its end.
    pub fn send(&mut self, line: &[u8], patience: &mut dyn Patience) -> Result<(), End> {
        self.owed += 1;
        let line = [line, b"\n"].concat();
        let mut done = 0;
        while done < line.len() {
            match rustix::io::write(&self.stdin, &line[done..]) {
                Ok(count) => done += count,
                Err(rustix::io::Errno::AGAIN) => {
                    if self.wait(patience, true)? {
                        return Ok(());
                    }
                    if self.pending.len() < self.longest {
                        self.read_some();
                    }
                }
                Err(_) => return Ok(()),
            }
        }
        Ok(())
    }

    /// The next line, without its newline.
    ///
    /// # Errors
    /// How the process ended: by itself, or killed because it hung, flooded or closed its output.
    pub fn line(&mut self, patience: &mut dyn Patience) -> Result<Vec<u8>, End> {
        let mut seen = 0;
        loop {
            if let Some(end) = self.pending[seen..].iter().position(|&byte| byte == b'\n') {
                let mut line: Vec<u8> = self.pending.drain(..=seen + end).collect();
                line.pop();
                self.owed = self.owed.saturating_sub(1);
                self.errors = 0;
                return Ok(line);
            }
            seen = self.pending.len();
            if seen > self.longest {
                return Err(self.kill(endless(seen)));
            }
            match self.read_some() {
                Some(0) => return Err(self.ended()),
                Some(_) => {}
                // The process may have written its last line between the read and its end.
                None if self.wait(patience, false)? && self.read_some().is_none_or(|count| count == 0) => {
                    return Err(self.ended());
                }
                None => {}
            }
        }
    }

    /// Reads the bytes that are there: how many, 0 at the end of the pipe; `None` if none have arrived.
    fn read_some(&mut self) -> Option<usize> {
        let mut buffer = [0; 1 << 16];
        match rustix::io::read(&self.stdout, &mut buffer) {
            Ok(count) => {
                self.pending.extend_from_slice(&buffer[..count]);
                Some(count)
            }
            Err(rustix::io::Errno::AGAIN) => None,
            Err(_) => Some(0),
        }
    }

    /// Reads the bytes of standard error that are there, and keeps the last ones.
    fn read_errors(&mut self) {
        let mut buffer = [0; 1 << 16];
        while let Some(stderr) = &self.stderr {
            match rustix::io::read(stderr, &mut buffer) {
                Ok(0) => self.stderr = None,
                Ok(count) => {
                    self.errors += count;
                    self.written += count as u64;
                    self.words.extend_from_slice(&buffer[..count]);
                    self.words.drain(..self.words.len().saturating_sub(LAST));
                    // A flood must not keep the caller from looking at the time.
                    if count < buffer.len() || self.errors > ERRORS {
                        return;
                    }
                }
                Err(rustix::io::Errno::AGAIN) => return,
                Err(_) => self.stderr = None,
            }
        }
    }

    /// Waits until there is something to read, or, on request, room to write; at most for a tick. Says whether the process
    /// has ended, which its pipes do not show while a child holds them.
    fn wait(&mut self, patience: &mut dyn Patience, to_write: bool) -> Result<bool, End> {
        let left = patience.left().min(TICK);
        if left.is_zero() {
            let flood = self.pending.len() > FLOOD;
            let end = if flood { endless(self.pending.len()) } else { End::Hung };
            return Err(self.kill(end));
        }
        let timeout = Timespec { tv_sec: left.as_secs() as i64, tv_nsec: left.subsec_nanos().into() };
        let mut fds = vec![PollFd::from_borrowed_fd(self.stdout.as_fd(), PollFlags::IN)];
        if to_write {
            fds.push(PollFd::from_borrowed_fd(self.stdin.as_fd(), PollFlags::OUT));
        }
        let asked = fds.len();
        fds.extend(self.stderr.iter().map(|stderr| PollFd::from_borrowed_fd(stderr.as_fd(), PollFlags::IN)));
        // An error is found again by the read or write that follows.
        let _ = poll(&mut fds, Some(&timeout));
        let is_silent = fds[..asked].iter().all(|fd| fd.revents().is_empty());
        self.read_errors();
        if self.errors > ERRORS {
            return Err(self.kill(End::Malformed(format!("{} bytes of standard error and no reply", self.errors))));
        }
        Ok(is_silent && self.has_ended())
    }

    /// How a process ended that has closed its output. One that does not end is killed.
    fn ended(&mut self) -> End {
        if !self.ends_within(ENDING) {
            return self.kill(End::Malformed("it closed its output and keeps running".into()));
        }
        match self.finish() {
            Some(status) => match status.signal() {
                Some(signal) => End::Died(signal),
                None => End::Exited(status.code().unwrap_or(-1), self.last_words()),
            },
            None => End::Malformed("it closed its output, and its exit status cannot be had".into()),
        }
    }

    fn ends_within(&mut self, time: Duration) -> bool {
        let began = Instant::now();
        while !self.has_ended() {
            // A process that writes its last words ends only once there is room for them.
            self.read_errors();
            if began.elapsed() > time {
                return false;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        true
    }

    /// Whether the process has ended. It is not waited for, so that its number stays its own.
    fn has_ended(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        self.pid().is_none_or(|pid| waitid(WaitId::Pid(pid), options).is_ok_and(|status| status.is_some()))
    }

    fn kill(&mut self, end: End) -> End {
        self.finish();
        end
    }

    /// Kills the process and its children, such as the interpreter behind a launcher, and waits for it. Its exit status, if it
    /// had ended by itself.
    fn finish(&mut self) -> Option<ExitStatus> {
        if std::mem::replace(&mut self.gone, true) {
            return None;
        }
        let ended = self.has_ended();
        let pid = self.pid()?;
        kill_session(pid);
        if !self.ends_within(KILLED) {
            // It becomes a zombie later, and somebody must wait for it.
            std::thread::spawn(move || {
                let _ = waitid(WaitId::Pid(pid), WaitIdOptions::EXITED);
            });
            return None;
        }
        let status = self.child.wait().ok();
        status.filter(|_| ended)
    }

    /// The process id, which is that of its group and its session too.
    fn pid(&self) -> Option<Pid> {
        i32::try_from(self.child.id()).ok().and_then(Pid::from_raw)
    }

    /// The last line on standard error that is not blank, or an empty text.
    #[must_use]
    pub fn last_words(&mut self) -> String {
        let text = self.errors_since(0);
        text.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default().to_owned()
    }

    /// The number of bytes that the process has written to standard error, for [`Process::errors_since`].
    pub fn errors_so_far(&mut self) -> u64 {
        self.read_errors();
        self.written
    }

    /// The text on standard error after so many bytes, or the end of a longer one: from the start of a line, without blank lines
    /// around it.
    pub fn errors_since(&mut self, bytes: u64) -> String {
        let wanted = usize::try_from(self.errors_so_far().saturating_sub(bytes)).unwrap_or(usize::MAX);
        let text = String::from_utf8_lossy(&self.words[self.words.len().saturating_sub(wanted)..]);
        let whole =
            if wanted > self.words.len() { text.split_once('\n').map_or(&*text, |(_, rest)| rest) } else { &text };
        whole.trim_matches('\n').trim_end().to_owned()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.finish();
    }
}

/// Refuses to run under a lower limit than a process needs: what a case does would fail for this reason, and look like a fault.
///
/// # Errors
/// The hard limit of this process is lower, which no process can raise.
pub fn check_limits(limits: &[Limit]) -> Result<(), TargetError> {
    for &(resource, needed) in limits {
        let Some(own) = getrlimit(resource).maximum.filter(|own| *own < needed) else { continue };
        let (what, unit, option) = match resource {
            Resource::Fsize => ("size of files", " bytes", "-f"),
            Resource::As => ("address space", " bytes", "-v"),
            Resource::Data => ("memory", " bytes", "-d"),
            Resource::Nofile => ("open files", "", "-n"),
            _ => ("resources", "", "-a"),
        };
        return Err(TargetError(format!(
            "the limit on the {what} of this process is {own}{unit}, and a target needs {needed}: \
             start mmapcheck where 'ulimit {option}' is at least that"
        )));
    }
    Ok(())
}

/// Raises the soft limits of this process to these, where they are lower.
///
/// # Errors
/// As `setrlimit`: a hard limit is lower.
pub fn raise_limits(limits: &[Limit]) -> io::Result<()> {
    for &(resource, needed) in limits {
        let own = getrlimit(resource);
        if own.current.is_some_and(|most| most < needed) {
            setrlimit(resource, Rlimit { current: Some(needed), ..own })?;
        }
    }
    Ok(())
}

/// Starts a process that replaces a lost one. A target that sometimes fails to start does not end a campaign.
///
/// # Errors
/// The last error, if none of some attempts succeeded.
pub fn persistently<T>(mut start: impl FnMut() -> Result<T, TargetError>) -> Result<T, TargetError> {
    let mut started = start();
    for _ in 1..STARTS {
        if started.is_err() {
            started = start();
        }
    }
    started
}

fn endless(bytes: usize) -> End {
    End::Malformed(format!("{bytes} bytes without an end of line"))
}

/// Starts a program as the leader of a session, under limits.
///
/// The kernel signals the death of a parent when the *thread* that started the process ends. One thread that never ends starts
/// all of them.
fn spawn(mut command: Command, limits: &'static [Limit]) -> io::Result<Child> {
    type Request = (Command, Sender<io::Result<Child>>);
    static STARTER: LazyLock<Sender<Request>> = LazyLock::new(|| {
        let (sender, requests) = channel::<Request>();
        std::thread::spawn(move || {
            for (mut command, answer) in requests {
                if let Err(unwanted) = answer.send(command.spawn()) {
                    let _ = unwanted.0.and_then(|mut child| child.kill().and_then(|()| child.wait()));
                }
            }
        });
        sender
    });
    let parent = getpid();
    let set_up = move || {
        setsid()?;
        set_parent_process_death_signal(Some(Signal::KILL))?;
        // The parent may have died before the signal was set.
        if getppid() != Some(parent) {
            return Err(rustix::io::Errno::SRCH.into());
        }
        raise_limits(&LEAST)?;
        for &(resource, most) in limits {
            setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?;
        }
        Ok(())
    };
    // SAFETY: the closure makes bare system calls only, all of which may be made between fork and exec.
    unsafe { command.pre_exec(set_up) };
    let (sender, answer) = channel();
    STARTER.send((command, sender)).map_err(io::Error::other)?;
    answer.recv_timeout(STARTING).map_err(io::Error::other)?
}

/// Kills all processes of a session, whose leader has not been waited for. A process that has started a session of its own is
/// not found.
fn kill_session(leader: Pid) {
    let _ = kill_process_group(leader, Signal::KILL);
    // A process can start another one while it is being found.
    const ROUNDS: usize = 10;
    for _ in 0..ROUNDS {
        let members = members(leader);
        if members.is_empty() {
            break;
        }
        for pid in members {
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

/// The living processes of a session, but for its leader.
fn members(leader: Pid) -> Vec<Pid> {
    let Ok(all) = std::fs::read_dir("/proc") else { return Vec::new() };
    let pids = all.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok().and_then(Pid::from_raw));
    pids.filter(|&pid| pid != leader && is_member(pid, leader)).collect()
}

/// Whether a process belongs to a session and has neither ended nor been killed.
fn is_member(pid: Pid, leader: Pid) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap_or_default();
    // `pid (name) state parent group session ...`; the name can hold anything.
    let mut fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
    let ended = fields.next().is_none_or(|state| matches!(state, "Z" | "X" | "x"));
    let session = fields.nth(2).and_then(|session| session.parse().ok());
    !ended && session == Some(leader.as_raw_nonzero().get())
}
