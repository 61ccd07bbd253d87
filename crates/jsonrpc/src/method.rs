//! The table of methods: name, who may call it and with which right, parameters, what comes back.
//!
//! Two closed enums, because two kinds of method exist: [`Open`] ones are for strangers, [`Guarded`] ones run
//! only with a [`ringbook_app::access::Caller`], so that none of them can forget to ask who is there. A new method
//! is a row in [`mod@table`] and an arm in `rpc::carry_out`, which does not compile without it.

use ringbook_book::query::field::Field;

use ringbook_app::access::{Requirement, Right, Scope};

mod table;

/// The parameter that holds the key or the session.
pub const ACCESS_TOKEN: &str = "access_token";
/// The parameter that names the user on whose behalf an agent calls.
pub const USER_ID: &str = "user_id";

/// The parameter that holds a cursor of the order of change.
pub const SINCE: &str = "since";
/// The parameter that holds the number of records in the answer.
pub const LIMIT: &str = "limit";
/// The parameter that begins an interval of the audit log.
pub const DATE_FROM: &str = "date_from";
/// The parameter that ends it.
pub const DATE_TILL: &str = "date_till";

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

pub use table::{Guarded, Open};

/// A row of the table.
#[derive(Debug)]
pub struct Spec {
    /// The method's name.
    pub name: &'static str,
    /// One line for the published description.
    pub about: &'static str,
    /// Who is let in.
    pub admission: Admission,
    /// The parameters of its own.
    pub parameters: &'static [Parameter],
    /// What `result.data` holds.
    pub answer: Answer,
}

/// Who may call a method.
#[derive(Debug, Clone, Copy)]
pub enum Admission {
    /// Anybody.
    Strangers,
    /// The caller that a token belongs to.
    Callers {
        /// Whom it is for.
        scope: Scope,
        /// What the user acted for must be allowed to do.
        right: Option<Right>,
        /// The parameters that it shares with the others.
        common: &'static [Parameter],
    },
}

/// A parameter.
#[derive(Debug, Clone, Copy)]
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
    /// A string that is repeated to nobody: no error, no log and no audit record shows it.
    Secret,
    /// A string.
    Text,
    /// A name of a person, a group or an organization.
    Name,
    /// A moment, `YYYY-MM-DD hh:mm:ss` or `YYYY-MM-DD`, in UTC.
    Moment,
    /// A whole number.
    Whole,
    /// A number that identifies something.
    Id,
    /// A list of such numbers.
    Ids,
    /// A phone number in any spelling of E.164.
    Phone,
    /// A list of such phone numbers.
    Phones,
    /// An e-mail address.
    Email,
    /// A list of e-mail addresses.
    Emails,
    /// The phones of an employee.
    EmployeePhones,
    /// A list of contacts to be added.
    Uploads,
    /// `reject` or `skip`.
    OnError,
    /// A filter over the fields of the answer.
    Filter,
    /// Sort keys over the fields of the answer.
    Sort,
    /// Names of fields of the answer.
    Fields,
    /// A member of another part of a telephone system: refused unless it is null.
    Telephony,
}

/// Whether a parameter can be left out, and what null means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// It cannot.
    Required,
    /// Agents cannot.
    RequiredForAgents,
    /// It can; null is the same.
    Optional,
    /// It can, and what is there stays as it is; null clears it.
    Clearable,
    /// It can, and what is there stays as it is; null is refused.
    Lasting,
}

/// What `result.data` holds.
#[derive(Debug, Clone, Copy)]
pub enum Answer {
    /// Records with these fields, and a total beside them.
    Records(&'static [Field]),
    /// A session: `access_token`, `expire_at` in Unix seconds, `app_id`.
    Session,
    /// `id` of what was made.
    Made,
    /// `id` and `phone_number` of what was made.
    MadeNumber,
    /// `ids` of what was made, and `errors`.
    Uploaded,
    /// Contacts with these fields as they are now, or that they are gone.
    Changes(&'static [Field]),
    /// The published description.
    Description,
    /// `{}`
    Nothing,
}

impl Method {
    /// Every method, in the order in which they are counted and published.
    pub const ALL: &[Method] = table::ALL;

    /// The method of this name.
    pub fn named(name: &str) -> Option<Method> {
        Self::ALL.iter().copied().find(|method| method.spec().name == name)
    }

    /// Its row.
    pub fn spec(self) -> &'static Spec {
        match self {
            Method::Open(method) => method.spec(),
            Method::Guarded(method) => method.spec(),
        }
    }
}

impl Guarded {
    /// Whom it is for, and what the user acted for must be allowed to do.
    pub fn requirement(self) -> Requirement {
        match self.spec().admission {
            Admission::Callers { scope, right, .. } => Requirement { scope, right },
            Admission::Strangers => Requirement { scope: Scope::AnySide, right: None },
        }
    }
}

impl Spec {
    /// All parameters, the shared ones first.
    pub fn all_parameters(&self) -> impl Iterator<Item = &'static Parameter> {
        let common = match self.admission {
            Admission::Callers { common, .. } => common,
            Admission::Strangers => &[],
        };
        common.iter().chain(self.parameters)
    }

    /// The names of all parameters.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.all_parameters().map(|parameter| parameter.name)
    }

    /// Whether it has a parameter of this name.
    pub fn takes(&self, name: &str) -> bool {
        self.names().any(|known| known == name)
    }
}
