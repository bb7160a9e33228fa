//! A driver's process: started, asked, and seen to end.

use mmapcheck_spec::{End, TargetError};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use std::fs::File;
use std::os::fd::AsFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// A line may be this long, in bytes: far more than any case answers.
const LONGEST: usize = 1 << 26;
/// What a driver may take of files and of memory, in bytes.
const LIMITS: [(Resource, u64); 3] = [(Resource::Core, 0), (Resource::Fsize, 1 << 28), (Resource::Data, 1 << 33)];

/// A driver that runs.
pub(super) struct Process {
    child: Child,
    stdin: ChildStdin,
    stdout: ChildStdout,
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
        let stderr = File::create(errors).map_err(|error| wrong("a temporary file cannot be made", error))?;
        let mut command = Command::new(python);
        command.arg(script).env("PYTHONDONTWRITEBYTECODE", "1").process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(stderr);
        let mut child = command.spawn().map_err(|error| wrong(&format!("cannot start {}", python.display()), error))?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(TargetError("a driver has no pipes".into()));
        };
        limit(&child)?;
        for pipe in [stdin.as_fd(), stdout.as_fd()] {
            fcntl_getfl(pipe)
                .and_then(|flags| fcntl_setfl(pipe, flags | OFlags::NONBLOCK))
                .map_err(|error| TargetError(format!("a pipe cannot be set up: {error}")))?;
        }
        Ok(Process { child, stdin, stdout, pending: Vec::new(), owed: 0 })
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
                return Ok(line);
            }
            seen = self.pending.len();
            if seen > LONGEST {
                return Err(self.kill(End::Garbled(format!("more than {LONGEST} bytes without an end of line"))));
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
            return Err(self.kill(End::Hung));
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
        const MOMENT: Duration = Duration::from_secs(2);
        let began = Instant::now();
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return ending(status),
                Ok(None) if began.elapsed() < MOMENT => std::thread::sleep(Duration::from_millis(1)),
                _ => return self.kill(End::Garbled("it closed its output and lives on".into())),
            }
        }
    }

    fn kill(&mut self, end: End) -> End {
        let _ = self.child.kill();
        let _ = self.child.wait();
        end
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // What it has started itself, such as the interpreter behind a launcher, goes with it.
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = self.child.wait();
    }
}

/// A target that runs wild must not take the machine with it.
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

fn ending(status: ExitStatus) -> End {
    status.signal().map_or_else(|| End::Exited(status.code().unwrap_or(-1)), End::Died)
}
