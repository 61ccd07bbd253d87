//! `ringbook key`: access keys, whose tokens are printed once.

use clap::{ArgMatches, Command};
use ringbook_store::{KeyId, UserId};
use serde_json::Value;

use super::args;
use super::cli_error::CliError;
use super::operator::{MissingData, id, id_argument, listed, place, unknown, with_store};
use super::output::{CommandOutput, Row};
use crate::config::{Layers, value};
use ringbook_app::access::{TokenHash, fresh_token};
use ringbook_clock::{Clock, Moment};
use ringbook_store::{KeyRow, NewKey, Store};

const EXAMPLES: &str = "\
Examples:
  ringbook key add --user 1 --name \"nightly sync\"
  ringbook key add --user 1 --expires '2030-12-31 23:59:59' --json
  ringbook key block 3";

pub(super) fn command() -> Command {
    let add = Command::new("add").about("Create a key and print its token, which is not shown again").args([
        args::option("user", "ID", "User of the key (required)"),
        args::option("name", "NAME", "Name of the key"),
        args::option("expires", "'YYYY-MM-DD hh:mm:ss'", "Expiry in UTC [default: never]"),
    ]);
    args::noun("key", "Manage access keys: tokens for calls without a login")
        .after_help(EXAMPLES)
        .subcommand(add)
        .subcommand(Command::new("list").about("List the keys, without their tokens"))
        .subcommand(Command::new("block").about("Block a key").arg(args::id()))
        .subcommand(Command::new("unblock").about("Unblock a key").arg(args::id()))
        .subcommand(Command::new("remove").about("Remove a key").arg(args::id()))
}

/// Runs a subcommand.
pub(super) fn run(verb: &str, leaf: &ArgMatches, layers: &Layers<'_>) -> Result<CommandOutput, CliError> {
    let place = place(layers)?;
    let command = KeyCommand::read(verb, leaf, layers)?;
    with_store(&place, MissingData::Refuse, async |store| command.run(store).await)
}

/// A subcommand with its arguments, read before the store is opened.
enum KeyCommand {
    Add { user: UserId, name: String, expires_at: Option<Moment> },
    List,
    Block(KeyId),
    Unblock(KeyId),
    Remove(KeyId),
}

impl KeyCommand {
    fn read(verb: &str, leaf: &ArgMatches, layers: &Layers<'_>) -> Result<Self, CliError> {
        match verb {
            "add" => Ok(Self::Add {
                user: layers.required("user", "names the user of the key", |text| id(text, UserId::new))?,
                name: layers.value("name", value::optional_name)?.unwrap_or_default(),
                expires_at: layers.value("expires", value::moment)?,
            }),
            "list" => Ok(Self::List),
            "block" => id_argument(leaf, KeyId::new).map(Self::Block),
            "unblock" => id_argument(leaf, KeyId::new).map(Self::Unblock),
            "remove" => id_argument(leaf, KeyId::new).map(Self::Remove),
            _ => Err(unknown(verb)),
        }
    }

    async fn run(self, store: &Store) -> Result<CommandOutput, CliError> {
        match self {
            Self::Add { user, name, expires_at } => add(store, user, name, expires_at).await,
            Self::List => {
                let directory = store.directory().await?;
                let rows = directory.keys.iter().map(row).collect();
                Ok(listed(rows, directory, "`ringbook key add --user ID` creates a key"))
            }
            Self::Block(id) => store.block_key(id).await.map(|()| done(id, "blocked")).map_err(CliError::from),
            Self::Unblock(id) => store.unblock_key(id).await.map(|()| done(id, "unblocked")).map_err(CliError::from),
            Self::Remove(id) => store.remove_key(id).await.map(|()| done(id, "removed")).map_err(CliError::from),
        }
    }
}

fn done(id: KeyId, what: &str) -> CommandOutput {
    CommandOutput::done(vec![("id", Value::from(id.number()))], format_args!("key {id} {what}"))
}

async fn add(store: &Store, user: UserId, name: String, expires_at: Option<Moment>) -> Result<CommandOutput, CliError> {
    let token = fresh_token()?;
    let token_hash = TokenHash::of(token.expose()).to_hex();
    let id = store.add_key(NewKey { user, name, token_hash, expires_at: expires_at.map(Moment::unix) }).await?;
    let token = token.expose();
    let row = vec![("id", Value::from(id.number())), ("token", Value::from(token.clone()))];
    let answer = CommandOutput::done(row, format_args!("key {id} created for user {user}\naccess token: {token}"));
    let answer = answer.note("save the token now: it is not stored and not shown again");
    let is_over = expires_at.is_some_and(|at| at <= Clock::System.now());
    Ok(if is_over { answer.note("warning: the key has expired already, --expires is in the past") } else { answer })
}

fn row(key: &KeyRow) -> Row {
    let moment = |seconds| Value::from(Moment::from_unix(seconds).to_string());
    vec![
        ("id", Value::from(key.id.number())),
        ("user_id", Value::from(key.user.number())),
        ("name", Value::from(key.name.clone())),
        ("expires_at", key.expires_at.map_or(Value::Null, moment)),
        ("blocked", Value::from(key.blocked)),
    ]
}
