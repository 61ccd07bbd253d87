//! Why a device is refused: the status that it reads, and the word that the request report and the metrics show.

use ringbook_app::access::AccessError;
use ringbook_app::app_error::AppError;
use ringbook_app::call::{Call, Ending};
use ringbook_directory_view::refusal_reason::RefusalReason;
use ringbook_http::StatusCode;

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

impl From<RefusalReason> for Refusal {
    fn from(reason: RefusalReason) -> Self {
        let status = StatusCode::from_u16(reason.http_status()).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
        Self { status, mnemonic: reason.mnemonic(), cause: reason.into_cause() }
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
