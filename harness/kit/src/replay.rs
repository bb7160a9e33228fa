//! One session on a type, in the process of the test.

use crate::adapter::Adapter;
use crate::mapping::Mapping;
use crate::verdict::judge;
use crate::worker::info;
use mmapcheck::differential::DifferentialRun;
use mmapcheck::oracle::{AnswerOptions, Oracle};
use mmapcheck::worker::scratch;
use mmapcheck_spec::{Case, Detail, TargetError, notation};
use mmapcheck_targets::InProcess;

/// Runs a session on a type, in this process, so that a debugger sees it, and compares every step. A step that kills the process
/// ends the test; [`Settings::sessions`](crate::Settings::sessions) runs such sessions in a process of their own.
///
/// # Panics
/// If the session cannot be read, a step was not compared, or the type diverges.
#[track_caller]
pub fn replay<M: Mapping>(session: &str) {
    if let Err(why) = run::<M>(session) {
        panic!("{why}");
    }
}

fn run<M: Mapping>(session: &str) -> Result<(), String> {
    let session = notation::parse(session, 1).map_err(|error| format!("the session cannot be read: line {error}"))?;
    if session.case.steps.is_empty() {
        return Err("the session has no step".into());
    }
    judge(&compared::<M>(session.case).map_err(|error| error.0)?)
}

fn compared<M: Mapping>(case: Case) -> Result<DifferentialRun, TargetError> {
    let info = info(std::any::type_name::<M>());
    let (dir, mut oracle) = (scratch()?, Oracle::new(info.profile)?);
    let mut target = InProcess::new(Adapter::<M>::new(dir.path())?, info);
    DifferentialRun::of(case, &mut oracle, &mut target, &AnswerOptions::new(Detail::Full))
}
