//! `ringbook key`: access keys, whose tokens are shown once.

use clap::{ArgMatches, Command};
use ringbook_book::id::{KeyId, UserId};

use super::operator::{id, id_of, listed, unknown};
use super::output::{Answer, Json, Row};
use super::{Failure, args};
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
    let add = Command::new("add").about("Make a key and show its token, once").args([
        args::option("user", "ID", "Whose key it is; must be given"),
        args::option("name", "NAME", "What to call it"),
        args::option("expires", "'YYYY-MM-DD hh:mm:ss'", "From when on it is expired, in UTC; never, if not given"),
    ]);
    args::noun("key", "Access keys: tokens that do not need a login")
        .after_help(EXAMPLES)
        .subcommand(add)
        .subcommand(Command::new("list").about("List the keys, without their tokens"))
        .subcommand(Command::new("block").about("Block a key").arg(args::id()))
        .subcommand(Command::new("unblock").about("Unblock a key").arg(args::id()))
        .subcommand(Command::new("remove").about("Remove a key").arg(args::id()))
}

pub(super) enum Task {
    Add { user: UserId, name: String, expires_at: Option<Moment> },
    List,
    Block(KeyId),
    Unblock(KeyId),
    Remove(KeyId),
}

impl Task {
    pub(super) fn read(verb: &str, leaf: &ArgMatches, layers: &Layers<'_>) -> Result<Self, Failure> {
        match verb {
            "add" => Ok(Self::Add {
                user: layers.required("user", "says whose key it is", |text| id(text, UserId::new))?,
                name: layers.value("name", value::optional_name)?.unwrap_or_default(),
                expires_at: layers.value("expires", value::moment)?,
            }),
            "list" => Ok(Self::List),
            "block" => id_of(leaf, KeyId::new).map(Self::Block),
            "unblock" => id_of(leaf, KeyId::new).map(Self::Unblock),
            "remove" => id_of(leaf, KeyId::new).map(Self::Remove),
            _ => Err(unknown(verb)),
        }
    }

    pub(super) async fn run(self, store: &Store) -> Result<Answer, Failure> {
        match self {
            Self::Add { user, name, expires_at } => add(store, user, name, expires_at).await,
            Self::List => {
                let directory = store.directory().await?;
                let rows = directory.keys.iter().map(row).collect();
                Ok(listed(rows, directory, "`ringbook key add --user ID` makes a key"))
            }
            Self::Block(id) => store.block_key(id).await.map(|()| done(id, "blocked")).map_err(Failure::from),
            Self::Unblock(id) => {
                store.unblock_key(id).await.map(|()| done(id, "no longer blocked")).map_err(Failure::from)
            }
            Self::Remove(id) => store.remove_key(id).await.map(|()| done(id, "removed")).map_err(Failure::from),
        }
    }
}

fn done(id: KeyId, what: &str) -> Answer {
    Answer::done(vec![("id", Json::Number(id.number()))], format_args!("key {id} is {what}"))
}

async fn add(store: &Store, user: UserId, name: String, expires_at: Option<Moment>) -> Result<Answer, Failure> {
    let token = fresh_token()?;
    let token_hash = TokenHash::of(token.expose()).to_hex();
    let id = store.add_key(NewKey { user, name, token_hash, expires_at: expires_at.map(Moment::unix) }).await?;
    let token = token.expose();
    let row = vec![("id", Json::Number(id.number())), ("token", Json::Text(token.clone()))];
    let answer = Answer::done(row, format_args!("key {id} is made for user {user}\naccess token: {token}"));
    let answer = answer.note("keep the token now: it is not stored and not shown again");
    let is_over = expires_at.is_some_and(|at| at <= Clock::System.now());
    Ok(if is_over { answer.note("warning: it is expired already, --expires is in the past") } else { answer })
}

fn row(key: &KeyRow) -> Row {
    let moment = |seconds| Json::Text(Moment::from_unix(seconds).to_string());
    vec![
        ("id", Json::Number(key.id.number())),
        ("user_id", Json::Number(key.user.number())),
        ("name", Json::Text(key.name.clone())),
        ("expires_at", key.expires_at.map_or(Json::Null, moment)),
        ("blocked", Json::Truth(key.blocked)),
    ]
}
