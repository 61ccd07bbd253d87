//! Why a client is refused: the status and the body that it reads, and the word of the request report.

use ringbook_app::access::AccessError;
use ringbook_app::app_error::AppError;
use ringbook_app::call::{Call, Ending};
use ringbook_directory_view::refusal_reason::RefusalReason;
use ringbook_directory_view::xml::Xml;
use ringbook_http::StatusCode;

use crate::multistatus::AnswerTooLarge;
use crate::query::UnsupportedFilter;
use crate::request_xml::RequestXmlError;

/// What the body of a refusal says.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Error {
    /// Nothing.
    None,
    /// Which precondition is not met, as an element.
    Precondition(&'static str),
    /// That writing to this path is not allowed.
    ReadOnly(String),
}

/// A refused request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The status.
    pub status: StatusCode,
    /// The word.
    pub mnemonic: &'static str,
    error: Error,
    cause: Option<String>,
}

impl Refusal {
    const fn new(status: StatusCode, mnemonic: &'static str) -> Self {
        Self { status, mnemonic, error: Error::None, cause: None }
    }

    /// The request has no key, or a wrong one.
    pub const NO_KEY: Self = Self::new(StatusCode::UNAUTHORIZED, "access_token_invalid");

    /// There is nothing at this path.
    pub const NOT_FOUND: Self = Self::new(StatusCode::NOT_FOUND, "entity_not_found");

    /// Only contacts can be fetched.
    pub const NOT_A_CARD: Self = Self::new(StatusCode::METHOD_NOT_ALLOWED, "invalid_request");

    /// The report is not known, or not for this resource.
    pub const UNSUPPORTED_REPORT: Self = Self {
        status: StatusCode::FORBIDDEN,
        mnemonic: "method_not_found",
        error: Error::Precondition("<d:supported-report/>"),
        cause: None,
    };

    /// The book has more contacts than clients may copy.
    pub const TOO_MANY_CONTACTS: Self = Self::new(StatusCode::INSUFFICIENT_STORAGE, "data_limit_exceeded");

    /// A precondition is not met.
    pub const fn precondition(status: StatusCode, element: &'static str) -> Self {
        Self { status, mnemonic: "invalid_request", error: Error::Precondition(element), cause: None }
    }

    /// The book cannot be changed.
    pub fn read_only(path: &str) -> Self {
        Self { error: Error::ReadOnly(path.to_owned()), ..Self::new(StatusCode::FORBIDDEN, "forbidden") }
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

    /// The body; `None` for an empty one.
    pub fn body(&self) -> Option<Vec<u8>> {
        let mut xml = Xml::document();
        match &self.error {
            Error::None => return None,
            Error::Precondition(element) => {
                xml.open_with("d:error", &[("xmlns:d", "DAV:"), ("xmlns:c", "urn:ietf:params:xml:ns:carddav")]);
                xml.raw(element);
                xml.close("d:error");
            }
            Error::ReadOnly(path) => {
                xml.open_with("d:error", &[("xmlns:d", "DAV:")]);
                xml.open("d:need-privileges");
                xml.open("d:resource");
                xml.text("d:href", path);
                xml.open("d:privilege");
                xml.empty("d:write-content", &[]);
                xml.close("d:privilege");
                xml.close("d:resource");
                xml.close("d:need-privileges");
                xml.close("d:error");
            }
        }
        Some(xml.into_bytes())
    }
}

impl From<RequestXmlError> for Refusal {
    fn from(error: RequestXmlError) -> Self {
        match error {
            RequestXmlError::Malformed => Self::new(StatusCode::BAD_REQUEST, "parse_error"),
            RequestXmlError::TooMuch => Self::new(StatusCode::PAYLOAD_TOO_LARGE, "invalid_request"),
        }
    }
}

impl From<UnsupportedFilter> for Refusal {
    fn from(UnsupportedFilter: UnsupportedFilter) -> Self {
        Self::precondition(StatusCode::FORBIDDEN, "<c:supported-filter/>")
    }
}

impl From<AnswerTooLarge> for Refusal {
    fn from(AnswerTooLarge: AnswerTooLarge) -> Self {
        Self::TOO_MANY_CONTACTS
    }
}

impl From<RefusalReason> for Refusal {
    fn from(reason: RefusalReason) -> Self {
        if reason == RefusalReason::UnknownKey {
            // Clients ask for the password again.
            return Self::NO_KEY;
        }
        let status = StatusCode::from_u16(reason.http_status()).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
        let mnemonic = reason.mnemonic();
        Self { cause: reason.into_cause(), ..Self::new(status, mnemonic) }
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
