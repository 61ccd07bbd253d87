//! The table of methods: name, who may call it and with which right, parameters, what comes back.
//!
//! Two closed enums, because two kinds of method exist: [`Open`] ones are for strangers, [`Guarded`] ones run
//! only with a [`crate::access::Caller`], so that none of them can forget to ask who is there. A new method
//! is a row here and an arm in `rpc::carry_out`, which does not compile without it.

use ringbook_book::query::field::{ACCOUNT, CONTACT, CUSTOMER_USER, Field};

use crate::access::{Right, Scope};

/// The parameter that holds the key or the session.
pub const ACCESS_TOKEN: &str = "access_token";
/// The parameter that names the user on whose behalf an agent calls.
pub const USER_ID: &str = "user_id";

/// What the calls of methods that do not exist are counted as.
pub const UNKNOWN: &str = "unknown";

/// A method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// One that needs no token.
    Open(Open),
    /// One that needs a caller.
    Guarded(Guarded),
}

/// The methods that need no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Open {
    /// `login.user`
    LoginUser,
}

/// The methods that need a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guarded {
    /// `logout.user`
    LogoutUser,
    /// `get.contacts`
    Contacts,
    /// `get.customer_users`
    CustomerUsers,
    /// `get.account`
    Account,
}

/// A row of the table.
#[derive(Debug)]
#[allow(dead_code, reason = "the published description of the methods reads every column")]
pub struct Spec {
    /// The method's name.
    pub name: &'static str,
    /// One line for the published description.
    pub about: &'static str,
    /// The parameters of its own.
    pub parameters: &'static [Parameter],
    /// Those that it shares with the others.
    pub common: &'static [Parameter],
    /// What `result.data` holds.
    pub answer: Answer,
}

/// A parameter.
#[derive(Debug, Clone, Copy)]
#[allow(dead_code, reason = "the published description of the methods reads every column")]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub form: Form,
    /// Whether a call fails without it.
    pub need: Need,
    /// One line for the published description.
    pub about: &'static str,
}

/// What a parameter holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A string.
    Text,
    /// A whole number.
    Whole,
    /// A filter over the fields of the answer.
    Filter,
    /// Sort keys over the fields of the answer.
    Sort,
    /// Names of fields of the answer.
    Fields,
}

/// Whether a parameter can be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// It cannot.
    Required,
    /// Agents cannot.
    RequiredForAgents,
    /// It can.
    Optional,
}

/// What `result.data` holds.
#[derive(Debug, Clone, Copy)]
#[allow(dead_code, reason = "the published description of the methods reads every column")]
pub enum Answer {
    /// Records with these fields, and a total beside them.
    Records(&'static [Field]),
    /// A session: `access_token`, `expire_at` in Unix seconds, `app_id`.
    Session,
    /// `{}`
    Nothing,
}

const fn parameter(name: &'static str, form: Form, need: Need, about: &'static str) -> Parameter {
    Parameter { name, form, need, about }
}

const TOKEN: Parameter =
    parameter(ACCESS_TOKEN, Form::Text, Need::Required, "Access key, or session key from login.user");

const ON_BEHALF: Parameter = parameter(
    USER_ID,
    Form::Whole,
    Need::RequiredForAgents,
    "User of a customer on whose behalf an agent calls; get.customer_users lists them",
);

static QUESTION: [Parameter; 5] = [
    parameter("limit", Form::Whole, Need::Optional, "Records in the answer: 0 to 10000, 1000 if absent"),
    parameter("offset", Form::Whole, Need::Optional, "Matching records passed over: 0 to 100000"),
    parameter("filter", Form::Filter, Need::Optional, "Which records"),
    parameter("fields", Form::Fields, Need::Optional, "Members of each record; all if absent or empty"),
    parameter("sort", Form::Sort, Need::Optional, "At most 8 keys; ties are broken by id"),
];

static LOGIN: [Parameter; 2] = [
    parameter("login", Form::Text, Need::Required, "Login of the user"),
    parameter("password", Form::Text, Need::Required, "Password of the user"),
];

static TOKEN_ONLY: [Parameter; 1] = [TOKEN];
static TOKEN_AND_USER: [Parameter; 2] = [TOKEN, ON_BEHALF];

static LOGIN_USER: Spec = Spec {
    name: "login.user",
    about: "Opens a session of one hour",
    parameters: &LOGIN,
    common: &[],
    answer: Answer::Session,
};

static LOGOUT_USER: Spec = Spec {
    name: "logout.user",
    about: "Ends the session",
    parameters: &[],
    common: &TOKEN_ONLY,
    answer: Answer::Nothing,
};

static CONTACTS: Spec = Spec {
    name: "get.contacts",
    about: "The contacts of the address book",
    parameters: &QUESTION,
    common: &TOKEN_AND_USER,
    answer: Answer::Records(&CONTACT),
};

static CUSTOMER_USERS: Spec = Spec {
    name: "get.customer_users",
    about: "The users of all customers of the agent",
    parameters: &QUESTION,
    common: &TOKEN_ONLY,
    answer: Answer::Records(&CUSTOMER_USER),
};

static GET_ACCOUNT: Spec = Spec {
    name: "get.account",
    about: "The customer that the caller belongs to",
    parameters: &QUESTION,
    common: &TOKEN_AND_USER,
    answer: Answer::Records(&ACCOUNT),
};

impl Method {
    /// Every method, in the order in which they are counted and published.
    pub const ALL: &[Method] = &[
        Method::Open(Open::LoginUser),
        Method::Guarded(Guarded::LogoutUser),
        Method::Guarded(Guarded::Contacts),
        Method::Guarded(Guarded::CustomerUsers),
        Method::Guarded(Guarded::Account),
    ];

    /// The method of this name.
    pub fn named(name: &str) -> Option<Method> {
        Self::ALL.iter().copied().find(|method| method.spec().name == name)
    }

    /// Its row.
    pub fn spec(self) -> &'static Spec {
        match self {
            Method::Open(Open::LoginUser) => &LOGIN_USER,
            Method::Guarded(Guarded::LogoutUser) => &LOGOUT_USER,
            Method::Guarded(Guarded::Contacts) => &CONTACTS,
            Method::Guarded(Guarded::CustomerUsers) => &CUSTOMER_USERS,
            Method::Guarded(Guarded::Account) => &GET_ACCOUNT,
        }
    }
}

impl Guarded {
    /// Whom it is for.
    pub fn scope(self) -> Scope {
        match self {
            Guarded::LogoutUser => Scope::AnySide,
            Guarded::Contacts => Scope::CustomerMethod,
            Guarded::CustomerUsers => Scope::AgentOnly,
            Guarded::Account => Scope::CustomerOnly,
        }
    }

    /// What the user acted for must be allowed to do.
    pub fn right(self) -> Option<Right> {
        match self {
            Guarded::Contacts => Some(Right::AddressBookSelect),
            Guarded::CustomerUsers => Some(Right::ClientUserSelect),
            Guarded::LogoutUser | Guarded::Account => None,
        }
    }
}

impl Spec {
    /// The names of all parameters.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        let all = self.common.iter().chain(self.parameters);
        all.map(|parameter| parameter.name)
    }

    /// Whether it has a parameter of this name.
    pub fn takes(&self, name: &str) -> bool {
        self.names().any(|known| known == name)
    }
}
