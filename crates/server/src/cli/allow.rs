//! `ringbook allow`: the allow-list of an account: the address blocks that its calls may come from.

use clap::{Arg, ArgMatches, Command};
use serde_json::Value;

use super::args;
use super::cli_error::CliError;
use super::operator::{MissingData, account, listed, owner, place, unknown, with_store};
use super::output::{CommandOutput, Row};
use crate::config::{Layers, value};
use ringbook_app::access::Block;
use ringbook_store::{AccountId, BlockRow, Store};

const EXAMPLES: &str = "\
An account with an empty list accepts no calls. A single address is a block of one; 0.0.0.0/0 and ::/0 are all addresses.

Examples:
  ringbook allow add 203.0.113.0/24 --customer 1
  ringbook allow add ::/0 --agent 1
  ringbook allow remove 203.0.113.0/24 --customer 1";

pub(super) fn command() -> Command {
    let block = || {
        Arg::new("CIDR")
            .required(true)
            .value_parser(value::block)
            .help("An address block such as 192.0.2.0/24, or an address")
    };
    args::noun("allow", "Manage allow-lists: the addresses that may call for an account")
        .after_help(EXAMPLES)
        .subcommand(
            Command::new("add").about("Add a block to the allow-list of an account").arg(block()).args(args::account()),
        )
        .subcommand(Command::new("list").about("List the blocks of all accounts"))
        .subcommand(
            Command::new("remove")
                .about("Remove a block from the allow-list of an account")
                .arg(block())
                .args(args::account()),
        )
}

/// Runs a subcommand.
pub(super) fn run(verb: &str, leaf: &ArgMatches, layers: &Layers<'_>) -> Result<CommandOutput, CliError> {
    let place = place(layers)?;
    let command = AllowCommand::read(verb, leaf, layers)?;
    with_store(&place, MissingData::Refuse, async |store| command.run(store).await)
}

/// A subcommand with its arguments, read before the store is opened.
enum AllowCommand {
    Add(AccountId, Block),
    List,
    Remove(AccountId, Block),
}

impl AllowCommand {
    fn read(verb: &str, leaf: &ArgMatches, layers: &Layers<'_>) -> Result<Self, CliError> {
        let block = || leaf.get_one::<Block>("CIDR").copied().ok_or_else(|| CliError::usage("the block is missing"));
        match verb {
            "add" => Ok(Self::Add(account(layers)?, block()?)),
            "list" => Ok(Self::List),
            "remove" => Ok(Self::Remove(account(layers)?, block()?)),
            _ => Err(unknown(verb)),
        }
    }

    async fn run(self, store: &Store) -> Result<CommandOutput, CliError> {
        match self {
            Self::Add(account, block) => {
                store.add_block(account, block.to_string()).await?;
                Ok(done(account, block, "added to the allow-list"))
            }
            Self::List => {
                let directory = store.directory().await?;
                let rows = directory.blocks.iter().map(|BlockRow { account, block }| row(*account, block)).collect();
                Ok(listed(rows, directory, "`ringbook allow add CIDR --customer ID` allows a block"))
            }
            Self::Remove(account, block) => {
                store.remove_block(account, block.to_string()).await?;
                Ok(done(account, block, "removed from the allow-list"))
            }
        }
    }
}

fn done(account: AccountId, block: Block, what: &str) -> CommandOutput {
    let whose = format!("{} {}", account.kind(), account.number());
    CommandOutput::done(row(account, &block.to_string()), format_args!("{whose}: {block} {what}"))
}

fn row(account: AccountId, block: &str) -> Row {
    let [customer, agent] = owner(account);
    vec![("block", Value::from(block.to_owned())), customer, agent]
}
