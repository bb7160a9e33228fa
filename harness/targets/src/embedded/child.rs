//! A child process that does steps of a case.

use super::Embedded;
use super::ffi::{fork, leave};
use mmapcheck_spec::{Detail, End, Outcome, Snapshot, Step, StepTrace, Stepper, Value};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Pid, Signal, WaitOptions, WaitStatus, set_parent_process_death_signal, waitpid};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a child tells its parent, a line each.
#[derive(Serialize, Deserialize)]
enum Told {
    /// What the next step did.
    Step(StepTrace),
    /// All is done. The positions of the files it has from its parent, who would not know that they have moved.
    Done(Vec<u64>),
}

impl Embedded {
    /// Does the steps of a block in a child of this process, and waits for it.
    pub(super) fn in_child(&mut self, block: &[Step], detail: Detail, mark: &mut dyn FnMut(usize)) -> Vec<StepTrace> {
        mark(0);
        let made = pipe_with(PipeFlags::CLOEXEC).map_err(io::Error::from);
        let made = made.and_then(|(reads, writes)| Ok((File::from(reads), File::from(writes), fork(&self.gil)?)));
        match made {
            Ok((_, writes, None)) => self.be_child(writes, block, detail, mark),
            Ok((reads, writes, Some(child))) => {
                drop(writes);
                let mut done = self.listen(reads);
                self.files.get_mut().notice_names();
                if done.len() == block.len() {
                    self.child.set(Some(child));
                } else {
                    let is_over = done.last().is_some_and(|step| step.result.is_err());
                    done.extend(status(child).and_then(ended).filter(|_| !is_over).map(without_answer));
                }
                done
            }
            Err(why) => vec![without_answer(End::Unsupported(format!("there is no child process: {why}")))],
        }
    }

    /// `os.wait()[1]`, of the child that has told of all its steps.
    pub(super) fn wait(&self) -> Result<Outcome, End> {
        let status = self.child.take().and_then(status).ok_or_else(|| End::Unsupported("there is no child".into()))?;
        Ok(Outcome::Value(Value::Int(status.as_raw().into())))
    }

    /// Does the steps, tells of each, and leaves.
    fn be_child(&mut self, mut writes: File, block: &[Step], detail: Detail, mark: &mut dyn FnMut(usize)) -> ! {
        // A parent that is killed because this hangs takes it along.
        let _ = set_parent_process_death_signal(Some(Signal::KILL));
        // Nothing may return to what the parent is at.
        let _ = catch_unwind(AssertUnwindSafe(|| {
            let positions = self.files.get_mut().positions();
            let mut tell = |told: Told| {
                let line = serde_json::to_string(&told).unwrap_or_default() + "\n";
                writes.write_all(line.as_bytes())
            };
            let begun = StepTrace { result: Ok(Outcome::Value(Value::None)), snapshot: self.look(false, detail) };
            let mut is_over = tell(Told::Step(begun)).is_err();
            for (i, step) in block.iter().enumerate().skip(1) {
                if is_over {
                    return;
                }
                mark(i);
                let done = StepTrace::of(self, step, detail);
                is_over = done.result.is_err();
                is_over |= tell(Told::Step(done)).is_err();
            }
            let _ = tell(Told::Done(positions.iter().map(|position| position.get()).collect()));
        }));
        leave()
    }

    /// Hears what a child tells, until it ends.
    fn listen(&mut self, reads: File) -> Vec<StepTrace> {
        let mut done = Vec::new();
        for line in BufReader::new(reads).lines().map_while(Result::ok) {
            match serde_json::from_str(&line) {
                Ok(Told::Step(step)) => done.push(step),
                Ok(Told::Done(positions)) => {
                    let own = self.files.get_mut().positions();
                    own.iter().zip(positions).for_each(|(own, position)| own.set(position));
                }
                // What it was about to tell when it died.
                Err(_) => {}
            }
        }
        done
    }
}

fn without_answer(end: End) -> StepTrace {
    StepTrace { result: Err(end), snapshot: Snapshot::default() }
}

/// Waits for a child: how it ended.
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
