//! `ringbook import`: adds contacts from a file to an address book on a server.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::Value;

use super::cli_error::CliError;
use super::console::Console;
use super::exchange::{self, ProgressView};
use super::output::{CommandOutput, plain};
use super::{args, operator};
use crate::config::{Layers, value};
use crate::transfer::{
    Access, Charset, Format, ImportOptions, Mapped, Match, OnDuplicate, Outcome, Report, ReportFormat, Run, Source,
    Tally, import,
};

/// The template of the progress bar.
pub(super) const PROGRESS: &str = "importing {bar:30} {bytes}/{total_bytes} {eta}";

const EXAMPLES: &str = "\
Reads CSV, vCard (2.1, 3.0, 4.0) and NDJSON, and exports of Google, Outlook, Apple and Thunderbird unchanged. The whole file
is read and checked before the first call. Rows that the server refuses are reported with row number, field and reason; the
others are imported. Without a last name the first name is used in its place, then the full name, then the organization.

A contact that exists already is skipped: one with the same full name and a phone number in common (--match person). With
--on-duplicate update, empty fields of a row leave the contact unchanged, and a list replaces the whole list.

--map takes the members last_name, first_name, patronymic, full_name, emails, phone_numbers, organization_name, groups,
personal_manager_full_name, and ignore. A personal manager is looked up by full name among the employees.

Exits with 1 if rows were refused; the others are imported all the same.

Examples:
  export RINGBOOK_TOKEN=...                             a token from `ringbook key add`
  ringbook import contacts.csv --dry-run --report refused.csv
  ringbook import contacts.vcf --url https://book.example
  ringbook import list.csv --map 'Kunde=last_name,Tel. 1=phone_numbers' --encoding windows-1252
  ringbook import book.ndjson --on-duplicate update --match phone";

pub(super) fn command() -> Command {
    Command::new("import")
        .about("Add contacts from a file to an address book on a server")
        .after_help(EXAMPLES)
        .arg(Arg::new("FILE").required(true).help("File to read: .csv, .vcf or .ndjson"))
        .args(exchange::connection())
        .args(reading())
        .args(writing())
}

fn reading() -> [Arg; 3] {
    let map = args::option("map", "COLUMN=MEMBER", "Map a CSV column to a member; separate several with commas");
    [
        args::option("format", "csv|vcf|ndjson", "Format of the file [default: by its extension]"),
        args::option("encoding", "NAME", "Encoding of a file that is not in UTF-8, such as windows-1251"),
        map.action(ArgAction::Append),
    ]
}

fn writing() -> [Arg; 4] {
    [
        args::option("on-duplicate", "skip|update|create", "What to do with contacts that already exist")
            .default_value("skip"),
        args::option("match", "person|phone|email|any", "When two contacts count as the same").default_value("person"),
        Arg::new("dry-run")
            .long("dry-run")
            .action(ArgAction::SetTrue)
            .help("Read, check and look up, but change nothing"),
        args::option("report", "FILE", "Write rows that were refused, skipped or changed to this .csv or .ndjson file"),
    ]
}

/// The arguments of the command.
struct ImportCommand {
    file: PathBuf,
    format: Option<Format>,
    charset: Option<Charset>,
    map: Vec<Mapped>,
    access: Access,
    options: ImportOptions,
    report: Option<(PathBuf, ReportFormat)>,
}

impl ImportCommand {
    fn read(leaf: &ArgMatches, layers: &Layers<'_>) -> Result<Self, CliError> {
        let run = if layers.is_up("dry-run")? { Run::Dry } else { Run::Real };
        let report = layers.value("report", value::path)?;
        let written = |path: PathBuf| {
            let format = Report::format_of(&path);
            let wrong = |reason| CliError::usage(format_args!("--report: {} {reason}", path.display()));
            format.map_err(wrong).map(|format| (path.clone(), format))
        };
        Ok(Self {
            file: PathBuf::from(operator::text_argument(leaf, "FILE")?),
            format: layers.value("format", Format::parse)?,
            charset: layers.value("encoding", Charset::parse)?,
            map: layers.list("map", Mapped::parse)?,
            access: exchange::access(layers)?,
            options: ImportOptions {
                matching: layers.required("match", "says when two contacts count as the same", Match::parse)?,
                on_duplicate: layers.required("on-duplicate", "says what to do with duplicates", OnDuplicate::parse)?,
                run,
            },
            report: report.map(written).transpose()?,
        })
    }
}

/// Runs the command.
pub(super) fn run(
    leaf: &ArgMatches,
    layers: &Layers<'_>,
    console: &mut Console<'_>,
) -> Result<CommandOutput, CliError> {
    let command = ImportCommand::read(leaf, layers)?;
    let source = Source::open(&command.file, command.format, command.charset, command.map).map_err(CliError::failed)?;
    source.survey().map_err(CliError::failed)?;
    let mut report = match &command.report {
        Some((path, _)) if is_same(path, &command.file) => {
            return Err(CliError::usage("--report names the imported file: give another one"));
        }
        Some((path, format)) => Report::create(path, *format).map_err(CliError::failed)?,
        None => Report::unwritten(),
    };
    let mut view = ProgressView::new(PROGRESS, console.progress, console.stderr);
    let outcome = exchange::wait(import(&source, command.access, command.options, &mut report, &mut view));
    view.end();
    let place = command.report.as_ref().map(|(path, _)| path.as_path());
    Ok(answer(outcome?, command.options.run, &report, place))
}

fn is_same(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        (_, _) => false,
    }
}

fn answer(outcome: Outcome, run: Run, report: &Report, place: Option<&Path>) -> CommandOutput {
    let Tally { read, created, updated, skipped, refused, partly, uncertain } = outcome.tally;
    let number = |count: u64| Value::from(count);
    let row = vec![
        ("read", number(read)),
        ("created", number(created)),
        ("updated", number(updated)),
        ("skipped", number(skipped)),
        ("refused", number(refused)),
        ("partly", number(partly)),
        ("uncertain", number(uncertain)),
        ("dry_run", Value::from(run == Run::Dry)),
    ];
    let mut answer = CommandOutput::done(row, sentence(&outcome.tally, run));
    answer = report.shown().iter().fold(answer, |answer, line| answer.note(plain(line)));
    if report.more() > 0 {
        let next = if place.is_some() { "all are in the report" } else { "--report FILE writes all of them" };
        answer = answer.note(format!("and {} more: {next}", report.more()));
    }
    match (outcome.stopped, refused) {
        (Some(fault), _) => answer.finding(format!("stopped after {read} rows: {fault}")),
        (None, 0) => answer,
        (None, 1) => answer.finding("1 row was refused; correct it and import it again".to_owned()),
        (None, refused) => answer.finding(format!("{refused} rows were refused; correct them and import them again")),
    }
}

fn sentence(tally: &Tally, run: Run) -> String {
    let Tally { read, created, updated, skipped, refused, partly, uncertain } = tally;
    let rows = if *read == 1 { "row" } else { "rows" };
    let [would, end] = match run {
        Run::Real => ["", ""],
        Run::Dry => ["would be ", "; nothing was changed"],
    };
    let mut text = format!(
        "{read} {rows} read: {created} {would}created, {updated} {would}updated, {skipped} {would}skipped, {refused} refused"
    );
    text.push_str(end);
    if *partly > 0 {
        text.push_str(&format!("; {partly} imported in part"));
    }
    if *uncertain > 0 {
        text.push_str(&format!("; {uncertain} with unknown outcome"));
    }
    text
}
