//! `mmapcheck triage`

use super::{CannotRun, Exit, Triage, write_out};
use mmapcheck::known::propose;

pub(super) fn triage(args: &Triage) -> Result<Exit, CannotRun> {
    let read = |path: &std::path::PathBuf| {
        let text = std::fs::read_to_string(path).map_err(|error| CannotRun::file(path, error))?;
        Ok((path.display().to_string(), text))
    };
    let files = args.files.iter().map(read).collect::<Result<Vec<_>, CannotRun>>()?;
    write_out(&propose(&files).map_err(CannotRun)?);
    Ok(Exit::Agrees)
}
