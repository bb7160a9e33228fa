//! `mmapcheck diff`

use super::args::{Diff, ListFormat};
use super::exit::{CommandError, Exit};
use super::output::write_out;
use crate::changes::{Changes, Side};

pub(super) fn diff(args: &Diff) -> Result<Exit, CommandError> {
    let read = |path| Side::read(path).map_err(CommandError);
    let changes = Changes::between(&read(&args.old)?, &read(&args.new)?).map_err(CommandError)?;
    write_out(&match args.format {
        ListFormat::Text => changes.text(),
        ListFormat::Json => serde_json::to_string(&changes)? + "\n",
    });
    Ok(if changes.are_worse() { Exit::Diverges } else { Exit::Agrees })
}
