//! What the commands of the operator have in common: where the data are, how they are opened, who runs on them.

use std::io::BufRead;

use clap::ArgMatches;
use ringbook_book::id::{AgentId, CustomerId, NotAnId};

use super::output::{Answer, Json, Row};
use super::{Failure, Progress, agent, allow, check, customer, key, user};
use crate::config::{Layers, value};
use ringbook_app::access::unreadable;
use ringbook_store::{AccountId, Address, Directory, Location, Role, Store};

/// A command of the operator, read whole.
pub(super) enum Task {
    Agent(agent::Task),
    Customer(customer::Task),
    User(user::Task),
    Key(key::Task),
    Allow(allow::Task),
    Check,
}

impl Task {
    /// Reads what the arguments say.
    pub(super) fn read(
        noun: &str,
        verb: &str,
        leaf: &ArgMatches,
        layers: &Layers<'_>,
        stdin: &mut dyn BufRead,
    ) -> Result<Self, Failure> {
        match noun {
            "agent" => agent::Task::read(verb, leaf).map(Self::Agent),
            "customer" => customer::Task::read(verb, leaf, layers).map(Self::Customer),
            "user" => user::Task::read(verb, leaf, layers, stdin).map(Self::User),
            "key" => key::Task::read(verb, leaf, layers).map(Self::Key),
            "allow" => allow::Task::read(verb, leaf, layers).map(Self::Allow),
            "check" => Ok(Self::Check),
            _ => Err(unknown(noun)),
        }
    }

    /// Whether it makes sense where there are no data yet: it adds what depends on nothing.
    fn begins_data(&self) -> bool {
        match self {
            Self::Agent(task) => matches!(task, agent::Task::Add { .. }),
            Self::Customer(task) => matches!(task, customer::Task::Add(_)),
            Self::User(_) | Self::Key(_) | Self::Allow(_) | Self::Check => false,
        }
    }

    async fn run(self, store: &Store, progress: Progress) -> Result<Answer, Failure> {
        match self {
            Self::Agent(task) => task.run(store).await,
            Self::Customer(task) => task.run(store).await,
            Self::User(task) => task.run(store).await,
            Self::Key(task) => task.run(store).await,
            Self::Allow(task) => task.run(store).await,
            Self::Check => check::run(store, progress).await,
        }
    }
}

/// Runs a task on the data.
pub(super) fn run(task: Task, place: &Location, progress: Progress) -> Result<Answer, Failure> {
    if !task.begins_data() && !Store::exists(place)? {
        return Err(Failure::failed(match place {
            Location::Directory(directory) => format!(
                "there are no data in {}: name their directory with --data, or make them with `ringbook customer add \
                 NAME`",
                directory.display()
            ),
            Location::Database(address) => format!(
                "there are no data in {address}: name another one with --database, or make them with `ringbook \
                 customer add NAME`"
            ),
        }));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().map_err(Failure::failed)?;
    let store = Store::open(place, Role::Operator)?;
    runtime.block_on(task.run(&store, progress))
}

/// Where the data are.
pub(super) fn place(layers: &Layers<'_>) -> Result<Location, Failure> {
    if layers.one_of(["data", "database"])? == Some("database")
        && let Some(address) = database(layers)?
    {
        return Ok(Location::Database(address));
    }
    Ok(Location::Directory(layers.required("data", "names the directory of the data", value::path)?))
}

/// The database that holds the data, if one is named.
pub(super) fn database(layers: &Layers<'_>) -> Result<Option<Address>, Failure> {
    // Read in two steps, because a wrong setting is shown, and a password may be in this one.
    let url = layers.value("database", |text| Ok(text.to_owned()))?;
    let read = |url: String| Address::parse(&url).map_err(|wrong| Failure::usage(format_args!("--database {wrong}")));
    url.map(read).transpose()
}

/// The account that `--customer` or `--agent` names.
pub(super) fn account(layers: &Layers<'_>) -> Result<AccountId, Failure> {
    match layers.one_of(["customer", "agent"])? {
        Some("customer") => {
            let id = layers.required("customer", "says whose it is", |text| id(text, CustomerId::new))?;
            Ok(AccountId::Customer(id))
        }
        Some(_) => {
            let id = layers.required("agent", "says whose it is", |text| id(text, AgentId::new))?;
            Ok(AccountId::Agent(id))
        }
        None => Err(Failure::usage("whose is it? give --customer ID or --agent ID")),
    }
}

/// A text as an id.
pub(super) fn id<I>(text: &str, new: impl Fn(u64) -> Result<I, NotAnId>) -> Result<I, String> {
    value::id(text).and_then(|number| new(number).map_err(|_| "is not an id".to_owned()))
}

/// The id in the fixed place.
pub(super) fn id_of<I>(leaf: &ArgMatches, new: impl Fn(u64) -> Result<I, NotAnId>) -> Result<I, Failure> {
    let number = leaf.get_one::<u64>("ID").copied().unwrap_or(0);
    new(number).map_err(|_| Failure::usage("the id is missing"))
}

/// The text in a fixed place.
pub(super) fn text_of(leaf: &ArgMatches, place: &str) -> Result<String, Failure> {
    let text = leaf.get_one::<String>(place).cloned();
    text.ok_or_else(|| Failure::usage(format_args!("{place} is missing")))
}

/// Clap knows no other verb; this is for a verb that was forgotten here.
pub(super) fn unknown(verb: &str) -> Failure {
    Failure::usage(format_args!("unknown command {verb:?}"))
}

/// The two members that say whose something is; one of them is null.
pub(super) fn owner(account: AccountId) -> [(&'static str, Json); 2] {
    let number = |is_it: bool| if is_it { Json::Number(account.number()) } else { Json::Null };
    let of_customer = matches!(account, AccountId::Customer(_));
    [("customer_id", number(of_customer)), ("agent_id", number(!of_customer))]
}

/// A list, with a warning for every row of the directory that cannot be read back. `next` says how to add one.
pub(super) fn listed(rows: Vec<Row>, directory: Directory, next: &str) -> Answer {
    let faults = unreadable(directory);
    let answer = faults.iter().fold(Answer::list(rows), |answer, fault| answer.note(format!("warning: {fault}")));
    if answer.is_empty() { answer.note(format!("none yet: {next}")) } else { answer }
}
