//! `ringbook user`: users, who log in and have rights.

use std::io::{BufRead, Read};

use clap::{Arg, ArgAction, ArgMatches, Command};
use ringbook_store::UserId;
use serde_json::Value;

use super::args;
use super::cli_error::CliError;
use super::operator::{MissingData, account, id_argument, listed, owner, place, text_argument, unknown, with_store};
use super::output::{CommandOutput, Row, cell};
use super::plain_text::plain;
use crate::config::{Layers, value};
use ringbook_app::access::{PASSWORD_BYTES_MAX, Right, Rights, Secret, fresh_token, hash_password};
use ringbook_store::{NewUser, Store, UserEdit, UserRow};

const EXAMPLES: &str = "\
Examples:
  ringbook user add acme --customer 1 --name \"Acme's CRM\"
  echo 'a good password' | ringbook user set 1 --password-stdin
  ringbook user set 1 --rights address_book:select,employees:select";

pub(super) fn command() -> Command {
    let login = Arg::new("LOGIN").required(true).value_parser(value::login).help("Login, unique on the server");
    let relogin = args::option("login", "LOGIN", "New login");
    args::noun("user", "Manage users: their logins, passwords and rights")
        .after_help(EXAMPLES)
        .subcommand(Command::new("add").about("Add a user").arg(login).args(args::account()).args(options()))
        .subcommand(Command::new("set").about("Change a user").arg(args::id()).arg(relogin).args(options()))
        .subcommand(Command::new("list").about("List the users"))
        .subcommand(Command::new("remove").about("Remove a user with its keys and sessions").arg(args::id()))
}

fn options() -> [Arg; 4] {
    let password = Arg::new("password-stdin").long("password-stdin").action(ArgAction::SetTrue);
    [
        args::option("name", "NAME", "Name of the user [default for new users: the login]"),
        args::option("description", "TEXT", "Description"),
        args::option(
            "rights",
            "SECTION:ACTION,…",
            "Rights, separated by commas; all, or '' for none [default for new users: all]",
        )
        .long_help(format!(
            "Rights, separated by commas; all, or '' for none [default for new users: all]\n\nRights: {}",
            Rights::all().to_string().replace(',', ", ")
        )),
        password.help("Read the password from the first line of stdin; without a password the user cannot log in"),
    ]
}

/// Runs a subcommand.
pub(super) fn run(
    verb: &str,
    leaf: &ArgMatches,
    layers: &Layers<'_>,
    stdin: &mut dyn BufRead,
) -> Result<CommandOutput, CliError> {
    let place = place(layers)?;
    let command = UserCommand::read(verb, leaf, layers, stdin)?;
    with_store(&place, MissingData::Refuse, async |store| command.run(store).await)
}

/// A subcommand with its arguments, read before the store is opened.
enum UserCommand {
    Add { user: NewUser, can_log_in: bool },
    Set(UserId, UserEdit),
    List,
    Remove(UserId),
}

impl UserCommand {
    fn read(verb: &str, leaf: &ArgMatches, layers: &Layers<'_>, stdin: &mut dyn BufRead) -> Result<Self, CliError> {
        match verb {
            "add" => added(text_argument(leaf, "LOGIN")?, layers, stdin),
            "set" => Ok(Self::Set(id_argument(leaf, UserId::new)?, edit(layers, stdin)?)),
            "list" => Ok(Self::List),
            "remove" => id_argument(leaf, UserId::new).map(Self::Remove),
            _ => Err(unknown(verb)),
        }
    }

    async fn run(self, store: &Store) -> Result<CommandOutput, CliError> {
        match self {
            Self::Add { user, can_log_in } => add(store, user, can_log_in).await,
            Self::Set(id, edit) => {
                let ends_sessions = edit.password_hash.is_some();
                store.set_user(id, edit).await?;
                let answer = done(id, format!("user {id} changed"));
                Ok(if ends_sessions {
                    answer.note("its sessions have ended, its keys are still valid")
                } else {
                    answer
                })
            }
            Self::List => {
                let directory = store.directory().await?;
                let rows = directory.users.iter().map(row).collect();
                let list = listed(rows, directory, "`ringbook user add LOGIN --customer ID` adds a user");
                Ok(list.column("rights", rights_cell))
            }
            Self::Remove(id) => {
                store.remove_user(id).await?;
                Ok(done(id, format!("user {id} removed with its keys and sessions")))
            }
        }
    }
}

async fn add(store: &Store, user: NewUser, can_log_in: bool) -> Result<CommandOutput, CliError> {
    let login = plain(&user.login);
    let id = store.add_user(user).await?;
    let answer = done(id, format!("user {login} added: id {id}"));
    if can_log_in {
        return Ok(answer);
    }
    Ok(answer.note(format!(
        "it has no password: `ringbook user set {id} --password-stdin` sets one, `ringbook key add --user {id}` creates a key"
    )))
}

fn done(id: UserId, sentence: String) -> CommandOutput {
    CommandOutput::done(vec![("id", Value::from(id.number()))], sentence)
}

fn added(login: String, layers: &Layers<'_>, stdin: &mut dyn BufRead) -> Result<UserCommand, CliError> {
    let name = layers.value("name", value::optional_name)?;
    let account = account(layers)?;
    let description = layers.value("description", value::description)?.unwrap_or_default();
    let rights = layers.value("rights", value::rights)?.unwrap_or_else(Rights::all).to_string();
    let password = password(layers, stdin)?;
    let can_log_in = password.is_some();
    // Without a password it gets a random one, so that a login fails after the same time as with any other user.
    let password_hash = hash_password(&password.map_or_else(fresh_token, Ok)?)?;
    let name = name.unwrap_or_else(|| login.clone());
    Ok(UserCommand::Add { user: NewUser { account, login, password_hash, name, description, rights }, can_log_in })
}

fn edit(layers: &Layers<'_>, stdin: &mut dyn BufRead) -> Result<UserEdit, CliError> {
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
        return Err(CliError::usage(
            "nothing to change: give --login, --name, --description, --rights or --password-stdin",
        ));
    }
    Ok(edit)
}

/// The first line of stdin without its line break, if `--password-stdin` is given.
fn password(layers: &Layers<'_>, stdin: &mut dyn BufRead) -> Result<Option<Secret<String>>, CliError> {
    if !layers.is_up("password-stdin")? {
        return Ok(None);
    }
    let mut line = Vec::new();
    let bytes_max = PASSWORD_BYTES_MAX as u64 + 2;
    let read = stdin.take(bytes_max).read_until(b'\n', &mut line);
    read.map_err(|cause| CliError::failed(format_args!("cannot read the password from stdin: {cause}")))?;
    let text = String::from_utf8(line).map_err(|_| CliError::failed("the password on stdin is not UTF-8"))?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(Some(Secret::new(text.strip_suffix('\r').unwrap_or(text).to_owned())))
}

fn row(user: &UserRow) -> Row {
    let [customer, agent] = owner(user.account);
    vec![
        ("id", Value::from(user.id.number())),
        ("login", Value::from(user.login.clone())),
        ("name", Value::from(user.name.clone())),
        ("description", Value::from(user.description.clone())),
        customer,
        agent,
        ("rights", rights(&user.rights)),
    ]
}

/// The names of the rights; null if they are unreadable, which a warning explains.
fn rights(text: &str) -> Value {
    let Ok(rights) = Rights::parse(text) else { return Value::Null };
    Right::ALL.into_iter().filter(|right| rights.holds(*right)).map(Right::name).collect()
}

/// Rights in a table.
fn rights_cell(rights: &Value) -> String {
    let is_all = rights.as_array().is_some_and(|rights| rights.len() == Right::ALL.len());
    if is_all { "all".to_owned() } else { cell(rights) }
}
