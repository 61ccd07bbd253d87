//! How a request ended: the code that the client reads, and the word of the request report and the metrics.

use ldap_wire::ResultCode;
use ringbook_app::access::AccessError;
use ringbook_app::app_error::AppError;
use ringbook_app::call::{Call, Ending};
use ringbook_directory_view::refusal_reason::RefusalReason;

/// A request that was not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The code.
    pub code: ResultCode,
    /// The word.
    pub mnemonic: &'static str,
    /// What the client reads.
    pub text: &'static str,
    /// What failed inside the server, for the log.
    pub cause: Option<String>,
}

impl Refusal {
    /// A refusal with this code, word and text.
    pub const fn new(code: ResultCode, mnemonic: &'static str, text: &'static str) -> Self {
        Self { code, mnemonic, text, cause: None }
    }

    /// The password is no device key.
    pub const WRONG_PASSWORD: Self =
        Self::new(ResultCode::InvalidCredentials, "access_token_invalid", "the password is no valid device key");

    /// How the call ends in the request report.
    pub fn ending(&self) -> Ending {
        Ending::Failure { code: self.code.number(), mnemonic: self.mnemonic }
    }

    /// Logs what failed inside the server.
    pub fn log(&self, call: &Call<'_>) {
        if let Some(cause) = &self.cause {
            call.log_internal_error(cause);
        }
    }
}

impl From<RefusalReason> for Refusal {
    fn from(reason: RefusalReason) -> Self {
        let (code, text) = match &reason {
            RefusalReason::UnknownKey => return Self::WRONG_PASSWORD,
            RefusalReason::KeyExpired => (ResultCode::InvalidCredentials, "the device key has expired"),
            RefusalReason::KeyBlocked => (ResultCode::InvalidCredentials, "the device key is blocked"),
            RefusalReason::AccountInactive => (ResultCode::InvalidCredentials, "the account is switched off"),
            RefusalReason::AddressNotAllowed => {
                (ResultCode::InsufficientAccessRights, "the device key may not be used from this address")
            }
            RefusalReason::NotAllowed => (ResultCode::InsufficientAccessRights, "not allowed"),
            RefusalReason::LimitExceeded => (ResultCode::Busy, "too many requests, try again in a minute"),
            RefusalReason::Busy => (ResultCode::Busy, "the server is busy, try again"),
            RefusalReason::BadQuestion => (ResultCode::UnwillingToPerform, "the filter asks for too much"),
            RefusalReason::Internal(_) => (ResultCode::Unavailable, "internal error"),
        };
        Self { code, mnemonic: reason.mnemonic(), text, cause: reason.into_cause() }
    }
}

impl From<AccessError> for Refusal {
    fn from(error: AccessError) -> Self {
        RefusalReason::from(error).into()
    }
}

impl From<AppError> for Refusal {
    fn from(error: AppError) -> Self {
        RefusalReason::from(error).into()
    }
}
