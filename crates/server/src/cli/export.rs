//! `ringbook export`: writes an address book into a file.

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command};
use serde_json::Value;

use super::cli_error::CliError;
use super::console::Console;
use super::exchange::{self, ProgressView};
use super::output::CommandOutput;
use super::{args, operator};
use crate::config::Layers;
use crate::transfer::{Format, export};

/// The template of the progress bar.
pub(super) const PROGRESS: &str = "exporting {bar:30} {pos}/{len} {eta}";

const EXAMPLES: &str = "\
NDJSON has the records as returned by get.contacts, one per line. CSV has a column for each of their members; several values
in a cell are separated by line breaks. vCards have version 4.0. Importing any of them into an empty address book gives the
same contacts. An existing file is replaced when the new one is complete.

Examples:
  export RINGBOOK_TOKEN=...                             a token from `ringbook key add`
  ringbook export book.ndjson
  ringbook export book.vcf --url https://book.example";

pub(super) fn command() -> Command {
    Command::new("export")
        .about("Write the contacts of an address book on a server into a file")
        .after_help(EXAMPLES)
        .arg(Arg::new("FILE").required(true).help("File to write: .csv, .vcf or .ndjson"))
        .args(exchange::connection())
        .arg(args::option("format", "csv|vcf|ndjson", "Format of the file [default: by its extension]"))
}

/// Exports.
pub(super) fn run(
    leaf: &ArgMatches,
    layers: &Layers<'_>,
    console: &mut Console<'_>,
) -> Result<CommandOutput, CliError> {
    let file = PathBuf::from(operator::text_argument(leaf, "FILE")?);
    let access = exchange::access(layers)?;
    let format = layers.value("format", Format::parse)?;
    let format = format.map_or_else(|| Format::of(&file), Ok).map_err(CliError::failed)?;
    let mut view = ProgressView::new(PROGRESS, console.progress, console.stderr);
    let written = exchange::wait(export(&file, format, access, &mut view));
    view.end();
    let written = written?;
    let contacts = if written == 1 { "contact" } else { "contacts" };
    let sentence = format!("{written} {contacts} in {}", file.display());
    Ok(CommandOutput::done(vec![("written", Value::from(written))], sentence))
}
