//! `ringbook agent`: agents (resellers).

use clap::{Arg, ArgMatches, Command};
use ringbook_store::AgentId;
use serde_json::Value;

use super::args;
use super::cli_error::CliError;
use super::operator::{MissingData, id_argument, listed, place, text_argument, unknown, with_store};
use super::output::{CommandOutput, Row};
use super::plain_text::plain;
use crate::config::{Layers, value};
use ringbook_store::{AgentRow, Store};

pub(super) fn command() -> Command {
    let name = Arg::new("NAME").required(true).value_parser(value::name).help("Name of the agent");
    args::noun("agent", "Manage agents: resellers that act for their customers")
        .after_help("Examples:\n  ringbook agent add \"North Telecom\"\n  ringbook agent list --json")
        .subcommand(Command::new("add").about("Add an agent").arg(name))
        .subcommand(Command::new("list").about("List the agents"))
        .subcommand(
            Command::new("remove").about("Remove an agent that has no customers, and its users").arg(args::id()),
        )
}

/// Runs a subcommand.
pub(super) fn run(verb: &str, leaf: &ArgMatches, layers: &Layers<'_>) -> Result<CommandOutput, CliError> {
    let place = place(layers)?;
    let command = AgentCommand::read(verb, leaf)?;
    let missing = match &command {
        AgentCommand::Add { .. } => MissingData::Create,
        _ => MissingData::Refuse,
    };
    with_store(&place, missing, async |store| command.run(store).await)
}

/// A subcommand with its arguments, read before the store is opened.
enum AgentCommand {
    Add { name: String },
    List,
    Remove(AgentId),
}

impl AgentCommand {
    fn read(verb: &str, leaf: &ArgMatches) -> Result<Self, CliError> {
        match verb {
            "add" => Ok(Self::Add { name: text_argument(leaf, "NAME")? }),
            "list" => Ok(Self::List),
            "remove" => id_argument(leaf, AgentId::new).map(Self::Remove),
            _ => Err(unknown(verb)),
        }
    }

    async fn run(self, store: &Store) -> Result<CommandOutput, CliError> {
        match self {
            Self::Add { name } => {
                let sentence = format!("agent {} added", plain(&name));
                let id = store.add_agent(name).await?;
                Ok(CommandOutput::done(vec![("id", Value::from(id.number()))], format_args!("{sentence}: id {id}")))
            }
            Self::List => {
                let directory = store.directory().await?;
                let rows = directory.agents.iter().map(row).collect();
                Ok(listed(rows, directory, "`ringbook agent add NAME` adds an agent"))
            }
            Self::Remove(id) => {
                store.remove_agent(id).await?;
                Ok(CommandOutput::done(vec![("id", Value::from(id.number()))], format_args!("agent {id} removed")))
            }
        }
    }
}

fn row(agent: &AgentRow) -> Row {
    vec![("id", Value::from(agent.id.number())), ("name", Value::from(agent.name.clone()))]
}
