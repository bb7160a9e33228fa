//! `mmapcheck triage`

use super::args::Triage;
use super::exit::{CommandError, Exit};
use super::output::write_out;
use crate::triage::propose;
use std::path::PathBuf;

pub(super) fn triage(args: &Triage) -> Result<Exit, CommandError> {
    let read = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).map_err(|error| CommandError::file(path, error))?;
        Ok((path.display().to_string(), text))
    };
    let files = args.files.iter().map(read).collect::<Result<Vec<_>, CommandError>>()?;
    write_out(&propose(&files).map_err(CommandError)?);
    Ok(Exit::Agrees)
}
