//! `ringbook export`: writes an address book into a file.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::Value;

use super::cli_error::CliError;
use super::console::Console;
use super::exchange::{self, ProgressView};
use super::output::CommandOutput;
use super::plain_text::plain;
use super::{args, operator};
use crate::config::Layers;
use crate::transfer::{ExportFormat, ExportOptions, PhonebookShape, Readers, VcardVersion, export};

/// The template of the progress bar.
pub(super) const PROGRESS: &str = "exporting {bar:30} {pos}/{len} {eta}";
/// The longest filter, in bytes.
const FILTER_BYTES_MAX: usize = 1 << 20;

const EXAMPLES: &str = "\
NDJSON has the records as returned by get.contacts, one per line. CSV has a column for each of their members; several values
in a cell are separated by line breaks. Importing NDJSON, CSV or vCards into an empty address book gives the same contacts.
LDIF and the XML phone books of desk telephones (yealink, grandstream, snom, fritzbox, cisco) hold what they have a place for.

Plain CSV is for programs: a spreadsheet takes cells for formulas and loses digits of long numbers. --for-spreadsheet writes
a table that is safe to open there, and `ringbook import` reads it back.

Phone numbers with a country code have a plus sign in vCards, LDIF and phone books. --group may be repeated, and exports the
contacts that are in any of the groups; --filter takes a filter of get.contacts.

The file is readable by its owner only. An existing file is replaced when the new one is complete.

Examples:
  export RINGBOOK_TOKEN=...                             a token from `ringbook key add`
  ringbook export book.ndjson
  ringbook export book.vcf --vcard 3.0 --group Sales
  ringbook export phonebook.xml --format yealink
  ringbook export book.csv --for-spreadsheet --filter '{\"field\":\"organization_name\",\"operator\":\"=\",\"value\":\"Acme\"}'";

/// The formats that `--format` names.
const FORMATS: &str = "csv|vcf|ldif|ndjson|yealink|grandstream|snom|fritzbox|cisco";

pub(super) fn command() -> Command {
    Command::new("export")
        .about("Write the contacts of an address book on a server into a file")
        .after_help(EXAMPLES)
        .arg(Arg::new("FILE").required(true).help("File to write: .csv, .vcf, .ldif, .ndjson, or .xml with --format"))
        .args(exchange::connection())
        .args([
            args::option("format", FORMATS, "Format of the file [default: by its extension]"),
            args::option("vcard", "3.0|4.0", "Version of vCards").default_value("4.0"),
            Arg::new("for-spreadsheet")
                .long("for-spreadsheet")
                .action(ArgAction::SetTrue)
                .help("Write a CSV file that is safe to open in a spreadsheet"),
            args::option("filter", "JSON", "Export only contacts that match this filter of get.contacts"),
            args::option("group", "NAME", "Export only contacts in this group; may be repeated")
                .action(ArgAction::Append),
        ])
}

/// A format before its options are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    Csv,
    Vcf,
    Ldif,
    Ndjson,
    Phonebook(PhonebookShape),
}

impl Named {
    fn parse(text: &str) -> Result<Self, String> {
        let text = text.to_ascii_lowercase();
        match text.as_str() {
            "csv" => Ok(Self::Csv),
            "vcf" | "vcard" => Ok(Self::Vcf),
            "ldif" => Ok(Self::Ldif),
            "ndjson" | "jsonl" => Ok(Self::Ndjson),
            _ => {
                let shape = PhonebookShape::ALL.into_iter().find(|(name, _)| *name == text);
                shape
                    .map(|(_, shape)| Self::Phonebook(shape))
                    .ok_or_else(|| format!("is no format that is written: give {}", FORMATS.replace('|', ", ")))
            }
        }
    }

    fn of(path: &Path) -> Result<Self, String> {
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        if extension.eq_ignore_ascii_case("xml") {
            let names: Vec<&str> = PhonebookShape::ALL.iter().map(|(name, _)| *name).collect();
            return Err(format!("{}: which telephones is it for? Add --format {}", path.display(), names.join("|")));
        }
        Self::parse(extension).map_err(|_| {
            format!(
                "{}: the name does not say what to write: let it end in .csv, .vcf, .ldif or .ndjson, or add --format {FORMATS}",
                path.display()
            )
        })
    }
}

/// Runs the command.
pub(super) fn run(
    leaf: &ArgMatches,
    layers: &Layers<'_>,
    console: &mut Console<'_>,
) -> Result<CommandOutput, CliError> {
    let file = PathBuf::from(operator::text_argument(leaf, "FILE")?);
    let access = exchange::access(layers)?;
    let named = layers.value("format", Named::parse)?;
    let version = layers.required("vcard", "says which version of vCards to write", VcardVersion::parse)?;
    let is_for_spreadsheet = layers.is_up("for-spreadsheet")?;
    let options = ExportOptions {
        filter: layers.value("filter", filter)?,
        groups: layers.texts("group", |text| Ok(vec![text.to_owned()]))?,
    };
    let named = named.map_or_else(|| Named::of(&file), Ok).map_err(CliError::failed)?;
    let format = match named {
        Named::Csv if is_for_spreadsheet => ExportFormat::Csv(Readers::Spreadsheets),
        _ if is_for_spreadsheet => return Err(CliError::usage("--for-spreadsheet is for CSV files")),
        Named::Csv => ExportFormat::Csv(Readers::Programs),
        Named::Vcf => ExportFormat::Vcf(version),
        Named::Ldif => ExportFormat::Ldif,
        Named::Ndjson => ExportFormat::Ndjson,
        Named::Phonebook(shape) => ExportFormat::Phonebook(shape),
    };
    let mut view = ProgressView::new(PROGRESS, console.progress, console.stderr);
    let written = exchange::wait(export(&file, format, &options, access, &mut view));
    view.end();
    let written = written?;
    let contacts = if written == 1 { "contact" } else { "contacts" };
    let sentence = format!("{written} {contacts} in {}", plain(&file.display().to_string()));
    Ok(CommandOutput::done(vec![("written", Value::from(written))], sentence))
}

/// A filter, as far as it can be checked here: the server knows the fields.
fn filter(text: &str) -> Result<Value, String> {
    if text.len() > FILTER_BYTES_MAX {
        return Err(format!("is longer than {FILTER_BYTES_MAX} bytes"));
    }
    let value: Value = serde_json::from_str(text).map_err(|cause| format!("is no JSON: {cause}"))?;
    if value.is_object() {
        Ok(value)
    } else {
        Err("is no JSON object like {\"field\":…,\"operator\":…,\"value\":…}".to_owned())
    }
}
