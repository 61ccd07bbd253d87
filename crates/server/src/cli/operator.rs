//! What the operator commands have in common: where the data are, opening them, reading ids, listing rows.

use std::time::Duration;

use clap::ArgMatches;
use ringbook_book::id::{CustomerId, IdError};
use ringbook_store::AgentId;
use serde_json::Value;

use super::cli_error::CliError;
use super::output::{CommandOutput, Row};
use crate::config::{Layers, value};
use ringbook_app::access::unreadable;
use ringbook_store::{AccountId, Address, Directory, Location, Role, Store};

/// Whether a command may create the data that it works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MissingData {
    /// It may: what it adds depends on nothing else.
    Create,
    /// It may not.
    Refuse,
}

/// How long a command waits for a running server to apply its change.
const FOLLOWED_WITHIN: Duration = Duration::from_secs(2);

/// Opens the store and runs an operation on it. If it changes the directory, this returns when the server that runs beside
/// it in a data directory has applied the change.
pub(super) fn with_store<T>(
    place: &Location,
    missing: MissingData,
    operation: impl AsyncFnOnce(&Store) -> Result<T, CliError>,
) -> Result<T, CliError> {
    if missing == MissingData::Refuse && !Store::exists(place)? {
        return Err(CliError::failed(match place {
            Location::Directory(directory) => format!(
                "no data in {}: name their directory with --data, or create them with `ringbook customer add NAME`",
                directory.display()
            ),
            Location::Database(address) => format!(
                "no data in {address}: name another database with --database, or create them with `ringbook customer \
                 add NAME`"
            ),
        }));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().map_err(CliError::failed)?;
    let store = Store::open(place, Role::Operator)?;
    runtime.block_on(async {
        // Damaged data are for the operation to report.
        let revision = async || store.revisions().await.ok().map(|revisions| revisions.directory);
        let before = revision().await;
        let outcome = operation(&store).await?;
        let after = revision().await.filter(|after| before.is_some_and(|before| before != *after));
        if let Some(after) = after {
            store.wait_until_followed(after, FOLLOWED_WITHIN).await;
        }
        Ok(outcome)
    })
}

/// Where the data are.
pub(super) fn place(layers: &Layers<'_>) -> Result<Location, CliError> {
    if layers.one_of(["data", "database"])? == Some("database")
        && let Some(address) = database(layers)?
    {
        return Ok(Location::Database(address));
    }
    Ok(Location::Directory(layers.required("data", "names the data directory", value::path)?))
}

/// The database that holds the data, if one is named.
pub(super) fn database(layers: &Layers<'_>) -> Result<Option<Address>, CliError> {
    // In two steps, because the message for an invalid setting repeats it, and this one may contain a password.
    let url = layers.value("database", |text| Ok(text.to_owned()))?;
    let read = |url: String| Address::parse(&url).map_err(|error| CliError::usage(format_args!("--database {error}")));
    url.map(read).transpose()
}

/// The account that `--customer` or `--agent` names.
pub(super) fn account(layers: &Layers<'_>) -> Result<AccountId, CliError> {
    match layers.one_of(["customer", "agent"])? {
        Some("customer") => {
            let id = layers.required("customer", "names the customer", |text| id(text, CustomerId::new))?;
            Ok(AccountId::Customer(id))
        }
        Some(_) => {
            let id = layers.required("agent", "names the agent", |text| id(text, AgentId::new))?;
            Ok(AccountId::Agent(id))
        }
        None => Err(CliError::usage("the account is missing: give --customer ID or --agent ID")),
    }
}

/// A text as an id.
pub(super) fn id<I>(text: &str, new: impl Fn(u64) -> Result<I, IdError>) -> Result<I, String> {
    value::id(text).and_then(|number| new(number).map_err(|_| "is not an id".to_owned()))
}

/// The positional argument ID.
pub(super) fn id_argument<I>(leaf: &ArgMatches, new: impl Fn(u64) -> Result<I, IdError>) -> Result<I, CliError> {
    let number = leaf.get_one::<u64>("ID").copied().unwrap_or(0);
    new(number).map_err(|_| CliError::usage("the id is missing"))
}

/// A positional argument.
pub(super) fn text_argument(leaf: &ArgMatches, name: &str) -> Result<String, CliError> {
    let text = leaf.get_one::<String>(name).cloned();
    text.ok_or_else(|| CliError::usage(format_args!("{name} is missing")))
}

/// For a subcommand that is declared and not implemented; clap refuses all others.
pub(super) fn unknown(verb: &str) -> CliError {
    CliError::usage(format_args!("unknown command {verb:?}"))
}

/// The members `customer_id` and `agent_id` of an account, one of which is null.
pub(super) fn owner(account: AccountId) -> [(&'static str, Value); 2] {
    let number = |is_it: bool| if is_it { Value::from(account.number()) } else { Value::Null };
    let of_customer = matches!(account, AccountId::Customer(_));
    [("customer_id", number(of_customer)), ("agent_id", number(!of_customer))]
}

/// A list, with a warning for every unreadable row of the directory. `next` says how to add the first element.
pub(super) fn listed(rows: Vec<Row>, directory: Directory, next: &str) -> CommandOutput {
    let errors = unreadable(directory);
    let list = CommandOutput::list(rows);
    let output = errors.iter().fold(list, |output, error| output.note(format!("warning: {error}")));
    if output.is_empty() { output.note(format!("none yet: {next}")) } else { output }
}
