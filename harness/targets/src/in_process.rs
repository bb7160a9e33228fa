//! A stepper of this process as a target.

use crate::census::Census;
use crate::death::outlive;
use mmapcheck_spec::{
    Case, Detail, End, FileState, Outcome, Snapshot, Step, StepTrace, Stepper, Target, TargetError, TargetInfo, Trace,
    World,
};

/// A stepper of this process as a target for whole cases. `mark` is told the number of each step before it is done, and at
/// last the number of steps, before everything is closed.
pub struct InProcess<M, F = fn(usize)> {
    /// What does the steps.
    pub stepper: M,
    /// Who it is.
    pub info: TargetInfo,
    /// Who is told.
    pub mark: F,
    /// Counts what cases leave behind, where nothing else happens in this process.
    pub census: Option<Census>,
}

impl<M: Stepper> InProcess<M> {
    /// A target that tells nobody, in a process where other things may happen.
    pub fn new(stepper: M, info: TargetInfo) -> InProcess<M> {
        InProcess { stepper, info, mark: |_| {}, census: None }
    }
}

impl<M: Stepper, F: FnMut(usize)> Target for InProcess<M, F> {
    fn info(&self) -> &TargetInfo {
        &self.info
    }

    fn run(&mut self, case: &Case, detail: Detail) -> Result<Trace, TargetError> {
        let broken = |why| TargetError(format!("what this process holds cannot be counted: {why}"));
        let mut census = self.census.as_mut().filter(|_| detail.takes_leaks());
        let before = census.as_mut().map(|census| census.take()).transpose().map_err(broken)?;
        let mut trace = Trace::of(&mut self.stepper, case, detail, &mut self.mark)?;
        if let (Some(census), Some(before)) = (census, before) {
            trace.leaks = census.leaks(before).map_err(broken)?;
        }
        Ok(trace)
    }

    fn run_to_death(&mut self, case: &Case, detail: Detail) -> Result<Trace, TargetError> {
        let mut stepper = Outliving { stepper: &mut self.stepper, left: case.steps.len() };
        Trace::of(&mut stepper, case, detail, &mut self.mark)
    }
}

/// A stepper that outlives its last step.
struct Outliving<'a, M> {
    stepper: &'a mut M,
    /// Steps that are left.
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

    /// A child does not do the last step.
    fn fork(&mut self, block: &[Step], detail: Detail, mark: &mut dyn FnMut(usize)) -> Vec<StepTrace> {
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
