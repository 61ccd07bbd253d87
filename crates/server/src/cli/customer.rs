//! `ringbook customer`: accounts, each with an address book.

use clap::{Arg, ArgMatches, Command};
use ringbook_book::id::{AgentId, CustomerId};

use super::operator::{id, id_of, listed, text_of, unknown};
use super::output::{Answer, Json, Row, plain};
use super::{Failure, args};
use crate::config::{Layers, value};
use ringbook_store::{CustomerEdit, CustomerRow, NewCustomer, Store};

/// The zone of a customer that names none.
const TIMEZONE: &str = "UTC";

const EXAMPLES: &str = "\
Examples:
  ringbook customer add Acme --timezone Europe/Berlin --minute-limit 60
  ringbook customer set 1 --day-limit none --active false
  ringbook customer list --json";

pub(super) fn command() -> Command {
    let name = Arg::new("NAME").required(true).value_parser(value::name).help("Its name");
    let rename = args::option("name", "NAME", "Another name");
    let active = args::option("active", "true|false", "Whether its calls are answered");
    args::noun("customer", "Customers: accounts, each with an address book")
        .after_help(EXAMPLES)
        .subcommand(Command::new("add").about("Add a customer with an empty book").arg(name).args(options()))
        .subcommand(
            Command::new("set").about("Change a customer").arg(args::id()).arg(rename).args(options()).arg(active),
        )
        .subcommand(Command::new("list").about("List the customers"))
        .subcommand(Command::new("remove").about("Remove a customer, its users and its whole book").arg(args::id()))
}

fn options() -> [Arg; 4] {
    [
        args::option("agent", "ID|none", "The agent that may act for it"),
        args::option("timezone", "ZONE", "Its time zone, an IANA name; a new customer has UTC"),
        args::option("day-limit", "N|none", "Calls per UTC day; a new customer has no limit"),
        args::option("minute-limit", "N|none", "Calls per UTC minute; a new customer has no limit"),
    ]
}

pub(super) enum Task {
    Add(NewCustomer),
    Set(CustomerId, CustomerEdit),
    List,
    Remove(CustomerId),
}

impl Task {
    pub(super) fn read(verb: &str, leaf: &ArgMatches, layers: &Layers<'_>) -> Result<Self, Failure> {
        match verb {
            "add" => added(text_of(leaf, "NAME")?, layers).map(Self::Add),
            "set" => Ok(Self::Set(id_of(leaf, CustomerId::new)?, edit(layers)?)),
            "list" => Ok(Self::List),
            "remove" => id_of(leaf, CustomerId::new).map(Self::Remove),
            _ => Err(unknown(verb)),
        }
    }

    pub(super) async fn run(self, store: &Store) -> Result<Answer, Failure> {
        match self {
            Self::Add(customer) => {
                let name = plain(&customer.name);
                let id = store.add_customer(customer).await?;
                let next = format!("no address may call yet: `ringbook allow add CIDR --customer {id}` allows some");
                Ok(done(id, format!("customer {name} is added: id {id}")).note(next))
            }
            Self::Set(id, edit) => {
                store.set_customer(id, edit).await?;
                Ok(done(id, format!("customer {id} is changed")))
            }
            Self::List => {
                let directory = store.directory().await?;
                let rows = directory.customers.iter().map(row).collect();
                Ok(listed(rows, directory, "`ringbook customer add NAME` adds a customer"))
            }
            Self::Remove(id) => {
                store.remove_customer(id).await?;
                Ok(done(id, format!("customer {id} is removed, with its users and its book")))
            }
        }
    }
}

fn done(id: CustomerId, sentence: String) -> Answer {
    Answer::done(vec![("id", Json::Number(id.number()))], sentence)
}

fn agent(layers: &Layers<'_>) -> Result<Option<Option<AgentId>>, Failure> {
    Ok(layers.value("agent", |text| value::or_none(text, |text| id(text, AgentId::new)))?)
}

fn added(name: String, layers: &Layers<'_>) -> Result<NewCustomer, Failure> {
    Ok(NewCustomer {
        agent: agent(layers)?.flatten(),
        name,
        timezone: layers.value("timezone", value::zone)?.unwrap_or_else(|| TIMEZONE.to_owned()),
        day_limit: layers.value("day-limit", value::limit)?.flatten(),
        minute_limit: layers.value("minute-limit", value::limit)?.flatten(),
    })
}

fn edit(layers: &Layers<'_>) -> Result<CustomerEdit, Failure> {
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
        return Err(Failure::usage("nothing to change: give --name, --agent, --timezone, --active or a limit"));
    }
    Ok(edit)
}

fn row(customer: &CustomerRow) -> Row {
    let number = |number: Option<u64>| number.map_or(Json::Null, Json::Number);
    vec![
        ("id", Json::Number(customer.id.number())),
        ("name", Json::Text(customer.name.clone())),
        ("agent_id", number(customer.agent.map(AgentId::number))),
        ("timezone", Json::Text(customer.timezone.clone())),
        ("active", Json::Truth(customer.active)),
        ("day_limit", number(customer.day_limit)),
        ("minute_limit", number(customer.minute_limit)),
    ]
}
