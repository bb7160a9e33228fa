//! `mmapcheck doctor`

use super::exit::{CommandError, Exit};
use super::output::write_out;
use crate::doctor::{Checked, Section, examine};
use mmapcheck_spec::printable;
use std::fmt::Write;

/// Shows what this machine has. A missing thing does not fail the command.
pub(super) fn doctor() -> Result<Exit, CommandError> {
    let (mut text, mut missing) = (String::new(), 0);
    for Section { title, all } in examine()? {
        let _ = writeln!(text, "{title}");
        for Checked { name, found } in all {
            let (mark, what) = match &found {
                Ok(found) => ("ok     ", found),
                Err(without) => ("missing", without),
            };
            missing += usize::from(found.is_err());
            let _ = writeln!(text, "  {mark}  {name}: {}", printable(what));
        }
        text.push('\n');
    }
    let _ = match missing {
        0 => writeln!(text, "nothing is missing"),
        1 => writeln!(text, "1 thing is missing; everything else can be used"),
        many => writeln!(text, "{many} things are missing; everything else can be used"),
    };
    write_out(&text);
    Ok(Exit::Agrees)
}
