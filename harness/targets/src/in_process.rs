//! A target that runs a stepper in this process.

use crate::census::Census;
use crate::death::outlive;
use crate::possessions::Possessions;
use mmapcheck_spec::{
    Case, Detail, End, FileState, Outcome, Snapshot, Step, StepTrace, Stepper, Target, TargetError, TargetInfo, Trace,
    World,
};
use std::cell::Cell;
use std::rc::Rc;

/// A target that runs a stepper in this process.
pub struct InProcess<M, F = fn(Option<usize>)> {
    /// The stepper.
    pub stepper: M,
    /// The description of the target.
    pub info: TargetInfo,
    /// Called with the number of each step before the step runs, and with none after it.
    pub mark: F,
    /// The census that counts leaks; `None` in a process with other activity, whose leaks cannot be told apart.
    pub census: Option<Census>,
    /// The state of the process that the target must leave as it is; `None` in a process with other activity.
    pub possessions: Option<Possessions>,
    /// Whether damage to the process is looked for after every step, so that it is found at its step.
    pub watched: Rc<Cell<bool>>,
}

impl<M: Stepper> InProcess<M> {
    /// A target without marks and without a census.
    pub fn new(stepper: M, info: TargetInfo) -> InProcess<M> {
        InProcess { stepper, info, mark: |_| {}, census: None, possessions: None, watched: Rc::default() }
    }
}

impl<M: Stepper, F: FnMut(Option<usize>)> Target for InProcess<M, F> {
    fn info(&self) -> &TargetInfo {
        &self.info
    }

    fn damage(&mut self) -> Option<String> {
        self.stepper.damage().or_else(|| self.possessions.as_ref()?.damage())
    }

    fn run(&mut self, case: &Case, detail: Detail) -> Result<Trace, TargetError> {
        let broken = |why| TargetError(format!("cannot count the resources of this process: {why}"));
        let mut census = self.census.as_mut().filter(|_| detail.takes_leaks());
        let before = census.as_mut().map(|census| census.take()).transpose().map_err(broken)?;
        let mut trace = if self.watched.get() {
            let possessions = self.possessions.as_ref();
            let mut stepper = Watched { stepper: &mut self.stepper, possessions };
            Trace::of(&mut stepper, case, detail, &mut self.mark)?
        } else {
            Trace::of(&mut self.stepper, case, detail, &mut self.mark)?
        };
        let is_damaged = self.note_damage(&mut trace);
        if let (Some(census), Some(before), false) = (&mut self.census, before, is_damaged) {
            trace.leaks = census.leaks(before).map_err(broken)?;
        }
        Ok(trace)
    }

    fn run_to_death(&mut self, case: &Case, detail: Detail) -> Result<Trace, TargetError> {
        let mut stepper = Outliving { stepper: &mut self.stepper, left: case.steps.len() };
        let mut trace = Trace::of(&mut stepper, case, detail, &mut self.mark)?;
        self.note_damage(&mut trace);
        Ok(trace)
    }
}

impl<M: Stepper, F: FnMut(Option<usize>)> InProcess<M, F> {
    /// Notes damage that came after the last step of a case that is watched. Returns whether there is any.
    fn note_damage(&mut self, trace: &mut Trace) -> bool {
        let is_noted = matches!(trace.steps.last(), Some(StepTrace { result: Err(End::Damaged(_)), .. }));
        if self.watched.get() && !is_noted {
            trace.end = self.damage().map(End::Damaged);
        }
        is_noted || trace.end.is_some()
    }
}

/// A stepper whose steps end where they damage the process.
struct Watched<'a, M> {
    stepper: &'a mut M,
    possessions: Option<&'a Possessions>,
}

impl<M: Stepper> Stepper for Watched<'_, M> {
    fn begin(&mut self, world: &World) -> Result<(), TargetError> {
        self.stepper.begin(world)
    }

    fn step(&mut self, step: &Step) -> Result<Outcome, End> {
        let done = self.stepper.step(step);
        self.damage().map_or(done, |what| Err(End::Damaged(what)))
    }

    fn fork(&mut self, block: &[Step], detail: Detail, mark: &mut dyn FnMut(Option<usize>)) -> Vec<StepTrace> {
        let mut done = self.stepper.fork(block, detail, mark);
        if let (Some(last), Some(what)) = (done.last_mut(), self.damage()) {
            last.result = Err(End::Damaged(what));
        }
        done
    }

    fn damage(&mut self) -> Option<String> {
        self.stepper.damage().or_else(|| self.possessions?.damage())
    }

    fn look(&mut self, closely: bool, detail: Detail) -> Snapshot {
        self.stepper.look(closely, detail)
    }

    fn finish(&mut self, detail: Detail) -> (Vec<Option<Outcome>>, Vec<FileState>) {
        self.stepper.finish(detail)
    }
}

/// A stepper that survives an access to dead memory in its last step.
struct Outliving<'a, M> {
    stepper: &'a mut M,
    /// The number of steps that have not run yet.
    left: usize,
}

impl<M: Stepper> Stepper for Outliving<'_, M> {
    fn begin(&mut self, world: &World) -> Result<(), TargetError> {
        self.stepper.begin(world)
    }

    fn step(&mut self, step: &Step) -> Result<Outcome, End> {
        self.left = self.left.saturating_sub(1);
        if self.left > 0 {
            return self.stepper.step(step);
        }
        let (done, signal) = outlive(|| self.stepper.step(step));
        signal.map_or(done, |signal| Err(End::Died(signal)))
    }

    /// The last step of a case is never one of a child, since the `wait` follows it.
    fn fork(&mut self, block: &[Step], detail: Detail, mark: &mut dyn FnMut(Option<usize>)) -> Vec<StepTrace> {
        self.left = self.left.saturating_sub(block.len());
        self.stepper.fork(block, detail, mark)
    }

    fn look(&mut self, closely: bool, detail: Detail) -> Snapshot {
        self.stepper.look(closely, detail)
    }

    fn finish(&mut self, detail: Detail) -> (Vec<Option<Outcome>>, Vec<FileState>) {
        self.stepper.finish(detail)
    }
}
