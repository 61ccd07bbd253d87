//! Where a server is: `http://127.0.0.1:8080`, with or without the path of its API.

use std::fmt;

use ringbook_jsonrpc::API_PATH;

/// The longest address.
const URL_CHARS_MAX: usize = 2_000;

/// The address of a server's API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    pub(super) is_tls: bool,
    /// Without brackets around an address of IPv6.
    pub(super) host: String,
    pub(super) port: u16,
    /// Host and port as they were written.
    pub(super) authority: String,
    pub(super) path: String,
}

impl Address {
    /// Reads an address. The path of the API is added where it is missing.
    ///
    /// # Errors
    /// When it is no http or https URL, or carries a user or a query; the text says what would be right.
    pub fn parse(text: &str) -> Result<Self, String> {
        let bad = || "is not a URL like http://127.0.0.1:8080 or https://book.example".to_owned();
        if text.len() > URL_CHARS_MAX || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(bad());
        }
        let (scheme, rest) = text.split_once("://").ok_or_else(bad)?;
        let is_tls = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return Err(bad()),
        };
        if rest.contains(['?', '#', '@']) {
            return Err("has a user or a query, and the token does not go into the URL: give --token".to_owned());
        }
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (host, port) = host_and_port(authority, if is_tls { 443 } else { 80 }).ok_or_else(bad)?;
        let path = path.trim_end_matches('/');
        let path = if path.ends_with(API_PATH) { path.to_owned() } else { format!("{path}{API_PATH}") };
        Ok(Self { is_tls, host, port, authority: authority.to_owned(), path })
    }
}

fn host_and_port(authority: &str, usual: u16) -> Option<(String, u16)> {
    let bracket = authority.rfind(']').map_or(0, |at| at + 1);
    let (host, port) = match authority[bracket..].find(':') {
        Some(at) => (&authority[..bracket + at], authority[bracket + at + 1..].parse().ok()?),
        None => (authority, usual),
    };
    let host = host.strip_prefix('[').map_or(Some(host), |inside| inside.strip_suffix(']'))?;
    (!host.is_empty()).then(|| (host.to_owned(), port))
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_tls { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.authority, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_good_with_and_without_the_path() {
        for (text, host, port, path) in [
            ("http://127.0.0.1:8080", "127.0.0.1", 8080, "/v2.0"),
            ("http://127.0.0.1:8080/v2.0", "127.0.0.1", 8080, "/v2.0"),
            ("HTTPS://book.example/v2.0/", "book.example", 443, "/v2.0"),
            ("http://[::1]/", "::1", 80, "/v2.0"),
            ("http://[::1]:81/book", "::1", 81, "/book/v2.0"),
        ] {
            let address = Address::parse(text).expect(text);
            assert_eq!((&*address.host, address.port, &*address.path), (host, port, path), "{text}");
        }
        for text in
            ["", "h:1", "ftp://h", "http://", "http://a@h", "http://h?x", "http://h:x", "http://:1", "http://h y"]
        {
            assert!(Address::parse(text).is_err(), "{text}");
        }
    }
}
