//! What the refusals of the floors below are called on the wire.
//!
//! Every conversion is a match over all there is: a new way to fail does not compile until somebody has
//! said what a client is told about it.

use ringbook_book::command::{CommandError, CommandErrorKind, CommandSubject};
use ringbook_book::query::field::Field;
use ringbook_book::query::query_error::{QueryError, QueryErrorKind, QueryPart};

use super::from_wire::{filter_path, id_number};
use super::method::{ACCESS_TOKEN, DATE_TILL, EXPECTED, SINCE, USER_ID};
use super::mnemonic::{Mnemonic, RpcError};
use super::reader::Reader;
use ringbook_app::access::{AccessError, LimitKind};
use ringbook_app::app_error::AppError;
use ringbook_app::cursor;
use ringbook_json::Json;
use ringbook_store::StoreError;

/// Why an edit is refused that expects another value of the contact than it has.
const CHANGED: &str = "the contact has another value now";

/// A refused caller.
pub fn of_access(refused: AccessError, params: Reader<'_>) -> RpcError {
    match refused {
        // The token is the parameter to blame; it is never repeated.
        AccessError::TokenInvalid => RpcError::at(Mnemonic::AccessTokenInvalid, ACCESS_TOKEN),
        AccessError::TokenExpired => RpcError::at(Mnemonic::AccessTokenExpired, ACCESS_TOKEN),
        AccessError::TokenBlocked => RpcError::at(Mnemonic::AccessTokenBlocked, ACCESS_TOKEN),
        AccessError::UserIdMissing => RpcError::at(Mnemonic::RequiredParameterMissed, USER_ID),
        AccessError::UserIdForeign => RpcError::at(Mnemonic::Forbidden, USER_ID).sent(params.given(USER_ID)),
        AccessError::AccountInactive => RpcError::new(Mnemonic::AccountInactive),
        AccessError::AddressNotAllowed { address } => {
            RpcError::new(Mnemonic::IpNotWhitelisted).with("ip", address.to_string())
        }
        AccessError::LimitExceeded { per, max } => {
            RpcError::new(Mnemonic::LimitExceeded).with("limit_type", limit_name(per)).with("limit_max_value", max)
        }
        AccessError::RightMissing(right) => RpcError::new(Mnemonic::Forbidden).with("right", right.name()),
        AccessError::WrongSide => RpcError::new(Mnemonic::Forbidden),
        AccessError::LoginWrong => RpcError::new(Mnemonic::AuthError),
        AccessError::TooManyLogins => {
            RpcError::new(Mnemonic::Error).with("error_message", "Too many logins wait, try again in a moment")
        }
        AccessError::TooManyFailedLogins => {
            let text = "Too many logins from this address have failed, try again in a minute";
            RpcError::new(Mnemonic::Error).with("error_message", text)
        }
        AccessError::Interrupted => RpcError::new(Mnemonic::Error).with("error_message", "The client has left"),
        AccessError::Unavailable(fault) => of_store(&fault),
    }
}

/// How a limit is called on the wire.
fn limit_name(per: LimitKind) -> &'static str {
    match per {
        LimitKind::Minute => "minute",
        LimitKind::Day => "day",
    }
}

/// A failure of the store.
fn of_store(error: &StoreError) -> RpcError {
    if let StoreError::Unreadable { .. } = error {
        // Logged when it was found; once is enough.
        return RpcError::new(Mnemonic::InternalError);
    }
    RpcError::internal(error.to_string())
}

/// A request that was not carried out; offending values are looked for in the parameters that it was read from.
pub fn of_app(error: &AppError, params: Reader<'_>) -> RpcError {
    let since =
        |reason: &str| RpcError::at(Mnemonic::InvalidParameterValue, SINCE).sent(params.raw(SINCE)).because(reason);
    let till = |mnemonic| RpcError::at(mnemonic, DATE_TILL).sent(params.raw(DATE_TILL));
    match error {
        AppError::Question(error) => of_question(error, params),
        AppError::Command(error) => of_command(error, params),
        AppError::Cursor(stale) => since(&cursor::why_stale(stale)),
        AppError::IntervalReversed => {
            till(Mnemonic::InvalidParametersCombination).because("date_till is before date_from")
        }
        AppError::IntervalTooLong => till(Mnemonic::DateIntervalLimitReached),
        AppError::Unreadable => RpcError::new(Mnemonic::InternalError),
        // What the next call gets, once the directory of accounts is read again.
        AppError::AccountRemoved => match params.given(USER_ID) {
            Some(user) => RpcError::at(Mnemonic::Forbidden, USER_ID).sent(Some(user)),
            None => RpcError::at(Mnemonic::AccessTokenInvalid, ACCESS_TOKEN),
        },
        AppError::Store(error) => of_store(error),
        AppError::Workers(error) => RpcError::new(Mnemonic::Error).with("error_message", error.to_string()),
        AppError::Internal(cause) => RpcError::internal(*cause),
    }
}

/// A rejected command, or one record of it, with the parameters or the members of the record.
pub fn of_command(error: &CommandError, params: Reader<'_>) -> RpcError {
    let (mnemonic, max) = match error.kind {
        CommandErrorKind::NotFound => (Mnemonic::EntityNotFound, None),
        CommandErrorKind::AlreadyExists => (Mnemonic::DuplicateEntity, None),
        CommandErrorKind::SystemOwned => (Mnemonic::SystemEntity, None),
        CommandErrorKind::Referenced => (Mnemonic::DependencyError, None),
        CommandErrorKind::Changed => (Mnemonic::InvalidParameterValue, None),
        CommandErrorKind::LimitReached(max) => (Mnemonic::DataLimitExceeded, Some(("max", max))),
        CommandErrorKind::BytesReached(max) => (Mnemonic::DataLimitExceeded, Some(("max_bytes", max))),
    };
    let mut told = RpcError::new(mnemonic);
    if let Some((field, value)) = subject(error.subject, params) {
        told = told.inside(&field).sent(value);
    }
    if error.kind == CommandErrorKind::Changed {
        told = told.because(CHANGED);
    }
    if let CommandErrorKind::BytesReached(_) = error.kind {
        told = told.because("the address book takes all the memory that one may take; deletions are accepted");
    }
    match max {
        Some((name, max)) => told.with(name, max),
        None => told,
    }
}

/// The parameter that an error is about: its path and its value.
fn subject<'d>(subject: CommandSubject, params: Reader<'d>) -> Option<(String, Option<Json<'d>>)> {
    let member = |name: &str| Some((name.to_owned(), params.given(name)));
    let element = |list: &str, id| within(params, list, id).or_else(|| member(list));
    match subject {
        CommandSubject::Target(_) if params.given("id").is_some() => member("id"),
        CommandSubject::Target(id) => element("ids", id),
        CommandSubject::Organization(_) => member("organization_id"),
        CommandSubject::Manager(_) => member("personal_manager_id"),
        CommandSubject::Group(id) => element("groups", id.number()),
        CommandSubject::Member(id) => element("members", id.number()),
        CommandSubject::Name => member("name"),
        CommandSubject::PhoneNumber => member("phone_number"),
        CommandSubject::Expected(name) => {
            let value = params.given(EXPECTED).and_then(|expected| expected.member(name));
            Some((format!("{EXPECTED}.{name}"), value))
        }
        CommandSubject::Count => None,
    }
}

/// The first element of a list that is this id.
fn within<'d>(params: Reader<'d>, list: &str, id: u64) -> Option<(String, Option<Json<'d>>)> {
    let is_it = |element: &Json<'_>| element.number().and_then(id_number) == Some(id);
    let (place, element) = params.given(list)?.elements().enumerate().find(|(_, element)| is_it(element))?;
    Some((format!("{list}.{place}"), Some(element)))
}

/// A refused question; the offending value is fetched from the parameters that the question was read from.
fn of_question(fault: &QueryError, params: Reader<'_>) -> RpcError {
    let path = path(&fault.part);
    let (mnemonic, reason, max) = kind(&fault.kind);
    // A name that does not exist is reported on the list that it stands in.
    let field = if let QueryPart::Fields(_) = fault.part { "fields" } else { &path };
    let mut told = RpcError::at(mnemonic, field).sent(params.at(&path));
    if let Some(reason) = reason {
        told = told.because(reason);
    }
    if let QueryErrorKind::Unknown = fault.kind {
        told = told.allowing(suiting(&fault.part, params.fields()));
    }
    match max {
        Some(max) => told.with("max", max as u64),
        None => told,
    }
}

/// The names of the fields that this part of a question can name.
fn suiting(part: &QueryPart, fields: &'static [Field]) -> impl Iterator<Item = &'static str> {
    let suits = match part {
        QueryPart::FilterField(_) => |field: &&Field| field.filterable,
        QueryPart::SortField(_) => |field: &&Field| field.sortable,
        _ => |_: &&Field| true,
    };
    fields.iter().filter(suits).map(|field| field.name)
}

fn path(part: &QueryPart) -> String {
    let inside = |trail: &[usize], member: &str| format!("{}.{member}", filter_path(trail));
    match part {
        QueryPart::Filter(trail) => filter_path(trail),
        QueryPart::FilterField(trail) => inside(trail, "field"),
        QueryPart::FilterOperator(trail) => inside(trail, "operator"),
        QueryPart::FilterCondition(trail) => inside(trail, "condition"),
        QueryPart::FilterValue(trail, None) => inside(trail, "value"),
        QueryPart::FilterValue(trail, Some(place)) => inside(trail, &format!("value.{place}")),
        QueryPart::Sort => "sort".to_owned(),
        QueryPart::SortField(place) => format!("sort.{place}.field"),
        QueryPart::Fields(place) => format!("fields.{place}"),
        QueryPart::Limit => "limit".to_owned(),
        QueryPart::Offset => "offset".to_owned(),
    }
}

/// Mnemonic, reason and bound.
fn kind(kind: &QueryErrorKind) -> (Mnemonic, Option<String>, Option<usize>) {
    let invalid = |reason: String, max| (Mnemonic::InvalidParameterValue, Some(reason), max);
    match kind {
        QueryErrorKind::Unknown => (Mnemonic::UnexpectedParameters, None, None),
        QueryErrorKind::NotFilterable => (Mnemonic::FilterProhibited, None, None),
        QueryErrorKind::NotSortable => (Mnemonic::SortProhibited, None, None),
        QueryErrorKind::Missing => (Mnemonic::RequiredParameterMissed, None, None),
        QueryErrorKind::Type { expected } => {
            let reason = format!("{expected} is expected");
            (Mnemonic::DataTypeError, Some(reason), None)
        }
        QueryErrorKind::Operator { allowed } => invalid(format!("one of: {}", allowed.join(", ")), None),
        QueryErrorKind::Value { reason } => invalid(reason.clone(), None),
        QueryErrorKind::Pattern(fault) => invalid(fault.to_string(), None),
        QueryErrorKind::JsQuery(fault) => invalid(fault.to_string(), None),
        QueryErrorKind::TooMany { what, max } => invalid(format!("at most {max} {what}"), Some(*max)),
        QueryErrorKind::OutOfRange { max } => invalid(format!("must be from 0 to {max}"), Some(*max)),
        QueryErrorKind::TooSlow => {
            invalid("the question takes too many steps: ask with fewer or simpler filters".to_owned(), None)
        }
    }
}
