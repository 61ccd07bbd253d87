//! `ringbook import`: an address book from a file into a server.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::exchange::{self, Sight};
use super::output::{Answer, Json, plain};
use super::{Console, Failure, args, operator};
use crate::config::{Layers, value};
use crate::transfer::{
    Access, Charset, Format, ImportOptions, Mapped, Match, OnDuplicate, Outcome, Report, ReportFormat, Run, Source,
    Tally, import,
};

/// How far a file has been read.
pub(super) const PROGRESS: &str = "importing {bar:30} {bytes}/{total_bytes} {eta}";

const EXAMPLES: &str = "\
CSV, vCard (2.1, 3.0, 4.0) and NDJSON are read; exports of Google, Outlook, Apple and Thunderbird as they are. The file is
looked through before anything is sent. A row that the server would refuse is reported with its number, field and reason;
the others go in. Without a last name, the first name stands for it, else the full name, else the organization.

A contact that the book has already is skipped: one with the same full name and a phone number in common (--match person).
With --on-duplicate update, what a row leaves empty stays as it is in the book, and a list replaces the whole list.

--map takes the members last_name, first_name, patronymic, full_name, emails, phone_numbers, organization_name, groups,
personal_manager_full_name, and ignore. A personal manager is found by full name among the employees.

Exits with 1 when rows were refused, after the others went in.

Examples:
  export RINGBOOK_TOKEN=...                             what `ringbook key add` shows
  ringbook import contacts.csv --dry-run --report refused.csv
  ringbook import contacts.vcf --url https://book.example
  ringbook import list.csv --map 'Kunde=last_name,Tel. 1=phone_numbers' --encoding windows-1252
  ringbook import book.ndjson --on-duplicate update --match phone";

pub(super) fn command() -> Command {
    Command::new("import")
        .about("Put contacts from a file into a server's book")
        .after_help(EXAMPLES)
        .arg(Arg::new("FILE").required(true).help("A .csv, .vcf or .ndjson file"))
        .args(exchange::connection())
        .args(reading())
        .args(writing())
}

fn reading() -> [Arg; 3] {
    let map = args::option("map", "COLUMN=MEMBER", "What a column of a CSV file means; several are parted by commas");
    [
        args::option("format", "csv|vcf|ndjson", "What the file is, when its name does not say so"),
        args::option("encoding", "NAME", "The encoding of a file that is not in UTF-8, like windows-1251"),
        map.action(ArgAction::Append),
    ]
}

fn writing() -> [Arg; 4] {
    [
        args::option("on-duplicate", "skip|update|create", "What becomes of a contact that is in the book already")
            .default_value("skip"),
        args::option("match", "person|phone|email|any", "What makes two contacts the same").default_value("person"),
        Arg::new("dry-run")
            .long("dry-run")
            .action(ArgAction::SetTrue)
            .help("Read, judge and look up, but change nothing"),
        args::option("report", "FILE", "Write the rows that did not simply go in to this .csv or .ndjson file"),
    ]
}

/// The command, read whole.
struct Task {
    file: PathBuf,
    format: Option<Format>,
    charset: Option<Charset>,
    map: Vec<Mapped>,
    access: Access,
    wishes: ImportOptions,
    report: Option<(PathBuf, ReportFormat)>,
}

impl Task {
    fn read(leaf: &ArgMatches, layers: &Layers<'_>) -> Result<Self, Failure> {
        let run = if layers.is_up("dry-run")? { Run::Dry } else { Run::Real };
        let report = layers.value("report", value::path)?;
        let written = |path: PathBuf| {
            let format = Report::format_of(&path);
            let wrong = |reason| Failure::usage(format_args!("--report: {} {reason}", path.display()));
            format.map_err(wrong).map(|format| (path.clone(), format))
        };
        Ok(Self {
            file: PathBuf::from(operator::text_of(leaf, "FILE")?),
            format: layers.value("format", Format::parse)?,
            charset: layers.value("encoding", Charset::parse)?,
            map: layers.list("map", Mapped::parse)?,
            access: exchange::access(layers)?,
            wishes: ImportOptions {
                matching: layers.required("match", "says what makes two contacts the same", Match::parse)?,
                on_duplicate: layers.required(
                    "on-duplicate",
                    "says what becomes of a duplicate",
                    OnDuplicate::parse,
                )?,
                run,
            },
            report: report.map(written).transpose()?,
        })
    }
}

/// Imports.
pub(super) fn run(leaf: &ArgMatches, layers: &Layers<'_>, console: &mut Console<'_>) -> Result<Answer, Failure> {
    let task = Task::read(leaf, layers)?;
    let source = Source::open(&task.file, task.format, task.charset, task.map).map_err(Failure::failed)?;
    source.survey().map_err(Failure::failed)?;
    let mut report = match &task.report {
        Some((path, _)) if is_same(path, &task.file) => {
            return Err(Failure::usage("--report names the file that is imported: give another one"));
        }
        Some((path, format)) => Report::create(path, *format).map_err(Failure::failed)?,
        None => Report::unwritten(),
    };
    let mut sight = Sight::new(PROGRESS, console.progress, console.stderr);
    let outcome = exchange::wait(import(&source, task.access, task.wishes, &mut report, &mut sight));
    sight.end();
    let place = task.report.as_ref().map(|(path, _)| path.as_path());
    Ok(answer(outcome?, task.wishes.run, &report, place))
}

fn is_same(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        (_, _) => false,
    }
}

fn answer(outcome: Outcome, run: Run, report: &Report, place: Option<&Path>) -> Answer {
    let Tally { read, created, updated, skipped, refused, partly, uncertain } = outcome.tally;
    let number = Json::Number;
    let row = vec![
        ("read", number(read)),
        ("created", number(created)),
        ("updated", number(updated)),
        ("skipped", number(skipped)),
        ("refused", number(refused)),
        ("partly", number(partly)),
        ("uncertain", number(uncertain)),
        ("dry_run", Json::Truth(run == Run::Dry)),
    ];
    let mut answer = Answer::done(row, sentence(&outcome.tally, run));
    answer = report.shown().iter().fold(answer, |answer, line| answer.note(plain(line)));
    if report.more() > 0 {
        let next = if place.is_some() { "they are in the report" } else { "--report FILE keeps them all" };
        answer = answer.note(format!("and {} more: {next}", report.more()));
    }
    match (outcome.stopped, refused) {
        (Some(fault), _) => answer.wrong(format!("stopped after {read} rows: {fault}")),
        (None, 0) => answer,
        (None, 1) => answer.wrong("1 row was refused; mend it and import it again".to_owned()),
        (None, refused) => answer.wrong(format!("{refused} rows were refused; mend them and import them again")),
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
        text.push_str(&format!("; of {partly} something was left out"));
    }
    if *uncertain > 0 {
        text.push_str(&format!("; of {uncertain} nobody knows"));
    }
    text
}
