//! `mmapcheck worker`: the worker process of a campaign.

use super::args::Worker;
use super::exit::{CommandError, Exit};
use crate::worker::{Engine, TargetSpec, WorkerConfig, serve};

pub(super) fn worker(args: Worker) -> Result<Exit, CommandError> {
    let subject = TargetSpec { engine: Engine::Embedded, module: args.module, attr: args.attr, source: None };
    serve(&WorkerConfig { subject, profile: args.profile, dir: args.dir })?;
    Ok(Exit::Agrees)
}
