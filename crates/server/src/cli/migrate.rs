//! `ringbook migrate-store`: everything that a store holds into another one.

use std::path::Path;

use clap::{Arg, ArgAction, ArgMatches, Command};
use indicatif::{ProgressBar, ProgressStyle};

use super::output::{Answer, Json, plain};
use super::{Failure, Progress, args, operator};
use ringbook_store::{Address, Location, MovePhase, MoveStep, Transfer, move_store};

/// How far it is.
const PROGRESS: &str = "{msg:32} {bar:30} {human_pos}/{human_len} rows {eta}";

const EXAMPLES: &str = "\
FROM and TO are each a data directory, or a PostgreSQL database: postgres://user:password@host/name. Accounts, users, keys,
sessions, limits, books and the request report move; then every row is read again on both sides and compared.

Stop the servers on FROM first. FROM is only read. TO must be empty; a directory is made if it is missing. Until the command
has come to its end no server opens TO. Whatever stops the command, run it again: it goes on where it stopped.

Examples:
  ringbook migrate-store /var/lib/ringbook 'postgres://book:secret@db.example/book?sslmode=verify-full'
  ringbook migrate-store 'postgres://book:secret@db.example/book' ./ringbook-data";

pub(super) fn command() -> Command {
    let json = Arg::new("json").long("json").action(ArgAction::SetTrue);
    Command::new("migrate-store")
        .about("Move all data from a directory into a PostgreSQL database, or back")
        .after_help(EXAMPLES)
        .arg(Arg::new("FROM").required(true).help("The data directory or the database that is moved"))
        .arg(Arg::new("TO").required(true).help("The data directory or the database that it is moved into"))
        .arg(json.help("Print one JSON value on stdout, and nothing else").help_heading(args::COMMON))
}

/// Moves.
pub(super) fn run(leaf: &ArgMatches, progress: Progress) -> Result<Answer, Failure> {
    let (from, to) = (place(leaf, "FROM")?, place(leaf, "TO")?);
    if is_same(&from, &to) {
        return Err(Failure::usage("FROM and TO are the same: name another place to move the data into"));
    }
    // One thread is enough: what takes long happens on those that may block.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build();
    let bar = bar(progress);
    let mut watch = |step: MoveStep| show(&bar, step);
    let moved = runtime.map_err(Failure::failed)?.block_on(move_store(&from, &to, &mut watch));
    bar.finish_and_clear();
    moved.map(|moved| answer(&moved, &from, &to)).map_err(Failure::failed)
}

/// What stands in a fixed place: a directory, unless it looks like an address.
fn place(leaf: &ArgMatches, name: &str) -> Result<Location, Failure> {
    let text = operator::text_of(leaf, name)?;
    if text.contains("://") {
        // The text is not shown: a password may be in it.
        let address = Address::parse(&text).map_err(|wrong| Failure::usage(format_args!("{name} {wrong}")))?;
        return Ok(Location::Database(address));
    }
    if text.is_empty() {
        return Err(Failure::usage(format_args!("{name} is empty: name a directory or a postgres:// URL")));
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

fn bar(progress: Progress) -> ProgressBar {
    match progress {
        Progress::Hidden => ProgressBar::hidden(),
        Progress::Drawn => {
            let bar = ProgressBar::new(0);
            if let Ok(style) = ProgressStyle::with_template(PROGRESS) { bar.with_style(style) } else { bar }
        }
    }
}

fn show(bar: &ProgressBar, MoveStep { phase, table, done, all }: MoveStep) {
    let doing = match phase {
        MovePhase::Clearing => "looking through",
        MovePhase::Copying => "copying",
        MovePhase::Verifying => "verifying",
    };
    bar.set_length(all);
    bar.set_position(done);
    bar.set_message(format!("{doing} {table}"));
}

fn answer(moved: &Transfer, from: &Location, to: &Location) -> Answer {
    let rows: u64 = moved.tables.iter().map(|(_, rows)| rows).sum();
    let tables = moved.tables.iter().map(|(name, rows)| (*name, Json::Number(*rows))).collect();
    let row = vec![
        ("from", Json::Text(named(from))),
        ("to", Json::Text(named(to))),
        ("rows", Json::Number(rows)),
        ("copied", Json::Number(moved.copied)),
        ("removed", Json::Number(moved.removed)),
        ("tables", Json::Object(tables)),
    ];
    let of = |name| moved.tables.iter().find(|(table, _)| *table == name).map_or(0, |(_, rows)| *rows);
    let (customers, contacts) = (of("customers"), of("contacts"));
    let serve = match to {
        Location::Directory(directory) => format!("ringbook serve --data {}", plain(&directory.display().to_string())),
        Location::Database(_) => "ringbook serve --database URL, with the URL that you gave as TO".to_owned(),
    };
    let (from, to) = (named(from), named(to));
    Answer::done(
        row,
        format_args!(
            "{to} holds all that {from} holds: {rows} rows, compared one by one, of them {customers} customer(s) and \
             {contacts} contact(s); {copied} rows were copied\nstart the server on it: {serve}\n{from} was only read: \
             remove it when you need it no more",
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

#[cfg(test)]
mod tests {
    use indicatif::ProgressStyle;

    #[test]
    fn the_bar_is_drawn_by_a_template_that_can_be_read() {
        assert!(ProgressStyle::with_template(super::PROGRESS).is_ok());
    }
}
