//! What every request of a device has: the secret, in its address or in a header, and what the device calls itself.

use ringbook_http::header::USER_AGENT;
use ringbook_http::{Request, credentials};

/// A request, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub struct DeviceRequest {
    /// The secret; `None` if there is none.
    pub key: Option<String>,
    /// Whether the secret is part of the path; links to further pages contain it then.
    pub is_key_in_path: bool,
    /// The path after the secret, without slashes at its ends.
    pub rest: String,
    /// What the device calls itself; may be empty.
    pub user_agent: String,
}

impl DeviceRequest {
    /// Takes a request below `prefix` apart. `is_known` says which words may follow the prefix where there is no secret.
    pub fn read(request: &Request, prefix: &str, is_known: impl Fn(&str) -> bool) -> Self {
        let path = request.path().strip_prefix(prefix).unwrap_or_default().trim_matches('/');
        let (first, rest) = path.split_once('/').unwrap_or((path, ""));
        let header = |name| request.headers.get(name).and_then(|value| value.to_str().ok());
        let user_agent = header(USER_AGENT).unwrap_or_default().to_owned();
        if is_known(first) {
            let key = credentials::secret(&request.headers);
            return Self { key, is_key_in_path: false, rest: path.to_owned(), user_agent };
        }
        let key = Some(first.to_owned()).filter(|key| !key.is_empty());
        Self { key, is_key_in_path: true, rest: rest.trim_matches('/').to_owned(), user_agent }
    }
}
