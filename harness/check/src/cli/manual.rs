//! `mmapcheck completions` and `mmapcheck man`

use super::args::{Cli, Completions, Man};
use super::exit::{CommandError, Exit};
use super::output::write_out;
use clap::CommandFactory;

/// The commands for people: completions would offer a hidden one as well.
fn commands() -> clap::Command {
    let whole = Cli::command();
    let shown: Vec<_> = whole.get_subcommands().filter(|command| !command.is_hide_set()).cloned().collect();
    let about = whole.get_about().cloned().unwrap_or_default();
    clap::Command::new("mmapcheck").version(env!("CARGO_PKG_VERSION")).about(about).subcommands(shown)
}

/// Prints the completions for a shell.
pub(super) fn completions(args: &Completions) -> Result<Exit, CommandError> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut commands(), "mmapcheck", &mut text);
    write_out(&String::from_utf8_lossy(&text));
    Ok(Exit::Agrees)
}

/// Writes the man pages of the program and of each command.
pub(super) fn pages(args: &Man) -> Result<Exit, CommandError> {
    let wrong = |error| CommandError(format!("{}: {error}", args.folder.display()));
    std::fs::create_dir_all(&args.folder).map_err(wrong)?;
    clap_mangen::generate_to(commands(), &args.folder).map_err(wrong)?;
    Ok(Exit::Agrees)
}
