//! LDAP, read only: how telephones and softphones search an address book live.
//!
//! A client binds with a device key as its password, under any name, and searches below any base. Filters become questions
//! of the engine ([`filter`]); entries are contacts as the device sees them ([`entry`]). There is no second evaluator and no
//! state between requests: a page of results continues where its cookie says.

use std::sync::Arc;
use std::time::Duration;

use ringbook_app::access::Block;
use ringbook_app::application::Application;
use ringbook_http::{Client, StreamProtocol};
use ringbook_store::DeviceId;

mod dn;
mod entry;
mod filter;
mod outcome;
mod paging;
mod schema;
mod search;
mod session;

/// Connections of a listener.
pub const CONNECTIONS_MAX: u32 = 256;
/// The same, of one address.
pub const CONNECTIONS_PER_ADDRESS_MAX: u32 = 128;
/// How long a connection may rest between two requests, and how long a request may take to arrive.
pub const IDLE_TIME_MAX: Duration = Duration::from_secs(60);
/// How long a client may take to accept an answer.
pub const WRITE_TIME_MAX: Duration = Duration::from_secs(30);
/// How long the answer to a wrong password takes.
pub const WRONG_PASSWORD_DELAY: Duration = Duration::from_secs(1);
/// What a client calls itself in the list of device keys: the protocol does not say it.
const USER_AGENT: &str = "LDAP";
/// How long a search may take, whatever the client asks for.
pub const SEARCH_TIME_MAX: Duration = Duration::from_secs(5);
/// Most entries of one answer.
pub const ENTRIES_MAX: usize = 500;

/// Who may send a password without encryption.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PlainBind {
    /// Programs on this machine only, such as a proxy that encrypts.
    Refuse,
    /// Clients in private networks and on this machine.
    #[default]
    Private,
    /// Everybody.
    Allow,
}

impl PlainBind {
    /// All of them, with the words of the operator.
    pub const ALL: [(&'static str, Self); 3] =
        [("refuse", Self::Refuse), ("private", Self::Private), ("allow", Self::Allow)];
}

/// Clients that need no password: those of a block of addresses have the rights of a device key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anonymous {
    /// The addresses.
    pub block: Block,
    /// The key.
    pub device: DeviceId,
}

/// What the front end is told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LdapSettings {
    /// Who may send a password without encryption.
    pub plain_bind: PlainBind,
    /// Who needs none; the first block that has an address counts.
    pub anonymous: Vec<Anonymous>,
    /// Whether the request report keeps numbers whole.
    pub keeps_numbers: bool,
}

/// The names that requests are counted under.
pub const METHODS: [&str; 3] = ["ldap.bind", "ldap.search", "ldap.compare"];

/// The protocol, for a listener.
pub struct Ldap {
    app: Arc<Application>,
    settings: LdapSettings,
}

impl Ldap {
    /// Serves the books of an application.
    pub fn new(app: Arc<Application>, settings: LdapSettings) -> Self {
        Self { app, settings }
    }
}

impl StreamProtocol for Ldap {
    async fn accept(&self, client: Client) {
        session::Session::new(&self.app, &self.settings, client).serve().await;
    }
}
