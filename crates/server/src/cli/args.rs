//! The tree of commands and the arguments that several of them share.
//!
//! An option is known to clap as a text; [`crate::config::Layers`] says where it comes from and reads it. Only what
//! stands in a fixed place, an id or a name, is read by clap itself.

use clap::{Arg, ArgAction, Command};

use super::{agent, allow, check, completions, customer, export, health, import, key, migrate, serving, user};
use crate::config::value;

const ABOUT: &str = "The address book of a telephony system as a server: JSON-RPC 2.0 over HTTP.";

const AFTER: &str = "\
Every flag can also come from the environment (--log-format is RINGBOOK_LOG_FORMAT) and from a TOML file
(log-format = \"json\") named with --config. Flags win, then the environment, then the file.

Examples:
  ringbook demo                                 a server with made-up contacts, to try it out
  ringbook customer add Acme                    an account with an empty book
  ringbook user add acme --customer 1           a user of it
  ringbook key add --user 1                     a token for the user, shown once
  ringbook allow add 10.0.0.0/8 --customer 1    where its calls may come from
  ringbook serve                                the server";

/// What many commands take stands apart in their help.
pub(super) const COMMON: &str = "Common options";

/// The whole program.
pub(super) fn program() -> Command {
    Command::new("ringbook")
        .version(env!("CARGO_PKG_VERSION"))
        .about(ABOUT)
        .after_help(AFTER)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .arg(option("config", "FILE", "Read settings from this TOML file").global(true).help_heading(COMMON))
        .subcommands([serving::demo_command(), serving::serve_command()])
        .subcommands([agent::command(), customer::command(), user::command(), key::command(), allow::command()])
        .subcommands([import::command(), export::command()])
        .subcommands([migrate::command(), check::command(), health::command(), completions::command()])
}

/// A command of the operator that has verbs.
pub(super) fn noun(name: &'static str, about: &'static str) -> Command {
    Command::new(name)
        .about(about)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .args(operator().map(|arg| arg.global(true).help_heading(COMMON)))
}

/// What every command of the operator takes.
pub(super) fn operator() -> [Arg; 3] {
    let json = Arg::new("json").long("json").action(ArgAction::SetTrue);
    [data("./ringbook-data"), database(), json.help("Print one JSON value on stdout, and nothing else")]
}

/// Where the data are, if they are in a directory.
pub(super) fn data(default: &'static str) -> Arg {
    option("data", "DIR", "The directory that holds the data").default_value(default)
}

/// Where the data are, if they are in a database.
pub(super) fn database() -> Arg {
    option(
        "database",
        "URL",
        "The PostgreSQL database that holds the data, instead of --data: postgres://user:password@host/name",
    )
}

/// An option with a value.
pub(super) fn option(flag: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(flag).long(flag).value_name(value).help(help)
}

/// The id of what a verb works on.
pub(super) fn id() -> Arg {
    Arg::new("ID").required(true).value_parser(value::id).help("Its id, as `list` shows it")
}

/// Whose it is: one of the two must be given.
pub(super) fn account() -> [Arg; 2] {
    [option("customer", "ID", "Of this customer"), option("agent", "ID", "Of this agent")]
}
