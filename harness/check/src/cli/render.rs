//! `mmapcheck render`

use super::args::{Render, RenderFormat};
use super::exit::{CommandError, Exit};
use super::output::write_out;
use crate::report::Report;
use crate::report::junit::junit;
use crate::report::page::page;
use crate::report::summary::summary;
use crate::report::text::{Parts, text};

pub(super) fn render(args: &Render) -> Result<Exit, CommandError> {
    let report = Report::read(&args.report).map_err(CommandError)?;
    write_out(&match args.format {
        RenderFormat::Text => text(&report, Parts { pages: true, random: true, verbose: false }),
        RenderFormat::Junit => junit(&report)?,
        RenderFormat::Html => page(&report)?,
        RenderFormat::Markdown => summary(&report),
    });
    Ok(Exit::Agrees)
}
