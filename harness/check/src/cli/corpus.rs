//! `mmapcheck corpus`

use super::args::Corpus;
use super::exit::{CommandError, Exit};
use super::output::write_out;
use crate::corpus::{example, saved};
use mmapcheck_spec::pages::{all, examples};

pub(super) fn corpus(args: &Corpus) -> Result<Exit, CommandError> {
    for (_, clause, one) in examples(all()?) {
        write_out(&(serde_json::to_string(&example(clause, one)?)? + "\n"));
    }
    for path in &args.files {
        let text = std::fs::read_to_string(path).map_err(|error| CommandError::file(path, error))?;
        let case = saved(&path.display().to_string(), &text).map_err(CommandError)?;
        write_out(&(serde_json::to_string(&case)? + "\n"));
    }
    Ok(Exit::Agrees)
}
