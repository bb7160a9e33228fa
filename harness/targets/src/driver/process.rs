//! A driver's process: started, asked, and seen to end.

use mmapcheck_spec::{End, TargetError};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::process::{Pid, Resource, Rlimit, Signal, WaitId, WaitIdOptions, kill_process_group, prlimit, waitid};
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::os::fd::AsFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// A line may be this long, in bytes: far more than any case answers.
const LONGEST: usize = 1 << 26;
/// A line of which so many bytes have come when its time is over is a flood, and no hang.
const FLOOD: usize = 1 << 20;
/// What a driver may take of files and of memory, in bytes. Its memory is what it has asked for to write in, not its
/// address space, of which WebAssembly and Java take a hundred times as much as they use. A case maps up to 4 GiB.
const LIMITS: [(Resource, u64); 3] = [(Resource::Core, 0), (Resource::Fsize, 1 << 28), (Resource::Data, 1 << 33)];
/// Of what it writes to standard error so many bytes are kept between two cases; within one, the limit on files holds.
const ERRORS: u64 = 1 << 20;
/// How much of it is read again to tell its last words, in bytes.
const LAST: u64 = 1 << 12;

/// A driver that runs.
pub(super) struct Process {
    child: Child,
    stdin: ChildStdin,
    stdout: ChildStdout,
    /// Where its errors go.
    stderr: File,
    /// It has been waited for: its number may be another process's by now.
    gone: bool,
    /// What has come of lines that are not yet asked for.
    pending: Vec<u8>,
    /// Lines sent whose answers have not been read.
    owed: usize,
}

impl Process {
    /// Starts an interpreter on the driver script, in the present folder, so that `PYTHONPATH` means what the user means by
    /// it. A group of its own: Ctrl-C reaches the campaign, which then ends its targets itself.
    pub(super) fn start(python: &Path, script: &Path, errors: &Path) -> Result<Process, TargetError> {
        let wrong = |what: &str, error: std::io::Error| TargetError(format!("{what}: {error}"));
        // Appending, so that what is cut off does not come back as a hole.
        let stderr = OpenOptions::new().create(true).append(true).read(true).open(errors);
        let stderr = stderr.map_err(|error| wrong("a temporary file cannot be made", error))?;
        let _ = stderr.set_len(0);
        let theirs = stderr.try_clone().map_err(|error| wrong("a temporary file cannot be used twice", error))?;
        let mut command = Command::new(python);
        command.arg(script).env("PYTHONDONTWRITEBYTECODE", "1").process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(theirs);
        let mut child = command.spawn().map_err(|error| wrong(&format!("cannot start {}", python.display()), error))?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(TargetError("a driver has no pipes".into()));
        };
        // A launcher has started nothing yet: it has hardly begun to run.
        limit(&child)?;
        for pipe in [stdin.as_fd(), stdout.as_fd()] {
            fcntl_getfl(pipe)
                .and_then(|flags| fcntl_setfl(pipe, flags | OFlags::NONBLOCK))
                .map_err(|error| TargetError(format!("a pipe cannot be set up: {error}")))?;
        }
        Ok(Process { child, stdin, stdout, stderr, gone: false, pending: Vec::new(), owed: 0 })
    }

    /// Whether it was sent something that it has not answered yet.
    pub(super) fn is_at_work(&self) -> bool {
        self.owed > 0
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a line and waits for one, each no longer than `patience`.
    pub(super) fn ask(&mut self, line: &[u8], patience: Duration) -> Result<Vec<u8>, End> {
        self.send(line, Instant::now() + patience)?;
        self.line(Instant::now() + patience)
    }

    /// Sends a line. What comes meanwhile is kept, so that neither side waits for the other.
    pub(super) fn send(&mut self, line: &[u8], deadline: Instant) -> Result<(), End> {
        self.owed += 1;
        let line = [line, b"\n"].concat();
        let mut done = 0;
        while done < line.len() {
            match rustix::io::write(&self.stdin, &line[done..]) {
                Ok(count) => done += count,
                Err(rustix::io::Errno::AGAIN) => {
                    self.wait(deadline, true)?;
                    if self.pending.len() < LONGEST {
                        self.read_some();
                    }
                }
                // It is gone: the reply will say how.
                Err(_) => return Ok(()),
            }
        }
        Ok(())
    }

    /// The next line, without its end.
    pub(super) fn line(&mut self, deadline: Instant) -> Result<Vec<u8>, End> {
        let mut seen = 0;
        loop {
            if let Some(end) = self.pending[seen..].iter().position(|&byte| byte == b'\n') {
                let mut line: Vec<u8> = self.pending.drain(..=seen + end).collect();
                line.pop();
                self.owed = self.owed.saturating_sub(1);
                self.forget_errors();
                return Ok(line);
            }
            seen = self.pending.len();
            if seen > LONGEST {
                return Err(self.kill(endless(seen)));
            }
            self.read_more(deadline)?;
        }
    }

    fn read_more(&mut self, deadline: Instant) -> Result<(), End> {
        match self.read_some() {
            Some(0) => Err(self.ended()),
            Some(_) => Ok(()),
            None => self.wait(deadline, false),
        }
    }

    /// Reads what is there: how many bytes, 0 at the end; none where nothing has come yet.
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

    /// Waits until there is something to read, or, where that is wanted, room to write.
    fn wait(&mut self, deadline: Instant, to_write: bool) -> Result<(), End> {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            // One that has said so much is not hung: a busy stepper reads a flood slowly.
            let flood = self.pending.len() > FLOOD;
            let end = if flood { endless(self.pending.len()) } else { End::Hung };
            return Err(self.kill(end));
        }
        let timeout = Timespec { tv_sec: left.as_secs() as i64, tv_nsec: left.subsec_nanos().into() };
        let mut fds = [
            PollFd::from_borrowed_fd(self.stdout.as_fd(), PollFlags::IN),
            PollFd::from_borrowed_fd(self.stdin.as_fd(), PollFlags::OUT),
        ];
        // Whatever it says, the next read or write finds out what is the matter.
        let _ = poll(&mut fds[..if to_write { 2 } else { 1 }], Some(&timeout));
        Ok(())
    }

    /// How it ended. It has closed its pipe, so that it will end if it has not.
    fn ended(&mut self) -> End {
        const MOMENT: Duration = Duration::from_secs(1);
        let began = Instant::now();
        while !self.has_ended() {
            if began.elapsed() > MOMENT {
                return self.kill(End::Malformed("it closed its output and lives on".into()));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        match self.finish() {
            Some(status) => match status.signal() {
                Some(signal) => End::Died(signal),
                None => End::Exited(status.code().unwrap_or(-1), self.last_words()),
            },
            None => End::Malformed("it closed its output, and nobody knows how it ended".into()),
        }
    }

    /// Whether it has ended. It is not waited for, so that its number stays its own.
    fn has_ended(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        self.group().is_none_or(|id| waitid(WaitId::Pid(id), options).is_ok_and(|status| status.is_some()))
    }

    fn kill(&mut self, end: End) -> End {
        self.finish();
        end
    }

    /// Ends it, and what it has started itself, such as the interpreter behind a launcher. How it ended; none where that is
    /// known no more.
    fn finish(&mut self) -> Option<ExitStatus> {
        if std::mem::replace(&mut self.gone, true) {
            return None;
        }
        let ended = self.has_ended();
        if let Some(group) = self.group() {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let status = self.child.wait().ok();
        status.filter(|_| ended)
    }

    /// Its process group, which has its own number.
    fn group(&self) -> Option<Pid> {
        i32::try_from(self.child.id()).ok().and_then(Pid::from_raw)
    }

    /// A target that writes line after line to its errors must not fill the disk.
    fn forget_errors(&self) {
        if self.stderr.metadata().is_ok_and(|file| file.len() > ERRORS) {
            let _ = self.stderr.set_len(0);
        }
    }

    /// The last line it wrote where its errors go; empty where it wrote none.
    pub(super) fn last_words(&self) -> String {
        let mut end = Vec::new();
        let mut file = &self.stderr;
        let length = file.metadata().map_or(0, |file| file.len());
        let read =
            file.seek(SeekFrom::Start(length.saturating_sub(LAST))).and_then(|_| file.take(LAST).read_to_end(&mut end));
        let text = if read.is_ok() { String::from_utf8_lossy(&end) } else { "".into() };
        text.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default().to_owned()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.finish();
    }
}

fn endless(bytes: usize) -> End {
    End::Malformed(format!("{bytes} bytes without an end of line"))
}

/// A target that runs wild must not take the stepper with it.
fn limit(child: &Child) -> Result<(), TargetError> {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    for (resource, most) in LIMITS {
        // One that has ended already needs no limits; its first reply will say how it ended.
        match prlimit(pid, resource, Rlimit { current: Some(most), maximum: Some(most) }) {
            Ok(_) | Err(rustix::io::Errno::SRCH) => {}
            Err(error) => return Err(TargetError(format!("a resource limit cannot be set: {error}"))),
        }
    }
    Ok(())
}
