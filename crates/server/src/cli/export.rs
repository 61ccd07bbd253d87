//! `ringbook export`: a server's address book into a file.

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command};

use super::exchange::{self, Sight};
use super::output::{Answer, Json};
use super::{Console, Failure, args, operator};
use crate::config::Layers;
use crate::transfer::{Format, export};

/// How many contacts have been written.
pub(super) const PROGRESS: &str = "exporting {bar:30} {pos}/{len} {eta}";

const EXAMPLES: &str = "\
NDJSON holds the records exactly as get.contacts answers them, one per line. CSV has a column for each of their members;
several values of a cell stand on lines of their own. vCards are of version 4.0. An import of any of them into an empty
book gives the same contacts. A file of this name is replaced, once the new one is whole.

Examples:
  export RINGBOOK_TOKEN=...                             what `ringbook key add` shows
  ringbook export book.ndjson
  ringbook export book.vcf --url https://book.example";

pub(super) fn command() -> Command {
    Command::new("export")
        .about("Write the contacts of a server's book into a file")
        .after_help(EXAMPLES)
        .arg(Arg::new("FILE").required(true).help("A .csv, .vcf or .ndjson file"))
        .args(exchange::connection())
        .arg(args::option("format", "csv|vcf|ndjson", "What to write, when the name does not say so"))
}

/// Exports.
pub(super) fn run(leaf: &ArgMatches, layers: &Layers<'_>, console: &mut Console<'_>) -> Result<Answer, Failure> {
    let file = PathBuf::from(operator::text_of(leaf, "FILE")?);
    let access = exchange::access(layers)?;
    let format = layers.value("format", Format::parse)?;
    let format = format.map_or_else(|| Format::of(&file), Ok).map_err(Failure::failed)?;
    let mut sight = Sight::new(PROGRESS, console.progress, console.stderr);
    let written = exchange::wait(export(&file, format, access, &mut sight));
    sight.end();
    let written = written?;
    let contacts = if written == 1 { "contact" } else { "contacts" };
    let sentence = format!("{written} {contacts} in {}", file.display());
    Ok(Answer::done(vec![("written", Json::Number(written))], sentence))
}
