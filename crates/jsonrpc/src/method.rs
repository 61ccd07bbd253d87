//! The table of methods: name, who may call it and with which right, parameters, what comes back.
//!
//! Two closed enums, because two kinds of method exist: [`Open`] ones are for strangers, [`Guarded`] ones run
//! only with a [`ringbook_app::access::Caller`], so that none of them can forget to ask who is there. A new method
//! is a row in [`mod@table`] and an arm in `rpc::carry_out`, which does not compile without it.

use ringbook_book::blacklist::COMMENT_CHARS_MAX;
use ringbook_book::query::field::Field;
use ringbook_book::query::plan::{FILTER_DEPTH_MAX, SIMPLE_FILTERS_MAX, SORT_KEYS_MAX};
use ringbook_book::text::{EMAIL_BYTES_MAX, NAME_CHARS_MAX, PHONE_DIGITS_MAX, PHONE_DIGITS_MIN};

use ringbook_app::access::{Requirement, Right, Scope};

pub mod bounds;
mod table;

/// The parameter that holds the key or the session.
pub const ACCESS_TOKEN: &str = "access_token";
/// The parameter that names the user on whose behalf an agent calls.
pub const USER_ID: &str = "user_id";

/// The parameter that holds a cursor of the order of change.
pub const SINCE: &str = "since";
/// The parameter that asks how a query was answered.
pub const EXPLAIN: &str = "explain";
/// The parameter that holds the number of records in the answer.
pub const LIMIT: &str = "limit";
/// The parameter that begins an interval of the audit log.
pub const DATE_FROM: &str = "date_from";
/// The parameter that ends it.
pub const DATE_TILL: &str = "date_till";

/// The parameter that holds the values that a record must have for an edit to be made.
pub const EXPECTED: &str = "expected";

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

use bounds::{Bounds, Choice, Range};
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
    pub answer: ResultKind,
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
    /// Text of several lines perhaps.
    Comment,
    /// A moment, `YYYY-MM-DD hh:mm:ss` or `YYYY-MM-DD`, in UTC.
    Moment,
    /// The moment that ends an interval, at most this many calendar months after its beginning.
    IntervalEnd(u32),
    /// A whole number.
    Whole(Range),
    /// A number that identifies something.
    Id,
    /// A list of such numbers.
    Ids(Bounds),
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
    /// Members of a contact with the values that they must have.
    Expected,
    /// One of a few strings.
    OneOf(Choice),
    /// A filter over the fields of the answer.
    Filter,
    /// Sort keys over the fields of the answer.
    Sort,
    /// True or false; false if absent.
    Flag,
    /// Names of fields of the answer.
    Fields,
    /// A member of another part of a telephone system: refused unless it is null.
    Telephony,
}

impl Form {
    /// Its type, for readers of documents.
    pub const fn type_text(self) -> &'static str {
        match self {
            Self::Secret | Self::Text | Self::Comment | Self::Name | Self::OneOf(_) => "string",
            Self::Moment | Self::IntervalEnd(_) => "date and time",
            Self::Whole(_) => "whole number",
            Self::Id => "id",
            Self::Ids(_) => "list of ids",
            Self::Phone => "phone number",
            Self::Phones => "list of phone numbers",
            Self::Email => "e-mail address",
            Self::Emails => "list of e-mail addresses",
            Self::EmployeePhones | Self::Uploads | Self::Sort => "list of objects",
            Self::Expected => "object",
            Self::Filter => "filter",
            Self::Fields => "list of strings",
            Self::Flag => "boolean",
            Self::Telephony => "null",
        }
    }

    /// What is permitted, in words; `None` if nothing but the type bounds it.
    pub fn bounds_text(self) -> Option<String> {
        let count = |Bounds { min, max, what }| format!("{min} to {max} {what}");
        Some(match self {
            Self::Name => format!("1 to {NAME_CHARS_MAX} characters"),
            Self::Comment => format!("at most {COMMENT_CHARS_MAX} characters"),
            Self::Whole(Range { min, max, .. }) => format!("{min} to {max}"),
            Self::Ids(bounds) => count(bounds),
            Self::Phone => format!("{PHONE_DIGITS_MIN} to {PHONE_DIGITS_MAX} digits"),
            Self::Phones => count(bounds::PHONES),
            Self::Email => format!("at most {EMAIL_BYTES_MAX} bytes"),
            Self::Emails => count(bounds::EMAILS),
            Self::EmployeePhones => count(bounds::EMPLOYEE_PHONES),
            Self::Uploads => count(bounds::CONTACTS_TO_UPLOAD),
            Self::OneOf(choice) => choice.reason(),
            Self::IntervalEnd(months_max) => format!("at most {months_max} months later"),
            Self::Sort => format!("at most {SORT_KEYS_MAX} keys"),
            Self::Filter => format!("{FILTER_DEPTH_MAX} deep, {SIMPLE_FILTERS_MAX} simple filters"),
            Self::Secret
            | Self::Text
            | Self::Moment
            | Self::Id
            | Self::Expected
            | Self::Fields
            | Self::Flag
            | Self::Telephony => {
                return None;
            }
        })
    }

    /// What an absent one stands for, where that is a value.
    pub fn default_text(self) -> Option<String> {
        match self {
            Self::Whole(range) => Some(range.default.to_string()),
            Self::OneOf(choice) => Some(choice.default.to_owned()),
            Self::Flag => Some("false".to_owned()),
            _ => None,
        }
    }
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
pub enum ResultKind {
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

    /// The parameter of its own with this name.
    pub fn parameter(&self, name: &str) -> Option<&'static Parameter> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }

    /// Whether it has a parameter of this name.
    pub fn takes(&self, name: &str) -> bool {
        self.names().any(|known| known == name)
    }
}
