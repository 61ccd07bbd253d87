//! `ringbook customer`: customers, each with an address book.

use clap::{Arg, ArgMatches, Command};
use ringbook_book::id::CustomerId;
use ringbook_store::AgentId;
use serde_json::Value;

use super::args;
use super::cli_error::CliError;
use super::operator::{MissingData, id, id_argument, listed, place, text_argument, unknown, with_store};
use super::output::{CommandOutput, Row};
use super::plain_text::plain;
use crate::config::{Layers, value};
use ringbook_store::{CustomerEdit, CustomerRow, NewCustomer, Store};

/// The default time zone.
const TIMEZONE: &str = "UTC";

const EXAMPLES: &str = "\
Examples:
  ringbook customer add Acme --timezone Europe/Berlin --minute-limit 60
  ringbook customer set 1 --day-limit none --active false
  ringbook customer list --json";

pub(super) fn command() -> Command {
    let name = Arg::new("NAME").required(true).value_parser(value::name).help("Name of the customer");
    let rename = args::option("name", "NAME", "New name");
    let active = args::option("active", "true|false", "false refuses all calls of the customer");
    args::noun("customer", "Manage customers, each with an address book")
        .after_help(EXAMPLES)
        .subcommand(Command::new("add").about("Add a customer with an empty address book").arg(name).args(options()))
        .subcommand(
            Command::new("set").about("Change a customer").arg(args::id()).arg(rename).args(options()).arg(active),
        )
        .subcommand(Command::new("list").about("List the customers"))
        .subcommand(
            Command::new("remove").about("Remove a customer with its users and its address book").arg(args::id()),
        )
}

fn options() -> [Arg; 4] {
    [
        args::option("agent", "ID|none", "Agent that may act for the customer [default for new customers: none]"),
        args::option("timezone", "ZONE", "IANA time zone, such as Europe/Berlin [default for new customers: UTC]"),
        args::option("day-limit", "N|none", "Most calls per UTC day [default for new customers: none]"),
        args::option("minute-limit", "N|none", "Most calls per UTC minute [default for new customers: none]"),
    ]
}

/// Runs a subcommand.
pub(super) fn run(verb: &str, leaf: &ArgMatches, layers: &Layers<'_>) -> Result<CommandOutput, CliError> {
    let place = place(layers)?;
    let command = CustomerCommand::read(verb, leaf, layers)?;
    let missing = match &command {
        CustomerCommand::Add(_) => MissingData::Create,
        _ => MissingData::Refuse,
    };
    with_store(&place, missing, async |store| command.run(store).await)
}

/// A subcommand with its arguments, read before the store is opened.
enum CustomerCommand {
    Add(NewCustomer),
    Set(CustomerId, CustomerEdit),
    List,
    Remove(CustomerId),
}

impl CustomerCommand {
    fn read(verb: &str, leaf: &ArgMatches, layers: &Layers<'_>) -> Result<Self, CliError> {
        match verb {
            "add" => added(text_argument(leaf, "NAME")?, layers).map(Self::Add),
            "set" => Ok(Self::Set(id_argument(leaf, CustomerId::new)?, edit(layers)?)),
            "list" => Ok(Self::List),
            "remove" => id_argument(leaf, CustomerId::new).map(Self::Remove),
            _ => Err(unknown(verb)),
        }
    }

    async fn run(self, store: &Store) -> Result<CommandOutput, CliError> {
        match self {
            Self::Add(customer) => {
                let name = plain(&customer.name);
                let id = store.add_customer(customer).await?;
                let next = format!(
                    "its allow-list is empty: `ringbook allow add CIDR --customer {id}` adds addresses that may call"
                );
                Ok(done(id, format!("customer {name} added: id {id}")).note(next))
            }
            Self::Set(id, edit) => {
                store.set_customer(id, edit).await?;
                Ok(done(id, format!("customer {id} changed")))
            }
            Self::List => {
                let directory = store.directory().await?;
                let rows = directory.customers.iter().map(row).collect();
                Ok(listed(rows, directory, "`ringbook customer add NAME` adds a customer"))
            }
            Self::Remove(id) => {
                store.remove_customer(id).await?;
                Ok(done(id, format!("customer {id} removed with its users and its address book")))
            }
        }
    }
}

fn done(id: CustomerId, sentence: String) -> CommandOutput {
    CommandOutput::done(vec![("id", Value::from(id.number()))], sentence)
}

fn agent(layers: &Layers<'_>) -> Result<Option<Option<AgentId>>, CliError> {
    Ok(layers.value("agent", |text| value::or_none(text, |text| id(text, AgentId::new)))?)
}

fn added(name: String, layers: &Layers<'_>) -> Result<NewCustomer, CliError> {
    Ok(NewCustomer {
        agent: agent(layers)?.flatten(),
        name,
        timezone: layers.value("timezone", value::zone)?.unwrap_or_else(|| TIMEZONE.to_owned()),
        day_limit: layers.value("day-limit", value::limit)?.flatten(),
        minute_limit: layers.value("minute-limit", value::limit)?.flatten(),
    })
}

fn edit(layers: &Layers<'_>) -> Result<CustomerEdit, CliError> {
    let edit = CustomerEdit {
        agent: agent(layers)?,
        name: layers.value("name", value::name)?,
        timezone: layers.value("timezone", value::zone)?,
        active: layers.value("active", value::truth)?,
        day_limit: layers.value("day-limit", value::limit)?,
        minute_limit: layers.value("minute-limit", value::limit)?,
    };
    let changes_nothing = matches!(
        edit,
        CustomerEdit { agent: None, name: None, timezone: None, active: None, day_limit: None, minute_limit: None }
    );
    if changes_nothing {
        return Err(CliError::usage("nothing to change: give --name, --agent, --timezone, --active or a limit"));
    }
    Ok(edit)
}

fn row(customer: &CustomerRow) -> Row {
    let number = |number: Option<u64>| number.map_or(Value::Null, Value::from);
    vec![
        ("id", Value::from(customer.id.number())),
        ("name", Value::from(customer.name.clone())),
        ("agent_id", number(customer.agent.map(AgentId::number))),
        ("timezone", Value::from(customer.timezone.clone())),
        ("active", Value::from(customer.active)),
        ("day_limit", number(customer.day_limit)),
        ("minute_limit", number(customer.minute_limit)),
    ]
}
