//! Agents, customers and their address lists: what the operator adds, sets and removes.

use ringbook_book::id::{AgentId, CustomerId};
use rusqlite::{Connection, OptionalExtension};

use super::directory::{self, CustomerRow, moved};
use super::rows::{column, limit_column, must_exist};
use super::sequences::take_ids;
use super::{AccountId, IdKind, Noun, Store, StoreFault, statements, users};

/// The name of the group that every book is born with.
const SYSTEM_GROUP: &str = "Blacklist";

/// A customer to be added. It starts active, with an empty allow-list and a book that holds the system group.
#[derive(Debug, Clone)]
pub struct NewCustomer {
    /// The agent that may act for it.
    pub agent: Option<AgentId>,
    /// Its name.
    pub name: String,
    /// The IANA name of its time zone.
    pub timezone: String,
    /// Calls per UTC day.
    pub day_limit: Option<u64>,
    /// Calls per UTC minute.
    pub minute_limit: Option<u64>,
}

/// What to change about a customer; `None` leaves as it is.
#[derive(Debug, Clone, Default)]
pub struct CustomerEdit {
    /// Another agent, or none.
    pub agent: Option<Option<AgentId>>,
    /// Another name.
    pub name: Option<String>,
    /// Another time zone, by its IANA name.
    pub timezone: Option<String>,
    /// Whether its calls are answered.
    pub active: Option<bool>,
    /// Another limit per UTC day, or none.
    pub day_limit: Option<Option<u64>>,
    /// Another limit per UTC minute, or none.
    pub minute_limit: Option<Option<u64>>,
}

impl CustomerEdit {
    fn apply(self, row: CustomerRow) -> CustomerRow {
        CustomerRow {
            id: row.id,
            agent: self.agent.unwrap_or(row.agent),
            name: self.name.unwrap_or(row.name),
            timezone: self.timezone.unwrap_or(row.timezone),
            active: self.active.unwrap_or(row.active),
            day_limit: self.day_limit.unwrap_or(row.day_limit),
            minute_limit: self.minute_limit.unwrap_or(row.minute_limit),
        }
    }
}

impl Store {
    /// Adds an agent.
    pub async fn add_agent(&self, name: String) -> Result<AgentId, StoreFault> {
        self.write(move |connection| {
            let number = take_ids(connection, IdKind::Agent, 1)?;
            connection.prepare_cached(statements::ADD_AGENT)?.execute((column(number), name))?;
            moved(connection)?;
            AgentId::new(number).map_err(|_| StoreFault::IdsSpent)
        })
        .await
    }

    /// Removes an agent with its users, keys, sessions and list. Fails while it has customers.
    pub async fn remove_agent(&self, agent: AgentId) -> Result<(), StoreFault> {
        self.write(move |connection| remove_agent(connection, agent)).await
    }

    /// Adds a customer, its book and the book's system group.
    pub async fn add_customer(&self, customer: NewCustomer) -> Result<CustomerId, StoreFault> {
        self.write(move |connection| add_customer(connection, &customer)).await
    }

    /// Changes a customer.
    pub async fn set_customer(&self, customer: CustomerId, edit: CustomerEdit) -> Result<(), StoreFault> {
        self.write(move |connection| set_customer(connection, customer, edit)).await
    }

    /// Removes a customer with its users, keys, sessions, list, counters and its whole book.
    pub async fn remove_customer(&self, customer: CustomerId) -> Result<(), StoreFault> {
        self.write(move |connection| remove_customer(connection, customer)).await
    }

    /// Allows calls from a block; allowing it twice is the same as once.
    pub async fn add_block(&self, account: AccountId, block: String) -> Result<(), StoreFault> {
        self.write(move |connection| {
            account_must_exist(connection, account)?;
            let (kind, number) = account.columns();
            connection.prepare_cached(statements::ADD_BLOCK)?.execute((kind, number, block))?;
            moved(connection)
        })
        .await
    }

    /// Allows calls from a block no more.
    pub async fn remove_block(&self, account: AccountId, block: String) -> Result<(), StoreFault> {
        self.write(move |connection| {
            let (kind, number) = account.columns();
            let removed = connection.prepare_cached(statements::REMOVE_BLOCK)?.execute((kind, number, block))?;
            if removed == 0 {
                return Err(StoreFault::NotFound { what: Noun::Block });
            }
            moved(connection)
        })
        .await
    }
}

/// Fails unless the account is there.
pub(super) fn account_must_exist(connection: &Connection, account: AccountId) -> Result<(), StoreFault> {
    match account {
        AccountId::Agent(id) => must_exist(connection, statements::AGENT_EXISTS, id.number(), Noun::Agent),
        AccountId::Customer(id) => must_exist(connection, statements::CUSTOMER_EXISTS, id.number(), Noun::Customer),
    }
}

fn agent_must_exist(connection: &Connection, agent: Option<AgentId>) -> Result<(), StoreFault> {
    agent.map_or(Ok(()), |agent| account_must_exist(connection, AccountId::Agent(agent)))
}

fn remove_agent(connection: &Connection, agent: AgentId) -> Result<(), StoreFault> {
    let id = column(agent.number());
    account_must_exist(connection, AccountId::Agent(agent))?;
    let count: i64 = connection.prepare_cached(statements::AGENT_CUSTOMERS)?.query_row([id], |row| row.get(0))?;
    if count > 0 {
        return Err(StoreFault::StillHasCustomers { count: count.unsigned_abs() });
    }
    remove_belongings(connection, AccountId::Agent(agent), statements::AGENT_USER_IDS)?;
    connection.prepare_cached(statements::REMOVE_AGENT)?.execute([id])?;
    moved(connection)
}

fn add_customer(connection: &Connection, customer: &NewCustomer) -> Result<CustomerId, StoreFault> {
    agent_must_exist(connection, customer.agent)?;
    let number = take_ids(connection, IdKind::Customer, 1)?;
    let group = take_ids(connection, IdKind::Group, 1)?;
    let id = column(number);
    connection.prepare_cached(statements::ADD_CUSTOMER)?.execute((
        id,
        customer.agent.map(|agent| column(agent.number())),
        &customer.name,
        &customer.timezone,
        limit_column(customer.day_limit),
        limit_column(customer.minute_limit),
    ))?;
    connection.prepare_cached(statements::ADD_BOOK)?.execute([id])?;
    connection.prepare_cached(statements::ADD_SYSTEM_GROUP)?.execute((id, column(group), SYSTEM_GROUP))?;
    moved(connection)?;
    CustomerId::new(number).map_err(|_| StoreFault::IdsSpent)
}

fn set_customer(connection: &Connection, customer: CustomerId, edit: CustomerEdit) -> Result<(), StoreFault> {
    let id = column(customer.number());
    let mut statement = connection.prepare_cached(statements::CUSTOMER)?;
    let found = statement.query_row([id], |row| Ok(directory::customer(row))).optional()?;
    let row = found.ok_or(StoreFault::NotFound { what: Noun::Customer })?;
    let row = row.map_err(|cause| StoreFault::unreadable("customers", format_args!("id {id}"), cause))?;
    let row = edit.apply(row);
    agent_must_exist(connection, row.agent)?;
    connection.prepare_cached(statements::SET_CUSTOMER)?.execute((
        row.agent.map(|agent| column(agent.number())),
        row.name,
        row.timezone,
        i64::from(row.active),
        limit_column(row.day_limit),
        limit_column(row.minute_limit),
        id,
    ))?;
    moved(connection)
}

fn remove_customer(connection: &Connection, customer: CustomerId) -> Result<(), StoreFault> {
    let id = column(customer.number());
    account_must_exist(connection, AccountId::Customer(customer))?;
    remove_belongings(connection, AccountId::Customer(customer), statements::CUSTOMER_USER_IDS)?;
    for sql in statements::EMPTY_BOOK {
        connection.prepare_cached(sql)?.execute([id])?;
    }
    connection.prepare_cached(statements::REMOVE_CUSTOMER)?.execute([id])?;
    moved(connection)
}

/// An account's users, list, counters and report go.
fn remove_belongings(connection: &Connection, account: AccountId, users_of: &str) -> Result<(), StoreFault> {
    let (kind, number) = account.columns();
    let mut statement = connection.prepare_cached(users_of)?;
    let users: Vec<i64> = statement.query_map([number], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for user in users {
        users::remove(connection, user)?;
    }
    connection.prepare_cached(statements::REMOVE_BLOCKS)?.execute((kind, number))?;
    connection.prepare_cached(statements::REMOVE_POINTS)?.execute((kind, number))?;
    connection.prepare_cached(statements::REMOVE_REQUESTS)?.execute((kind, number))?;
    Ok(())
}
