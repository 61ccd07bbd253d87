//! The cookie that names a session.
//!
//! Over TLS it is `__Host-ringbook`, which a browser sends over TLS only and which no other host can set. Without TLS
//! browsers do not store such a cookie, so it is `ringbook-session` there. A page that came over TLS through a proxy is
//! told apart by the `Origin` of its requests.

use ringbook_app::access::Secret;
use ringbook_http::header::{COOKIE, HeaderValue, ORIGIN};
use ringbook_http::{HeaderMap, Request};

const SECURE_NAME: &str = "__Host-ringbook";
const PLAIN_NAME: &str = "ringbook-session";
/// A longer cookie is nobody's.
const TOKEN_BYTES_MAX: usize = 256;

/// Whether the browser has the page over TLS.
fn is_secure(request: &Request) -> bool {
    let origin = request.headers.get(ORIGIN).and_then(|value| value.to_str().ok());
    request.is_encrypted || origin.is_some_and(|origin| origin.starts_with("https://"))
}

/// The token of the session that a request names.
pub(crate) fn token(request: &Request) -> Option<Secret<String>> {
    let found = named(&request.headers, SECURE_NAME);
    let found = found.or_else(|| named(&request.headers, PLAIN_NAME).filter(|_| !is_secure(request)));
    found.filter(|token| token.len() <= TOKEN_BYTES_MAX).map(|token| Secret::new(token.to_owned()))
}

fn named<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(';')).find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

/// Sets the cookie until the browser is closed; the session itself ends on the server.
pub(crate) fn set(request: &Request, token: &Secret<String>) -> HeaderValue {
    header(request, token.expose(), "")
}

/// Removes the cookie.
pub(crate) fn clear(request: &Request) -> HeaderValue {
    header(request, "", "; Max-Age=0")
}

fn header(request: &Request, value: &str, end: &str) -> HeaderValue {
    let (name, secure) = if is_secure(request) { (SECURE_NAME, "; Secure") } else { (PLAIN_NAME, "") };
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{end}");
    let mut header = HeaderValue::try_from(text).expect("a token has hexadecimal digits and dots only");
    header.set_sensitive(true);
    header
}
