//! `ringbook allow`: the blocks of addresses that an account's calls may come from.

use clap::{Arg, ArgMatches, Command};

use super::operator::{account, listed, owner, unknown};
use super::output::{Answer, Json, Row};
use super::{Failure, args};
use crate::config::{Layers, value};
use ringbook_app::access::Block;
use ringbook_store::{AccountId, BlockRow, Store};

const EXAMPLES: &str = "\
An account whose list is empty answers nobody. A bare address is the block of that one.

Examples:
  ringbook allow add 203.0.113.0/24 --customer 1
  ringbook allow add ::/0 --agent 1
  ringbook allow remove 203.0.113.0/24 --customer 1";

pub(super) fn command() -> Command {
    let block = || Arg::new("CIDR").required(true).value_parser(value::block).help("A block like 192.0.2.0/24");
    args::noun("allow", "Address lists: where an account's calls may come from")
        .after_help(EXAMPLES)
        .subcommand(Command::new("add").about("Allow calls from a block").arg(block()).args(args::account()))
        .subcommand(Command::new("list").about("List the blocks of all accounts"))
        .subcommand(Command::new("remove").about("Take a block off a list").arg(block()).args(args::account()))
}

pub(super) enum Task {
    Add(AccountId, Block),
    List,
    Remove(AccountId, Block),
}

impl Task {
    pub(super) fn read(verb: &str, leaf: &ArgMatches, layers: &Layers<'_>) -> Result<Self, Failure> {
        let block = || leaf.get_one::<Block>("CIDR").copied().ok_or_else(|| Failure::usage("the block is missing"));
        match verb {
            "add" => Ok(Self::Add(account(layers)?, block()?)),
            "list" => Ok(Self::List),
            "remove" => Ok(Self::Remove(account(layers)?, block()?)),
            _ => Err(unknown(verb)),
        }
    }

    pub(super) async fn run(self, store: &Store) -> Result<Answer, Failure> {
        match self {
            Self::Add(account, block) => {
                store.add_block(account, block.to_string()).await?;
                Ok(done(account, block, "may call"))
            }
            Self::List => {
                let directory = store.directory().await?;
                let rows = directory.blocks.iter().map(|BlockRow { account, block }| row(*account, block)).collect();
                Ok(listed(rows, directory, "`ringbook allow add CIDR --customer ID` allows a block"))
            }
            Self::Remove(account, block) => {
                store.remove_block(account, block.to_string()).await?;
                Ok(done(account, block, "is off the list"))
            }
        }
    }
}

fn done(account: AccountId, block: Block, what: &str) -> Answer {
    let whose = format!("{} {}", account.kind(), account.number());
    Answer::done(row(account, &block.to_string()), format_args!("{whose}: {block} {what}"))
}

fn row(account: AccountId, block: &str) -> Row {
    let [customer, agent] = owner(account);
    vec![("block", Json::Text(block.to_owned())), customer, agent]
}
