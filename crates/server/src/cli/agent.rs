//! `ringbook agent`: resellers.

use clap::{Arg, ArgMatches, Command};
use ringbook_book::id::AgentId;

use super::operator::{id_of, listed, text_of, unknown};
use super::output::{Answer, Json, plain};
use super::{Failure, args};
use crate::config::value;
use ringbook_store::{AgentRow, Store};

pub(super) fn command() -> Command {
    let name = Arg::new("NAME").required(true).value_parser(value::name).help("Its name");
    args::noun("agent", "Agents: resellers that act for their customers")
        .after_help("Examples:\n  ringbook agent add \"North Telecom\"\n  ringbook agent list --json")
        .subcommand(Command::new("add").about("Add an agent").arg(name))
        .subcommand(Command::new("list").about("List the agents"))
        .subcommand(Command::new("remove").about("Remove an agent without customers, with its users").arg(args::id()))
}

pub(super) enum Task {
    Add { name: String },
    List,
    Remove(AgentId),
}

impl Task {
    pub(super) fn read(verb: &str, leaf: &ArgMatches) -> Result<Self, Failure> {
        match verb {
            "add" => Ok(Self::Add { name: text_of(leaf, "NAME")? }),
            "list" => Ok(Self::List),
            "remove" => id_of(leaf, AgentId::new).map(Self::Remove),
            _ => Err(unknown(verb)),
        }
    }

    pub(super) async fn run(self, store: &Store) -> Result<Answer, Failure> {
        match self {
            Self::Add { name } => {
                let sentence = format!("agent {} is added", plain(&name));
                let id = store.add_agent(name).await?;
                Ok(Answer::done(vec![("id", Json::Number(id.number()))], format_args!("{sentence}: id {id}")))
            }
            Self::List => {
                let directory = store.directory().await?;
                let rows = directory.agents.iter().map(row).collect();
                Ok(listed(rows, directory, "`ringbook agent add NAME` adds an agent"))
            }
            Self::Remove(id) => {
                store.remove_agent(id).await?;
                Ok(Answer::done(vec![("id", Json::Number(id.number()))], format_args!("agent {id} is removed")))
            }
        }
    }
}

fn row(agent: &AgentRow) -> Vec<(&'static str, Json)> {
    vec![("id", Json::Number(agent.id.number())), ("name", Json::Text(agent.name.clone()))]
}
