//! How a request ended: the code that the client reads, and the word of the request report and the metrics.

use ldap_wire::ResultCode;
use ringbook_app::access::AccessError;
use ringbook_app::app_error::AppError;
use ringbook_app::call::{Call, Ending};
use ringbook_store::StoreError;

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

    fn internal(cause: impl ToString) -> Self {
        let refusal = Self::new(ResultCode::Unavailable, "internal_error", "internal error");
        Self { cause: Some(cause.to_string()), ..refusal }
    }

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

impl From<AccessError> for Refusal {
    fn from(error: AccessError) -> Self {
        let denied = |mnemonic, text| Self::new(ResultCode::InvalidCredentials, mnemonic, text);
        match error {
            AccessError::TokenInvalid => Self::WRONG_PASSWORD,
            AccessError::TokenExpired => denied("access_token_expired", "the device key has expired"),
            AccessError::TokenBlocked => denied("access_token_blocked", "the device key is blocked"),
            AccessError::AccountInactive => denied("account_inactive", "the account is switched off"),
            AccessError::AddressNotAllowed { .. } => {
                let text = "the device key may not be used from this address";
                Self::new(ResultCode::InsufficientAccessRights, "ip_not_whitelisted", text)
            }
            AccessError::LimitExceeded { .. } | AccessError::TooManyLogins | AccessError::TooManyFailedLogins => {
                Self::new(ResultCode::Busy, "limit_exceeded", "too many requests, try again in a minute")
            }
            AccessError::UserIdMissing
            | AccessError::UserIdForeign
            | AccessError::RightMissing(_)
            | AccessError::WrongSide
            | AccessError::LoginWrong => Self::new(ResultCode::InsufficientAccessRights, "forbidden", "not allowed"),
            AccessError::Interrupted => Self::new(ResultCode::Busy, "error", "interrupted"),
            AccessError::Unavailable(fault) => of_store(&fault),
        }
    }
}

impl From<AppError> for Refusal {
    fn from(error: AppError) -> Self {
        match error {
            AppError::Question(_) | AppError::Cursor(_) | AppError::IntervalReversed | AppError::IntervalTooLong => {
                Self::new(ResultCode::UnwillingToPerform, "invalid_parameter_value", "the filter asks for too much")
            }
            AppError::Unreadable => Self::new(ResultCode::Unavailable, "internal_error", "internal error"),
            AppError::AccountRemoved => AccessError::TokenInvalid.into(),
            AppError::Store(fault) => of_store(&fault),
            AppError::Workers(_) => Self::new(ResultCode::Busy, "error", "the server is busy, try again"),
            AppError::Command(error) => Self::internal(format_args!("a device changed a book: {error:?}")),
            AppError::Internal(cause) => Self::internal(cause),
        }
    }
}

fn of_store(fault: &StoreError) -> Refusal {
    match fault {
        // Logged when it was found; once is enough.
        StoreError::Unreadable { .. } => Refusal::new(ResultCode::Unavailable, "internal_error", "internal error"),
        fault => Refusal::internal(fault),
    }
}
