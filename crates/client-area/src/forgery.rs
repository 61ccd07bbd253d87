//! Requests that another site makes a browser send: refused before anything is looked at.
//!
//! A page of another site can make a browser send a request with the cookie, but not with a header of its own choice and
//! not with the type of JSON, unless the server agrees, which it never does. Browsers also say where a request comes
//! from. All of it must fit.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use ringbook_http::header::{CONTENT_TYPE, HOST, HeaderName, ORIGIN};
use ringbook_http::{HeaderMap, Method, Request};

const OURS: HeaderName = HeaderName::from_static("x-ringbook");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
/// Of so many refusals one is logged.
const LOGGED: u64 = 1000;

/// What the body of a request is. Neither is a type that a form has, so that another site needs the server's agreement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// JSON.
    Json,
    /// A file.
    Bytes,
}

impl Content {
    const fn kind(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Bytes => "application/octet-stream",
        }
    }
}

/// Tells forged requests apart, and logs the first of them.
#[derive(Debug, Default)]
pub(crate) struct Guard {
    refused: AtomicU64,
}

impl Guard {
    /// Whether the request comes from a page of ours.
    pub(crate) fn admits(&self, request: &Request, content: Content) -> bool {
        let fault = match request.method {
            Method::GET => origin_fault(&request.headers, false),
            _ => content_fault(&request.headers, content).or_else(|| origin_fault(&request.headers, true)),
        };
        let Some(fault) = fault else {
            return true;
        };
        if self.refused.fetch_add(1, Relaxed).is_multiple_of(LOGGED) {
            tracing::warn!(peer = %request.peer, fault, "request to the client area refused as forged");
        }
        false
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn content_fault(headers: &HeaderMap, content: Content) -> Option<&'static str> {
    let kind = text(headers, &CONTENT_TYPE).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    (!kind.eq_ignore_ascii_case(content.kind())).then_some("the content type is another one")
}

/// What is wrong with where the request comes from; `must_say` where the browser has to say it.
fn origin_fault(headers: &HeaderMap, must_say: bool) -> Option<&'static str> {
    if text(headers, &OURS) != Some("1") {
        return Some("the header X-Ringbook is missing");
    }
    let site = text(headers, &FETCH_SITE);
    if site.is_some_and(|site| site != "same-origin") {
        return Some("Sec-Fetch-Site is another one");
    }
    match text(headers, &ORIGIN) {
        Some(origin) => {
            let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
            (host.is_none() || host != text(headers, &HOST)).then_some("Origin is not the host")
        }
        None if must_say && site.is_none() => Some("neither Origin nor Sec-Fetch-Site is there"),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ringbook_http::header::HeaderValue;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        pairs.collect()
    }

    #[test]
    fn only_pages_of_the_same_origin_are_admitted() {
        let host = ("host", "book.example:8080");
        let ours = ("x-ringbook", "1");
        for (given, is_good) in [
            (vec![host, ours, ("origin", "https://book.example:8080")], true),
            (vec![host, ours, ("origin", "http://book.example:8080"), ("sec-fetch-site", "same-origin")], true),
            (vec![host, ours, ("sec-fetch-site", "same-origin")], true),
            (vec![host, ours], false),
            (vec![host, ("origin", "https://book.example:8080")], false),
            (vec![host, ours, ("origin", "https://book.example")], false),
            (vec![host, ours, ("origin", "https://evil.example")], false),
            (vec![host, ours, ("origin", "null")], false),
            (vec![host, ours, ("origin", "https://book.example:8080"), ("sec-fetch-site", "cross-site")], false),
            (vec![host, ours, ("sec-fetch-site", "same-site")], false),
        ] {
            assert_eq!(origin_fault(&headers(&given), true).is_none(), is_good, "{given:?}");
        }
    }

    #[test]
    fn only_json_is_admitted() {
        for (kind, is_good) in [
            ("application/json", true),
            ("application/json; charset=UTF-8", true),
            ("application/octet-stream", false),
            ("text/plain", false),
            ("application/x-www-form-urlencoded", false),
            ("multipart/form-data; boundary=x", false),
        ] {
            assert_eq!(content_fault(&headers(&[("content-type", kind)]), Content::Json).is_none(), is_good, "{kind}");
        }
        assert!(content_fault(&headers(&[]), Content::Json).is_some());
    }
}
