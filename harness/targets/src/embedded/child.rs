//! A child process that performs the steps of a block.

use super::Embedded;
use super::ffi::{fork, leave};
use mmapcheck_spec::{Detail, End, Outcome, Snapshot, Step, StepTrace, Stepper, Value};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{
    Pid, Signal, WaitOptions, WaitStatus, getpid, getppid, set_parent_process_death_signal, waitpid,
};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A message of a child to its parent, one line of JSON.
#[derive(Serialize, Deserialize)]
enum ChildMessage {
    /// The trace of the next step.
    Step(StepTrace),
    /// The end of the block, with the positions of the inherited files: the parent shares them, but its copies are stale.
    Done(Vec<u64>),
}

impl Embedded {
    /// Performs the steps of a block in a child of this process, and waits until it has.
    pub(super) fn in_child(
        &mut self,
        block: &[Step],
        detail: Detail,
        mark: &mut dyn FnMut(Option<usize>),
    ) -> Vec<StepTrace> {
        mark(Some(0));
        let parent = getpid();
        let made = pipe_with(PipeFlags::CLOEXEC).map_err(io::Error::from);
        let made = made.and_then(|(reads, writes)| Ok((File::from(reads), File::from(writes), fork(&self.gil)?)));
        match made {
            Ok((_, writes, None)) => {
                die_with(parent);
                self.be_child(writes, block, detail, mark)
            }
            Ok((reads, writes, Some(child))) => {
                drop(writes);
                let mut done = self.read_messages(reads);
                self.files.get_mut().notice_names();
                if done.len() == block.len() {
                    self.child.set(Some(child));
                } else {
                    let is_over = done.last().is_some_and(|step| step.result.is_err());
                    done.extend(status(child).and_then(ended).filter(|_| !is_over).map(without_outcome));
                }
                done
            }
            Err(why) => vec![without_outcome(End::Unsupported(format!("cannot make a child process: {why}")))],
        }
    }

    /// `os.wait()[1]`, for a child that has performed all its steps.
    pub(super) fn wait(&self) -> Result<Outcome, End> {
        let status = self
            .child
            .take()
            .and_then(status)
            .ok_or_else(|| End::Unsupported("no child process to wait for".into()))?;
        Ok(Outcome::Value(Value::Int(status.as_raw().into())))
    }

    /// Performs the steps in the child, reports each, and exits.
    fn be_child(&mut self, mut writes: File, block: &[Step], detail: Detail, mark: &mut dyn FnMut(Option<usize>)) -> ! {
        // The child must not return into the frames of its parent.
        let _ = catch_unwind(AssertUnwindSafe(|| {
            let positions = self.files.get_mut().positions();
            let mut send = |message: ChildMessage| {
                let line = serde_json::to_string(&message).unwrap_or_default() + "\n";
                writes.write_all(line.as_bytes())
            };
            let begun = StepTrace { result: Ok(Outcome::Value(Value::None)), snapshot: self.look(false, detail) };
            let mut is_over = send(ChildMessage::Step(begun)).is_err();
            for (i, step) in block.iter().enumerate().skip(1) {
                if is_over {
                    return;
                }
                mark(Some(i));
                let done = StepTrace::of(self, step, detail, mark);
                is_over = done.result.is_err();
                is_over |= send(ChildMessage::Step(done)).is_err();
            }
            let _ = send(ChildMessage::Done(positions.iter().map(|position| position.get()).collect()));
        }));
        leave()
    }

    /// Reads the messages of a child until it ends.
    fn read_messages(&mut self, reads: File) -> Vec<StepTrace> {
        let mut done = Vec::new();
        for line in BufReader::new(reads).lines().map_while(Result::ok) {
            match serde_json::from_str(&line) {
                Ok(ChildMessage::Step(step)) => done.push(step),
                Ok(ChildMessage::Done(positions)) => {
                    let own = self.files.get_mut().positions();
                    own.iter().zip(positions).for_each(|(own, position)| own.set(position));
                }
                // The child died while it wrote this line.
                Err(_) => {}
            }
        }
        done
    }
}

/// Lets this child die with its parent: where the child hangs, the supervisor kills the parent.
fn die_with(parent: Pid) {
    let _ = set_parent_process_death_signal(Some(Signal::KILL));
    // The parent may have died before the signal was set.
    if getppid() != Some(parent) {
        leave();
    }
}

fn without_outcome(end: End) -> StepTrace {
    StepTrace { result: Err(end), snapshot: Snapshot::default() }
}

/// Waits for a child, and returns its status.
fn status(child: Pid) -> Option<WaitStatus> {
    loop {
        match waitpid(Some(child), WaitOptions::empty()) {
            Err(rustix::io::Errno::INTR) => {}
            status => return Some(status.ok()??.1),
        }
    }
}

fn ended(status: WaitStatus) -> Option<End> {
    let exited = || status.exit_status().map(|status| End::Exited(status, String::new()));
    status.terminating_signal().map(End::Died).or_else(exited)
}
