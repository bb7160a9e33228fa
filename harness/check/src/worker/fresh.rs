//! A target that runs each case in a process that has run no case before.

use super::Worker;
use mmapcheck_spec::{Case, Detail, Leaks, Target, TargetError, TargetInfo, Trace};

/// A worker whose process is replaced before each run of a case.
pub struct Fresh<'a>(pub &'a mut dyn Worker);

impl Target for Fresh<'_> {
    fn info(&self) -> &TargetInfo {
        self.0.info()
    }

    fn run(&mut self, case: &Case, detail: Detail) -> Result<Trace, TargetError> {
        self.0.restart();
        // An interpreter opens files of its own when they are first needed, and keeps them: in a first run that is no leak.
        Ok(Trace { leaks: Leaks::default(), ..self.0.run(case, detail)? })
    }

    fn run_to_death(&mut self, case: &Case, detail: Detail) -> Result<Trace, TargetError> {
        self.0.restart();
        self.0.run_to_death(case, detail)
    }
}
