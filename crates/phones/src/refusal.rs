//! Why a device is refused: the status that it reads, and the word that the request report and the metrics show.

use ringbook_app::access::AccessError;
use ringbook_app::app_error::AppError;
use ringbook_app::call::{Call, Ending};
use ringbook_http::StatusCode;
use ringbook_store::StoreError;

/// A refused request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The status.
    pub status: StatusCode,
    /// The word.
    pub mnemonic: &'static str,
    /// Why, for the log: what failed inside the server.
    pub cause: Option<String>,
}

impl Refusal {
    const fn new(status: StatusCode, mnemonic: &'static str) -> Self {
        Self { status, mnemonic, cause: None }
    }

    /// There is nothing at this path, or the key is nobody's: one answer for both.
    pub const NOT_FOUND: Self = Self::new(StatusCode::NOT_FOUND, "access_token_invalid");

    /// The request came without a key.
    pub const NO_KEY: Self = Self::new(StatusCode::UNAUTHORIZED, "access_token_invalid");

    /// A parameter makes no sense.
    pub const BAD_PARAMETER: Self = Self::new(StatusCode::BAD_REQUEST, "invalid_parameter_value");

    fn internal(cause: impl ToString) -> Self {
        Self { cause: Some(cause.to_string()), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "internal_error") }
    }

    /// How the call ends in the request report.
    pub fn ending(&self) -> Ending {
        Ending::Failure { code: i32::from(self.status.as_u16()), mnemonic: self.mnemonic }
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
        match error {
            AccessError::TokenInvalid => Self::NOT_FOUND,
            AccessError::TokenExpired => Self::new(StatusCode::FORBIDDEN, "access_token_expired"),
            AccessError::TokenBlocked => Self::new(StatusCode::FORBIDDEN, "access_token_blocked"),
            AccessError::AccountInactive => Self::new(StatusCode::FORBIDDEN, "account_inactive"),
            AccessError::AddressNotAllowed { .. } => Self::new(StatusCode::FORBIDDEN, "ip_not_whitelisted"),
            AccessError::LimitExceeded { .. } | AccessError::TooManyLogins | AccessError::TooManyFailedLogins => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "limit_exceeded")
            }
            AccessError::UserIdMissing
            | AccessError::UserIdForeign
            | AccessError::RightMissing(_)
            | AccessError::WrongSide
            | AccessError::LoginWrong => Self::new(StatusCode::FORBIDDEN, "forbidden"),
            AccessError::Interrupted => Self::new(StatusCode::SERVICE_UNAVAILABLE, "error"),
            AccessError::Unavailable(fault) => of_store(&fault),
        }
    }
}

impl From<AppError> for Refusal {
    fn from(error: AppError) -> Self {
        match error {
            AppError::Question(_) | AppError::Cursor(_) | AppError::IntervalReversed | AppError::IntervalTooLong => {
                Self::BAD_PARAMETER
            }
            AppError::Unreadable => Self::new(StatusCode::SERVICE_UNAVAILABLE, "internal_error"),
            AppError::AccountRemoved => AccessError::TokenInvalid.into(),
            AppError::Store(fault) => of_store(&fault),
            AppError::Workers(_) => Self::new(StatusCode::SERVICE_UNAVAILABLE, "error"),
            AppError::Command(error) => Self::internal(format_args!("a device changed a book: {error:?}")),
            AppError::Internal(cause) => Self::internal(cause),
        }
    }
}

fn of_store(fault: &StoreError) -> Refusal {
    match fault {
        // Logged when it was found; once is enough.
        StoreError::Unreadable { .. } => Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "internal_error"),
        fault => Refusal::internal(fault),
    }
}
