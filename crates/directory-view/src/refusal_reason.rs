//! Why a request of a device is refused, before a protocol has a code for it: one list for all front ends.

use ringbook_app::access::AccessError;
use ringbook_app::app_error::AppError;
use ringbook_store::StoreError;

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefusalReason {
    /// The secret is no device key, or its account has been removed.
    UnknownKey,
    /// The key has expired.
    KeyExpired,
    /// The key is blocked.
    KeyBlocked,
    /// The account is switched off.
    AccountInactive,
    /// The key may not be used from this address.
    AddressNotAllowed,
    /// The key has used up its requests of the minute.
    LimitExceeded,
    /// Anything else that the caller has no right to.
    NotAllowed,
    /// The question is too large or makes no sense.
    BadQuestion,
    /// The server has too much to do, or the request was interrupted.
    Busy,
    /// Something failed inside the server; with the cause unless it has been logged already.
    Internal(Option<String>),
}

impl RefusalReason {
    /// Its word in the request report and the metrics.
    pub const fn mnemonic(&self) -> &'static str {
        match self {
            Self::UnknownKey => "access_token_invalid",
            Self::KeyExpired => "access_token_expired",
            Self::KeyBlocked => "access_token_blocked",
            Self::AccountInactive => "account_inactive",
            Self::AddressNotAllowed => "ip_not_whitelisted",
            Self::LimitExceeded => "limit_exceeded",
            Self::NotAllowed => "forbidden",
            Self::BadQuestion => "invalid_parameter_value",
            Self::Busy => "error",
            Self::Internal(_) => "internal_error",
        }
    }

    /// The status that clients over HTTP read; 404 for an unknown key, where a front end does not ask for another one.
    pub const fn http_status(&self) -> u16 {
        match self {
            Self::UnknownKey => 404,
            Self::KeyExpired
            | Self::KeyBlocked
            | Self::AccountInactive
            | Self::AddressNotAllowed
            | Self::NotAllowed => 403,
            Self::LimitExceeded => 429,
            Self::BadQuestion => 400,
            Self::Busy | Self::Internal(_) => 503,
        }
    }

    /// What failed inside the server, for the log.
    pub fn into_cause(self) -> Option<String> {
        match self {
            Self::Internal(cause) => cause,
            _ => None,
        }
    }

    fn internal(cause: impl ToString) -> Self {
        Self::Internal(Some(cause.to_string()))
    }
}

impl From<AccessError> for RefusalReason {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::TokenInvalid => Self::UnknownKey,
            AccessError::TokenExpired => Self::KeyExpired,
            AccessError::TokenBlocked => Self::KeyBlocked,
            AccessError::AccountInactive => Self::AccountInactive,
            AccessError::AddressNotAllowed { .. } => Self::AddressNotAllowed,
            AccessError::LimitExceeded { .. } | AccessError::TooManyLogins | AccessError::TooManyFailedLogins => {
                Self::LimitExceeded
            }
            AccessError::UserIdMissing
            | AccessError::UserIdForeign
            | AccessError::RightMissing(_)
            | AccessError::WrongSide
            | AccessError::LoginWrong => Self::NotAllowed,
            AccessError::Interrupted => Self::Busy,
            AccessError::Unavailable(fault) => of_store(&fault),
        }
    }
}

impl From<AppError> for RefusalReason {
    fn from(error: AppError) -> Self {
        match error {
            AppError::Question(_) | AppError::Cursor(_) | AppError::IntervalReversed | AppError::IntervalTooLong => {
                Self::BadQuestion
            }
            AppError::Unreadable => Self::Internal(None),
            AppError::AccountRemoved => Self::UnknownKey,
            AppError::Store(fault) => of_store(&fault),
            AppError::Workers(_) => Self::Busy,
            AppError::Command(error) => Self::internal(format_args!("a device changed a book: {error:?}")),
            AppError::Internal(cause) => Self::internal(cause),
        }
    }
}

fn of_store(fault: &StoreError) -> RefusalReason {
    match fault {
        // Logged when it was found; once is enough.
        StoreError::Unreadable { .. } => RefusalReason::Internal(None),
        fault => RefusalReason::internal(fault),
    }
}
