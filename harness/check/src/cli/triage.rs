//! `mmapcheck triage`

use super::{Exit, Stop, Triage, write_out};
use mmapcheck::known::propose;

pub(super) fn triage(args: &Triage) -> Result<Exit, Stop> {
    let read = |path: &std::path::PathBuf| {
        let text = std::fs::read_to_string(path).map_err(|error| Stop::file(path, error))?;
        Ok((path.display().to_string(), text))
    };
    let files = args.files.iter().map(read).collect::<Result<Vec<_>, Stop>>()?;
    write_out(&propose(&files).map_err(Stop)?);
    Ok(Exit::Agrees)
}
