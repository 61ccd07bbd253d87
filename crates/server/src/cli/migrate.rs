//! `ringbook migrate-store`: copies all data of a store into another one.

use std::path::Path;

use clap::{Arg, ArgAction, ArgMatches, Command};
use indicatif::ProgressBar;
use serde_json::Value;

use super::cli_error::CliError;
use super::console::Progress;
use super::output::{CommandOutput, Row, object};
use super::plain_text::plain;
use super::{args, operator};
use ringbook_store::{Address, Location, MovePhase, MoveStep, Transfer, move_store};

/// The template of the progress bar.
pub(super) const PROGRESS: &str = "{msg:32} {bar:30} {human_pos}/{human_len} rows {eta}";

const EXAMPLES: &str = "\
FROM and TO are each a data directory or a PostgreSQL database: postgres://user:password@host/name. All data are copied:
accounts, users, keys, sessions, quotas, address books and the audit log. Then every row is read on both sides and compared.

Stop the servers on FROM first. FROM is only read. TO must be empty; a missing directory is created. No server opens TO
before the command has finished. If the command is interrupted, run it again: it continues where it stopped.

Examples:
  ringbook migrate-store /var/lib/ringbook 'postgres://book:secret@db.example/book?sslmode=verify-full'
  ringbook migrate-store 'postgres://book:secret@db.example/book' ./ringbook-data";

pub(super) fn command() -> Command {
    let json = Arg::new("json").long("json").action(ArgAction::SetTrue);
    Command::new("migrate-store")
        .about("Copy all data from a directory into a PostgreSQL database, or back")
        .after_help(EXAMPLES)
        .arg(Arg::new("FROM").required(true).help("Data directory or database to copy"))
        .arg(Arg::new("TO").required(true).help("Data directory or database to copy into"))
        .arg(json.help("Print one JSON value on stdout, and nothing else").help_heading(args::COMMON))
}

/// Moves.
pub(super) fn run(leaf: &ArgMatches, progress: Progress) -> Result<CommandOutput, CliError> {
    let (from, to) = (place(leaf, "FROM")?, place(leaf, "TO")?);
    if is_same(&from, &to) {
        return Err(CliError::usage("FROM and TO are the same"));
    }
    // One thread is enough: long operations run on blocking threads.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build();
    let bar = progress.bar(PROGRESS, 0);
    let mut watch = |step: MoveStep| show(&bar, step);
    let moved = runtime.map_err(CliError::failed)?.block_on(move_store(&from, &to, &mut watch));
    bar.finish_and_clear();
    moved.map(|moved| answer(&moved, &from, &to)).map_err(CliError::failed)
}

/// What stands in a fixed place: a directory, unless it looks like an address.
fn place(leaf: &ArgMatches, name: &str) -> Result<Location, CliError> {
    let text = operator::text_argument(leaf, name)?;
    if text.contains("://") {
        // The message does not repeat the text, which may contain a password.
        let address = Address::parse(&text).map_err(|wrong| CliError::usage(format_args!("{name} {wrong}")))?;
        return Ok(Location::Database(address));
    }
    if text.is_empty() {
        return Err(CliError::usage(format_args!("{name} is empty: give a directory or a postgres:// URL")));
    }
    Ok(Location::from(Path::new(&text)))
}

fn is_same(from: &Location, to: &Location) -> bool {
    match (from, to) {
        (Location::Directory(from), Location::Directory(to)) => match (from.canonicalize(), to.canonicalize()) {
            (Ok(from), Ok(to)) => from == to,
            (_, _) => from == to,
        },
        (Location::Database(from), Location::Database(to)) => from == to,
        (Location::Directory(_), Location::Database(_)) | (Location::Database(_), Location::Directory(_)) => false,
    }
}

fn show(bar: &ProgressBar, MoveStep { phase, table, done, all }: MoveStep) {
    let doing = match phase {
        MovePhase::Clearing => "clearing",
        MovePhase::Copying => "copying",
        MovePhase::Verifying => "verifying",
    };
    bar.set_length(all);
    bar.set_position(done);
    bar.set_message(format!("{doing} {table}"));
}

fn answer(moved: &Transfer, from: &Location, to: &Location) -> CommandOutput {
    let rows: u64 = moved.tables.iter().map(|(_, rows)| rows).sum();
    let tables: Row = moved.tables.iter().map(|(name, rows)| (*name, Value::from(*rows))).collect();
    let row = vec![
        ("from", Value::from(named(from))),
        ("to", Value::from(named(to))),
        ("rows", Value::from(rows)),
        ("copied", Value::from(moved.copied)),
        ("removed", Value::from(moved.removed)),
        ("tables", object(tables)),
    ];
    let of = |name| moved.tables.iter().find(|(table, _)| *table == name).map_or(0, |(_, rows)| *rows);
    let (customers, contacts) = (of("customers"), of("contacts"));
    let serve = match to {
        Location::Directory(directory) => format!("ringbook serve --data {}", plain(&directory.display().to_string())),
        Location::Database(_) => "ringbook serve --database URL, with the URL given as TO".to_owned(),
    };
    let (from, to) = (named(from), named(to));
    CommandOutput::done(
        row,
        format_args!(
            "{to} has all data of {from}: {rows} rows compared, with {customers} customer(s) and {contacts} contact(s); \
             {copied} rows copied\nnext: {serve}\n{from} was not changed; remove it when it is no longer needed",
            copied = moved.copied
        ),
    )
}

/// A place without its secrets.
fn named(place: &Location) -> String {
    match place {
        Location::Directory(directory) => plain(&directory.display().to_string()),
        Location::Database(address) => address.to_string(),
    }
}
