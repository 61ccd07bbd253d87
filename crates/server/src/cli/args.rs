//! Arguments that several commands share.
//!
//! An option is a text to clap; [`crate::config::Layers`] says where it comes from and parses it. Only positional
//! arguments, ids and names, are parsed by clap itself.

use clap::{Arg, ArgAction, Command};

use crate::config::value;

/// The heading of arguments that many commands take.
pub(super) const COMMON: &str = "Common options";

/// An operator command that has subcommands.
pub(super) fn noun(name: &'static str, about: &'static str) -> Command {
    Command::new(name)
        .about(about)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .args(operator().map(|arg| arg.global(true).help_heading(COMMON)))
}

/// The arguments of every operator command.
pub(super) fn operator() -> [Arg; 3] {
    [data("./ringbook-data"), database(), json()]
}

/// `--json`.
pub(super) fn json() -> Arg {
    Arg::new("json").long("json").action(ArgAction::SetTrue).help("Print the result as one JSON value on stdout")
}

/// `--data`, with this default.
pub(super) fn data(default: &'static str) -> Arg {
    option("data", "DIR", "Data directory").default_value(default)
}

/// `--database`.
pub(super) fn database() -> Arg {
    let help = "PostgreSQL database that holds the data, instead of --data: postgres://user:password@host/name";
    option("database", "URL", help)
}

/// An option with a value.
pub(super) fn option(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).help(help)
}

/// The positional argument ID.
pub(super) fn id() -> Arg {
    Arg::new("ID").required(true).value_parser(value::id).help("Id, as shown by `list`")
}

/// The account, by one of two options.
pub(super) fn account() -> [Arg; 2] {
    [
        option("customer", "ID", "Customer that it belongs to (or --agent)"),
        option("agent", "ID", "Agent that it belongs to (or --customer)"),
    ]
}
