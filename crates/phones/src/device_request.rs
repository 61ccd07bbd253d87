//! What every request of a device has: the secret, in its address or in a header, and what the device calls itself.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ringbook_http::Request;
use ringbook_http::header::{AUTHORIZATION, USER_AGENT};

/// Longest header that is decoded as a password, in bytes.
const AUTHORIZATION_BYTES_MAX: usize = 1024;

/// A request, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub struct DeviceRequest {
    /// The secret; `None` if there is none.
    pub key: Option<String>,
    /// Whether the secret stands in the path, so that links to further pages must have it, too.
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
            let key = header(AUTHORIZATION).and_then(secret);
            return Self { key, is_key_in_path: false, rest: path.to_owned(), user_agent };
        }
        let key = Some(first.to_owned()).filter(|key| !key.is_empty());
        Self { key, is_key_in_path: true, rest: rest.trim_matches('/').to_owned(), user_agent }
    }
}

/// The secret of a header: `Bearer SECRET`, or the password of `Basic`, with any user.
pub fn secret(header: &str) -> Option<String> {
    if header.len() > AUTHORIZATION_BYTES_MAX {
        return None;
    }
    let (scheme, value) = header.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(value.trim().to_owned());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok()?;
    decoded.split_once(':').map(|(_, password)| password.to_owned())
}

#[cfg(test)]
mod tests {
    use super::secret;

    #[test]
    fn secrets_are_read_from_headers() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(secret("Bearer abc"), some("abc"));
        assert_eq!(secret("basic cGhvbmU6YTpi"), some("a:b"));
        for wrong in
            ["", "Bearer", "Digest x", "Basic !!", "Basic bm9jb2xvbg==", &format!("Basic {}", "A".repeat(2000))]
        {
            assert_eq!(secret(wrong), None, "{wrong}");
        }
    }
}
