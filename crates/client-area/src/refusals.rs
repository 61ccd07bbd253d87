//! Refusals: `{"error":{"mnemonic":…,"params":{…}}}`, with the mnemonics of the API where it has them.

use std::net::IpAddr;

use bytes::Bytes;
use ringbook_app::access::{AccessError, BrowserSessionError, LimitKind};
use ringbook_app::app_error::AppError;
use ringbook_app::call::Call;
use ringbook_http::header::{CACHE_CONTROL, HeaderValue};
use ringbook_http::{Response, StatusCode};
use ringbook_store::AccountId;
use ringbook_workers::WorkersError;
use serde_json::{Value, json};

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=UTF-8");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// The refusal of a request whose session is over, elsewhere, or cannot be looked up.
pub(crate) fn respond_session_error(error: &BrowserSessionError, peer: IpAddr) -> Response {
    match error {
        BrowserSessionError::Over => refused(StatusCode::UNAUTHORIZED, "access_token_invalid", &[]),
        BrowserSessionError::OtherNetwork => {
            tracing::warn!(%peer, "session of a browser refused: it was begun from another network");
            refused(StatusCode::UNAUTHORIZED, "access_token_invalid", &[])
        }
        BrowserSessionError::Unavailable(cause) => {
            tracing::error!(%peer, %cause, "session of a browser cannot be looked up");
            refused(StatusCode::SERVICE_UNAVAILABLE, "internal_error", &[])
        }
    }
}

/// The refusal of somebody who wants to sign in, or to act for a user.
pub(crate) fn respond_access_error(call: &Call<'_>, error: &AccessError, account: Option<AccountId>) -> Response {
    match error {
        AccessError::LoginWrong => refused(StatusCode::UNAUTHORIZED, "auth_error", &[]),
        AccessError::TokenInvalid | AccessError::TokenExpired | AccessError::TokenBlocked => {
            refused(StatusCode::UNAUTHORIZED, "access_token_invalid", &[])
        }
        AccessError::UserIdMissing
        | AccessError::UserIdForeign
        | AccessError::RightMissing(_)
        | AccessError::WrongSide => refused(StatusCode::FORBIDDEN, "forbidden", &[]),
        AccessError::AccountInactive => refused(StatusCode::FORBIDDEN, "account_inactive", &[]),
        AccessError::AddressNotAllowed { address } => {
            let account = match account {
                Some(AccountId::Agent(agent)) => format!("--agent {}", agent.number()),
                Some(AccountId::Customer(customer)) => format!("--customer {}", customer.number()),
                None => String::new(),
            };
            let params = [("ip", json!(address.to_string())), ("account", json!(account))];
            refused(StatusCode::FORBIDDEN, "ip_not_whitelisted", &params)
        }
        AccessError::LimitExceeded { per, max } => {
            let kind = match per {
                LimitKind::Minute => "minute",
                LimitKind::Day => "day",
            };
            let params = [("limit_type", json!(kind)), ("limit_max_value", json!(max))];
            refused(StatusCode::TOO_MANY_REQUESTS, "limit_exceeded", &params)
        }
        AccessError::TooManyLogins => refused(StatusCode::SERVICE_UNAVAILABLE, "too_many_logins", &[]),
        AccessError::TooManyFailedLogins => refused(StatusCode::TOO_MANY_REQUESTS, "too_many_failed_logins", &[]),
        // Nobody reads it: the client has left.
        AccessError::Interrupted => refused(StatusCode::SERVICE_UNAVAILABLE, "internal_error", &[]),
        AccessError::Unavailable(cause) => {
            call.log_internal_error(&cause.to_string());
            refused(StatusCode::SERVICE_UNAVAILABLE, "internal_error", &[])
        }
    }
}

/// The refusal of an admitted person.
pub(crate) fn respond_app_error(call: &Call<'_>, error: &AppError) -> Response {
    match error {
        AppError::Workers(WorkersError::OwnerQueueFull { .. } | WorkersError::QueueFull { .. }) => {
            refused(StatusCode::SERVICE_UNAVAILABLE, "too_busy", &[])
        }
        // Nobody reads it: the client has left.
        AppError::Workers(WorkersError::Interrupted) => refused(StatusCode::SERVICE_UNAVAILABLE, "internal_error", &[]),
        error => {
            call.log_internal_error(&error.to_string());
            refused(StatusCode::SERVICE_UNAVAILABLE, "internal_error", &[])
        }
    }
}

/// A refusal.
pub(crate) fn refused(status: StatusCode, mnemonic: &str, params: &[(&str, Value)]) -> Response {
    let params: serde_json::Map<String, Value> =
        params.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    json_response(status, &json!({"error": {"mnemonic": mnemonic, "params": params}}))
}

/// An answer that nobody keeps.
pub(crate) fn json_response(status: StatusCode, body: &Value) -> Response {
    let mut response = Response::new(status, vec![Bytes::from(body.to_string())]).with_content_type(JSON);
    response.headers.insert(CACHE_CONTROL, NO_STORE);
    response
}
