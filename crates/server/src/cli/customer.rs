//! `ringbook customer`: customers, each with an address book.

use clap::{Arg, ArgAction, ArgMatches, Command};
use ringbook_book::id::CustomerId;
use ringbook_store::AgentId;
use serde_json::Value;

use super::args;
use super::cli_error::CliError;
use super::console::Console;
use super::operator::{MissingData, id, id_argument, listed, place, text_argument, unknown, with_store};
use super::output::{CommandOutput, Row};
use super::plain_text::plain;
use super::renumbering::{self, Consent};
use crate::config::{Layers, value};
use ringbook_app::renumbering::DialingEdit;
use ringbook_store::{CustomerEdit, CustomerRow, Dialing, NewCustomer, Store};

/// The default time zone.
const TIMEZONE: &str = "UTC";

const EXAMPLES: &str = "\
With --country, phone numbers in national form become international ones when they are written to the address book or compared
with it, wherever the result is a valid number; see docs/numbers.md. `set` reads the numbers of the stored book again; --dry-run
shows what they become. Servers read numbers by the new settings within a second.

Examples:
  ringbook customer add Acme --timezone Europe/Berlin --minute-limit 60
  ringbook customer set 1 --day-limit none --active false
  ringbook customer set 1 --country DE --area-code 30 --dry-run
  ringbook customer list --json";

pub(super) fn command() -> Command {
    let name = Arg::new("NAME").required(true).value_parser(value::name).help("Name of the customer");
    let rename = args::option("name", "NAME", "New name");
    let active = args::option("active", "true|false", "false refuses all calls of the customer");
    args::noun("customer", "Manage customers, each with an address book")
        .after_help(EXAMPLES)
        .subcommand(Command::new("add").about("Add a customer with an empty address book").arg(name).args(options()))
        .subcommand(
            Command::new("set")
                .about("Change a customer")
                .arg(args::id())
                .args([rename, active])
                .args(options())
                .args(consent()),
        )
        .subcommand(Command::new("list").about("List the customers"))
        .subcommand(
            Command::new("remove").about("Remove a customer with its users and its address book").arg(args::id()),
        )
}

fn consent() -> [Arg; 2] {
    let flag = |name: &'static str, help: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue).help(help);
    [
        flag("dry-run", "Show which stored phone numbers change with --country, and change nothing"),
        flag("yes", "Change stored phone numbers without asking"),
    ]
}

fn options() -> [Arg; 7] {
    [
        args::option("agent", "ID|none", "Agent that may act for the customer [default for new customers: none]"),
        args::option("timezone", "ZONE", "IANA time zone, such as Europe/Berlin [default for new customers: UTC]"),
        args::option("day-limit", "N|none", "Most calls per UTC day [default for new customers: none]"),
        args::option("minute-limit", "N|none", "Most calls per UTC minute [default for new customers: none]"),
        args::option(
            "country",
            "CC|none",
            "Country of its telephones, ISO 3166, such as DE [default for new customers: none]",
        ),
        args::option(
            "area-code",
            "DIGITS|none",
            "Area code of its telephones, without the trunk prefix; needs a country",
        ),
        args::option(
            "outside-prefix",
            "DIGITS|none",
            "What its telephones dial before outside numbers; needs a country",
        ),
    ]
}

/// Runs a subcommand.
pub(super) fn run(
    verb: &str,
    leaf: &ArgMatches,
    layers: &Layers<'_>,
    console: &mut Console<'_>,
) -> Result<CommandOutput, CliError> {
    let place = place(layers)?;
    let command = CustomerCommand::read(verb, leaf, layers)?;
    let missing = match &command {
        CustomerCommand::Add(_) => MissingData::Create,
        _ => MissingData::Refuse,
    };
    with_store(&place, missing, async |store| command.run(store, console).await)
}

/// A subcommand with its arguments, read before the store is opened.
enum CustomerCommand {
    Add(NewCustomer),
    Set(CustomerId, CustomerEdit),
    SetDialing(CustomerId, CustomerEdit, DialingEdit, Consent),
    List,
    Remove(CustomerId),
}

impl CustomerCommand {
    fn read(verb: &str, leaf: &ArgMatches, layers: &Layers<'_>) -> Result<Self, CliError> {
        match verb {
            "add" => added(text_argument(leaf, "NAME")?, layers).map(Self::Add),
            "set" => set(id_argument(leaf, CustomerId::new)?, layers),
            "list" => Ok(Self::List),
            "remove" => id_argument(leaf, CustomerId::new).map(Self::Remove),
            _ => Err(unknown(verb)),
        }
    }

    async fn run(self, store: &Store, console: &mut Console<'_>) -> Result<CommandOutput, CliError> {
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
            Self::SetDialing(id, edit, dialing, consent) => {
                renumbering::set(store, id, edit, dialing, consent, console).await
            }
            Self::List => {
                let directory = store.directory().await?;
                // Where nobody uses them, lists are as they were before there were these settings.
                let has_dialing = directory.customers.iter().any(|row| row.dialing != Dialing::default());
                let rows = directory.customers.iter().map(|customer| row(customer, has_dialing)).collect();
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
        dialing: new_dialing(layers)?,
    })
}

fn new_dialing(layers: &Layers<'_>) -> Result<Dialing, CliError> {
    let dialing = dialing(layers)?.apply(Dialing::default());
    renumbering::rule_of(&dialing).map(|_| dialing)
}

fn dialing(layers: &Layers<'_>) -> Result<DialingEdit, CliError> {
    Ok(DialingEdit {
        country: layers.value("country", value::country)?,
        area_code: layers.value("area-code", value::area_code)?,
        outside_prefix: layers.value("outside-prefix", value::outside_prefix)?,
    })
}

fn set(id: CustomerId, layers: &Layers<'_>) -> Result<CustomerCommand, CliError> {
    let dialing = dialing(layers)?;
    let consent = match (layers.is_up("dry-run")?, layers.is_up("yes")?) {
        (true, true) => return Err(CliError::usage("either --dry-run or --yes, not both")),
        (true, false) => Consent::DryRun,
        (false, true) => Consent::Yes,
        (false, false) => Consent::Ask,
    };
    if dialing == DialingEdit::default() {
        if consent == Consent::DryRun {
            return Err(CliError::usage("--dry-run needs --country, --area-code or --outside-prefix"));
        }
        let edit = edit(layers)?;
        if edit == CustomerEdit::default() {
            return Err(CliError::usage(
                "nothing to change: give --name, --agent, --timezone, --active, --country, --area-code, --outside-prefix or \
                 a limit",
            ));
        }
        return Ok(CustomerCommand::Set(id, edit));
    }
    Ok(CustomerCommand::SetDialing(id, edit(layers)?, dialing, consent))
}

fn edit(layers: &Layers<'_>) -> Result<CustomerEdit, CliError> {
    Ok(CustomerEdit {
        agent: agent(layers)?,
        name: layers.value("name", value::name)?,
        timezone: layers.value("timezone", value::zone)?,
        active: layers.value("active", value::truth)?,
        day_limit: layers.value("day-limit", value::limit)?,
        minute_limit: layers.value("minute-limit", value::limit)?,
        dialing: None,
    })
}

fn row(customer: &CustomerRow, has_dialing: bool) -> Row {
    let number = |number: Option<u64>| number.map_or(Value::Null, Value::from);
    let text = |text: &Option<String>| text.as_deref().map_or(Value::Null, Value::from);
    let mut row = vec![
        ("id", Value::from(customer.id.number())),
        ("name", Value::from(customer.name.clone())),
        ("agent_id", number(customer.agent.map(AgentId::number))),
        ("timezone", Value::from(customer.timezone.clone())),
        ("active", Value::from(customer.active)),
        ("day_limit", number(customer.day_limit)),
        ("minute_limit", number(customer.minute_limit)),
    ];
    if has_dialing {
        let Dialing { country, area_code, outside_prefix } = &customer.dialing;
        row.extend([
            ("country", text(country)),
            ("area_code", text(area_code)),
            ("outside_prefix", text(outside_prefix)),
        ]);
    }
    row
}
