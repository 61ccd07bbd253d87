//! `ringbook user`: who logs in, and whose rights decide.

use std::io::{BufRead, Read};

use clap::{Arg, ArgAction, ArgMatches, Command};
use ringbook_book::id::UserId;

use super::operator::{account, id_of, listed, owner, text_of, unknown};
use super::output::{Answer, Json, Row, plain};
use super::{Failure, args};
use crate::config::{Layers, value};
use ringbook_app::access::{PASSWORD_BYTES_MAX, Right, Rights, Secret, fresh_token, hash_password};
use ringbook_store::{NewUser, Store, UserEdit, UserRow};

const EXAMPLES: &str = "\
Examples:
  ringbook user add acme --customer 1 --name \"Acme's CRM\"
  echo 'a good password' | ringbook user set 1 --password-stdin
  ringbook user set 1 --rights address_book:select,employees:select";

pub(super) fn command() -> Command {
    let login = Arg::new("LOGIN").required(true).value_parser(value::login).help("Its login, unique on the server");
    let relogin = args::option("login", "LOGIN", "Another login");
    args::noun("user", "Users: who logs in, and whose rights decide")
        .after_help(EXAMPLES)
        .subcommand(Command::new("add").about("Add a user").arg(login).args(args::account()).args(options()))
        .subcommand(Command::new("set").about("Change a user").arg(args::id()).arg(relogin).args(options()))
        .subcommand(Command::new("list").about("List the users"))
        .subcommand(Command::new("remove").about("Remove a user with its keys and sessions").arg(args::id()))
}

fn options() -> [Arg; 4] {
    let password = Arg::new("password-stdin").long("password-stdin").action(ArgAction::SetTrue);
    [
        args::option("name", "NAME", "Its name; a new user has its login"),
        args::option("description", "TEXT", "What it is for"),
        args::option("rights", "SECTION:ACTION,…", "What it may do, '' for nothing; a new user may do everything")
            .long_help(format!(
                "What it may do, '' for nothing; a new user may do everything. The rights are {}",
                Rights::all()
            )),
        password.help("Read its password from stdin, one line; a new user cannot log in without"),
    ]
}

pub(super) enum Task {
    Add { user: NewUser, can_log_in: bool },
    Set(UserId, UserEdit),
    List,
    Remove(UserId),
}

impl Task {
    pub(super) fn read(
        verb: &str,
        leaf: &ArgMatches,
        layers: &Layers<'_>,
        stdin: &mut dyn BufRead,
    ) -> Result<Self, Failure> {
        match verb {
            "add" => added(text_of(leaf, "LOGIN")?, layers, stdin),
            "set" => Ok(Self::Set(id_of(leaf, UserId::new)?, edit(layers, stdin)?)),
            "list" => Ok(Self::List),
            "remove" => id_of(leaf, UserId::new).map(Self::Remove),
            _ => Err(unknown(verb)),
        }
    }

    pub(super) async fn run(self, store: &Store) -> Result<Answer, Failure> {
        match self {
            Self::Add { user, can_log_in } => add(store, user, can_log_in).await,
            Self::Set(id, edit) => {
                let ends_sessions = edit.password_hash.is_some();
                store.set_user(id, edit).await?;
                let answer = done(id, format!("user {id} is changed"));
                Ok(if ends_sessions { answer.note("its sessions are over, its keys go on") } else { answer })
            }
            Self::List => {
                let directory = store.directory().await?;
                let rows = directory.users.iter().map(row).collect();
                Ok(listed(rows, directory, "`ringbook user add LOGIN --customer ID` adds a user"))
            }
            Self::Remove(id) => {
                store.remove_user(id).await?;
                Ok(done(id, format!("user {id} is removed, with its keys and sessions")))
            }
        }
    }
}

async fn add(store: &Store, user: NewUser, can_log_in: bool) -> Result<Answer, Failure> {
    let login = plain(&user.login);
    let id = store.add_user(user).await?;
    let answer = done(id, format!("user {login} is added: id {id}"));
    if can_log_in {
        return Ok(answer);
    }
    Ok(answer.note(format!(
        "it has no password yet: `ringbook user set {id} --password-stdin` sets one, `ringbook key add --user {id}` makes a key"
    )))
}

fn done(id: UserId, sentence: String) -> Answer {
    Answer::done(vec![("id", Json::Number(id.number()))], sentence)
}

fn added(login: String, layers: &Layers<'_>, stdin: &mut dyn BufRead) -> Result<Task, Failure> {
    let name = layers.value("name", value::optional_name)?;
    let account = account(layers)?;
    let description = layers.value("description", value::description)?.unwrap_or_default();
    let rights = layers.value("rights", value::rights)?.unwrap_or_else(Rights::all).to_string();
    let password = password(layers, stdin)?;
    let can_log_in = password.is_some();
    // Without a password it gets one that nobody knows, so that its login takes as long to fail as any other.
    let password_hash = hash_password(&password.map_or_else(fresh_token, Ok)?)?;
    let name = name.unwrap_or_else(|| login.clone());
    Ok(Task::Add { user: NewUser { account, login, password_hash, name, description, rights }, can_log_in })
}

fn edit(layers: &Layers<'_>, stdin: &mut dyn BufRead) -> Result<UserEdit, Failure> {
    let edit = UserEdit {
        login: layers.value("login", value::login)?,
        name: layers.value("name", value::optional_name)?,
        description: layers.value("description", value::description)?,
        rights: layers.value("rights", value::rights)?.map(|rights| rights.to_string()),
        password_hash: password(layers, stdin)?.map(|password| hash_password(&password)).transpose()?,
    };
    let changes_nothing =
        matches!(edit, UserEdit { login: None, name: None, description: None, rights: None, password_hash: None });
    if changes_nothing {
        return Err(Failure::usage(
            "nothing to change: give --login, --name, --description, --rights or --password-stdin",
        ));
    }
    Ok(edit)
}

/// The first line of stdin, if it was asked for, without its line break.
fn password(layers: &Layers<'_>, stdin: &mut dyn BufRead) -> Result<Option<Secret<String>>, Failure> {
    if !layers.is_up("password-stdin")? {
        return Ok(None);
    }
    let mut line = Vec::new();
    let bytes_max = PASSWORD_BYTES_MAX as u64 + 2;
    let read = stdin.take(bytes_max).read_until(b'\n', &mut line);
    read.map_err(|cause| Failure::failed(format_args!("the password could not be read from stdin: {cause}")))?;
    let text = String::from_utf8(line).map_err(|_| Failure::failed("the password on stdin is not UTF-8"))?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(Some(Secret::new(text.strip_suffix('\r').unwrap_or(text).to_owned())))
}

fn row(user: &UserRow) -> Row {
    let [customer, agent] = owner(user.account);
    vec![
        ("id", Json::Number(user.id.number())),
        ("login", Json::Text(user.login.clone())),
        ("name", Json::Text(user.name.clone())),
        ("description", Json::Text(user.description.clone())),
        customer,
        agent,
        ("rights", rights(&user.rights)),
    ]
}

/// Rights that do not read back are null: a warning says more.
fn rights(text: &str) -> Json {
    let Ok(rights) = Rights::parse(text) else { return Json::Null };
    let words = Right::ALL.into_iter().filter(|right| rights.holds(*right)).map(Right::name).collect();
    Json::Words { words, whole: rights == Rights::all() }
}
