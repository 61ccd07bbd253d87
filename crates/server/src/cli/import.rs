//! `ringbook import`: adds contacts from a file to an address book on a server.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::{Value, json};

use super::cli_error::CliError;
use super::console::Console;
use super::exchange::{self, ProgressView};
use super::output::CommandOutput;
use super::plain_text::plain;
use super::{args, operator};
use crate::config::{Layers, value};
use crate::transfer::{
    Access, Charset, Format, ImportOptions, Mapped, Match, OnDuplicate, Outcome, Report, ReportFormat, Run, Source,
    Survey, Tally, import,
};

/// The template of the progress bar.
pub(super) const PROGRESS: &str = "importing {bar:30} {bytes}/{total_bytes} {eta}";

const EXAMPLES: &str = "\
Reads CSV, Excel workbooks (.xlsx), vCard (2.1, 3.0, 4.0), LDIF, XML phone books (Yealink, Grandstream, Snom, Fritz!Box, Cisco)
and NDJSON. Exports of Google, Outlook, Thunderbird, of telephone systems and of CRM systems go in unchanged. The whole file is
read and checked before the first call; then the command prints how each column is read and which columns are not.

A value that cannot be used is left out and reported, with the row and the reason; the contact goes in without it. A row is
refused only if it has no phone number that can be used. Without a last name the first name is used in its place, then the full
name, the organization, the nickname, an e-mail address, the number.

A contact that exists already is skipped: one with the same name and a phone number in common (--match person). With
--on-duplicate update, empty fields of a row leave the contact unchanged, and a list replaces the whole list.

--map takes the members last_name, first_name, patronymic, full_name, nickname, emails, phone_numbers, fax, organization_name,
groups, personal_manager_full_name, and ignore. It may be repeated; #3 is the third column. A personal manager is looked up by
full name among the employees.

Exits with 1 if rows were refused; the others are imported all the same.

Examples:
  export RINGBOOK_TOKEN=...                             a token from `ringbook key add`
  ringbook import contacts.csv --dry-run --report refused.csv
  ringbook import contacts.vcf --url https://book.example
  ringbook import list.xlsx --map 'Kunde=last_name' --map '\"Tel., work\"=phone_numbers'
  ringbook import book.ndjson --on-duplicate update --match phone";

pub(super) fn command() -> Command {
    Command::new("import")
        .about("Add contacts from a file to an address book on a server")
        .after_help(EXAMPLES)
        .arg(Arg::new("FILE").required(true).help("File to read: .csv, .xlsx, .vcf, .ldif, .xml or .ndjson"))
        .args(exchange::connection())
        .args(reading())
        .args(writing())
}

fn reading() -> [Arg; 3] {
    let map = args::option("map", "COLUMN=MEMBER", "Read a column as a member; may be repeated");
    [
        args::option("format", "csv|xlsx|vcf|ldif|xml|ndjson", "Format of the file [default: by its extension]"),
        args::option(
            "encoding",
            "NAME",
            "Encoding of a file of text, such as windows-1251 [default: UTF-8, or a guess]",
        ),
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
        args::option(
            "report",
            "FILE",
            "Write rows that were refused, read in part or skipped to this .csv or .ndjson file",
        ),
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
            map: layers.texts("map", Mapped::parse_list)?,
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
    let survey = source.survey().map_err(CliError::failed)?;
    let mut report = match &command.report {
        Some((path, _)) if is_same(path, &command.file) => {
            return Err(CliError::usage("--report names the imported file: give another one"));
        }
        Some((path, format)) => Report::create(path, *format).map_err(CliError::failed)?,
        None => Report::unwritten(),
    };
    for line in survey.lines() {
        // Notes are dropped if stderr is closed.
        let _ = writeln!(console.stderr, "{}", plain(&line));
    }
    let mut view = ProgressView::new(PROGRESS, console.progress, console.stderr);
    let outcome = exchange::wait(import(&source, &survey, command.access, command.options, &mut report, &mut view));
    view.end();
    let place = command.report.as_ref().map(|(path, _)| path.as_path());
    Ok(answer(outcome?, &survey, command.options.run, &report, place))
}

fn is_same(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        (_, _) => false,
    }
}

fn answer(outcome: Outcome, survey: &Survey, run: Run, report: &Report, place: Option<&Path>) -> CommandOutput {
    let Tally { read, created, updated, skipped, refused, partly, uncertain, national } = outcome.tally;
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
        ("national_numbers", number(national)),
        ("encoding", encoding(survey)),
        ("columns", columns(survey)),
        ("notes", Value::from(survey.notes.clone())),
        ("reasons", report.reasons()),
    ];
    let mut answer = CommandOutput::done(row, sentence(&outcome.tally, run));
    let (lines, more) = report.lines();
    answer = lines.iter().fold(answer, |answer, line| answer.note(plain(line)));
    if more > 0 {
        let next = if place.is_some() { "all are in the report" } else { "--report FILE writes all of them" };
        answer = answer.note(format!("and {more} more reasons: {next}"));
    }
    if national > 0 {
        let numbers = if national == 1 { "phone number is" } else { "phone numbers are" };
        answer = answer.note(format!(
            "{national} {numbers} written without a country code (0…, 8…); they are sent as they are written, and completed if the \
             customer has a country (`ringbook customer set ID --country`)"
        ));
    }
    match (outcome.stopped, refused) {
        (Some(fault), _) => answer.finding(plain(&format!("stopped after {read} rows: {fault}"))),
        (None, 0) => answer,
        (None, 1) => answer.finding("1 row was refused; correct it and import it again".to_owned()),
        (None, refused) => answer.finding(format!("{refused} rows were refused; correct them and import them again")),
    }
}

/// The encoding of a file that is not in UTF-8.
fn encoding(survey: &Survey) -> Value {
    let Some(encoding) = &survey.encoding else { return Value::Null };
    json!({"name": encoding.name, "guessed": encoding.guessed_by.is_some()})
}

/// How each column is read, and how many of its cells are not empty.
fn columns(survey: &Survey) -> Value {
    let columns = survey.columns.iter().map(|column| {
        json!({"name": column.name, "read_as": column.read_as, "cells": column.cells, "looks_like": column.looks_like})
    });
    columns.collect()
}

fn sentence(tally: &Tally, run: Run) -> String {
    let Tally { read, created, updated, skipped, refused, partly, uncertain, national: _ } = tally;
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
