//! The embedded files, as a browser gets them: compressed if it likes, to be kept for ever under a path with their
//! hash, and with a policy that lets nothing run that is not one of them.

use bytes::Bytes;
use ringbook_http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue,
    REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use ringbook_http::{Frontend, HeaderMap, Request, Response, StatusCode, TransportError};

use super::PAGE_PATH;

include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// What the page may load and run: its own files. Text never becomes markup or code.
pub const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; \
    frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// A file.
#[derive(Debug)]
pub(crate) struct File {
    path: &'static str,
    kind: &'static str,
    plain: &'static [u8],
    gzip: &'static [u8],
    brotli: &'static [u8],
}

/// Answers `GET` of the page and its files.
pub(crate) struct Files;

impl Frontend for Files {
    async fn handle(&self, request: Request) -> Response {
        let path = request.path();
        match FILES.iter().find(|file| file.path == path) {
            Some(file) => respond(file, &request.headers, "public, max-age=31536000, immutable"),
            None if path == PAGE_PATH => respond(&INDEX, &request.headers, "no-cache"),
            None => Response::new(StatusCode::NOT_FOUND, Vec::new()),
        }
    }

    fn refuse(&self, error: &TransportError) -> Response {
        Response::new(error.status(), Vec::new())
    }
}

fn respond(file: &'static File, asked: &HeaderMap, caching: &'static str) -> Response {
    let takes = |coding: &str| {
        let lines = asked.get_all(ACCEPT_ENCODING).iter().filter_map(|line| line.to_str().ok());
        lines.into_iter().any(|line| allows(line, coding))
    };
    let (body, coding) = match (takes("br"), takes("gzip")) {
        (true, _) => (file.brotli, Some("br")),
        (false, true) => (file.gzip, Some("gzip")),
        (false, false) => (file.plain, None),
    };
    let mut response = Response::new(StatusCode::OK, vec![Bytes::from_static(body)]);
    let headers = &mut response.headers;
    let mut set = |name: HeaderName, value: &'static str| headers.insert(name, HeaderValue::from_static(value));
    set(CONTENT_TYPE, file.kind);
    set(CACHE_CONTROL, caching);
    set(VARY, "Accept-Encoding");
    if let Some(coding) = coding {
        set(CONTENT_ENCODING, coding);
    }
    set(CONTENT_SECURITY_POLICY, POLICY);
    set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(REFERRER_POLICY, "no-referrer");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    set(HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), payment=(), usb=()");
    response
}

/// Whether a line of `Accept-Encoding` has a coding, not at weight 0.
fn allows(line: &str, coding: &str) -> bool {
    line.split(',').any(|wish| {
        let (name, weight) = wish.split_once(';').unwrap_or((wish, ""));
        let weight = weight.trim().trim_start_matches("q=");
        name.trim().eq_ignore_ascii_case(coding)
            && !(weight.starts_with('0') && weight.trim_matches(['0', '.']).is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The limit that the project sets itself for the page and its first screen, in bytes.
    const FIRST_SCREEN_BYTES_MAX: usize = 100 * 1024;

    #[test]
    fn the_first_screen_is_small() {
        let page = std::str::from_utf8(INDEX.plain).expect("UTF-8");
        let needed = FILES.iter().filter(|file| page.contains(&format!("{}\"", file.path)));
        let (mut gzip, mut brotli) = (INDEX.gzip.len(), INDEX.brotli.len());
        for file in needed {
            gzip += file.gzip.len();
            brotli += file.brotli.len();
        }
        assert!(gzip <= FIRST_SCREEN_BYTES_MAX, "{gzip} bytes");
        assert!(brotli < gzip, "{brotli} bytes of brotli, {gzip} of gzip");
    }

    #[test]
    fn the_page_names_only_files_that_there_are() {
        let page = std::str::from_utf8(INDEX.plain).expect("UTF-8");
        let named = page.split('"').filter(|text| text.starts_with(BASE));
        let missing: Vec<&str> = named.filter(|name| !FILES.iter().any(|file| file.path == *name)).collect();
        assert!(missing.is_empty(), "{missing:?}");
        assert!(!page.contains('{'), "everything is filled in");
    }

    #[test]
    fn compression_is_as_the_browser_likes() {
        for (line, gzip, brotli) in [
            ("gzip, deflate, br", true, true),
            ("br;q=1.0, gzip;q=0.5", true, true),
            ("GZIP, br;q=0", true, false),
            ("gzip;q=0.0", false, false),
            ("identity", false, false),
        ] {
            assert_eq!((allows(line, "gzip"), allows(line, "br")), (gzip, brotli), "{line}");
        }
    }

    #[test]
    fn a_file_is_sent_in_the_best_form_that_the_browser_takes() {
        for (line, coding, body) in
            [("gzip, br", Some("br"), INDEX.brotli), ("gzip", Some("gzip"), INDEX.gzip), ("", None, INDEX.plain)]
        {
            let asked = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(line))]);
            let response = respond(&INDEX, &asked, "no-cache");
            let sent = response.headers.get(CONTENT_ENCODING).map(|value| value.to_str().expect("ASCII"));
            assert_eq!((sent, response.body.concat().as_slice()), (coding, body), "{line}");
        }
        let mut plain = Vec::new();
        brotli::BrotliDecompress(&mut &INDEX.brotli[..], &mut plain).expect("brotli");
        assert_eq!(plain, INDEX.plain);
    }

    /// No file may turn text into markup or code; the policy would refuse it in the browser.
    #[test]
    fn no_file_makes_markup_of_text() {
        for file in FILES.iter().filter(|file| file.path.ends_with(".js")) {
            let text = std::str::from_utf8(file.plain).expect("UTF-8");
            for word in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"] {
                assert!(!text.contains(word), "{word} in {}", file.path);
            }
        }
    }
}
