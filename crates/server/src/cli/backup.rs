//! `ringbook backup`: a copy of a data directory, made beside a running server.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::Value;

use super::args;
use super::cli_error::CliError;
use super::console::Progress;
use super::operator::{place, text_argument};
use super::output::CommandOutput;
use super::plain_text::plain;
use crate::config::Layers;
use ringbook_store::{BackupProgress, Existing, Location, Store, backup};

/// The template of the progress bar.
pub(super) const PROGRESS: &str = "copying {bar:30} {bytes}/{total_bytes} {eta}";

const EXAMPLES: &str = "\
The copy has all changes that were acknowledged before its start. It appears as FILE, readable by its owner only, when it is
complete. A running server is not held up.

To restore, give the copy a data directory of its own and check it:
  mkdir -m 700 restored && install -m 600 FILE restored/ringbook.db
  ringbook check --data restored

Data in PostgreSQL are copied with pg_dump.

Example:
  ringbook backup \"book-$(date +%F).db\" --data /var/lib/ringbook";

pub(super) fn command() -> Command {
    let force = Arg::new("force").long("force").action(ArgAction::SetTrue);
    Command::new("backup")
        .about("Copy the data directory into a file, beside a running server")
        .after_help(EXAMPLES)
        .arg(Arg::new("FILE").required(true).help("File to write"))
        .arg(force.help("Replace an existing file"))
        .args(args::operator())
}

/// Runs the command.
pub(super) fn run(leaf: &ArgMatches, layers: &Layers<'_>, progress: Progress) -> Result<CommandOutput, CliError> {
    let file = PathBuf::from(text_argument(leaf, "FILE")?);
    let existing = if layers.is_up("force")? { Existing::Replace } else { Existing::Keep };
    let place = place(layers)?;
    let Location::Directory(directory) = &place else {
        return Err(CliError::failed(
            "the data are in PostgreSQL: copy them with `pg_dump --schema=ringbook --format=custom --file FILE URL`",
        ));
    };
    if !Store::exists(&place)? {
        return Err(CliError::failed(format_args!(
            "no data in {}: name their directory with --data",
            directory.display()
        )));
    }
    let bar = progress.bar(PROGRESS, 0);
    let mut show = |BackupProgress { done, total }| {
        bar.set_length(total);
        bar.set_position(done);
    };
    let copied = backup(directory, &file, existing, &mut show);
    bar.finish_and_clear();
    let bytes = copied.map_err(CliError::failed)?;
    let name = plain(&file.display().to_string());
    let members = vec![("file", Value::from(name.clone())), ("bytes", Value::from(bytes))];
    Ok(CommandOutput::done(members, format_args!("{name}: {bytes} bytes")))
}
