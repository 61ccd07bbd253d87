//! Secrets in the header `Authorization`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;

/// Longest header that is decoded, in bytes.
const AUTHORIZATION_BYTES_MAX: usize = 1024;

/// The secret of a request: that of the scheme `Bearer`, or the password of `Basic`, with any user.
pub fn secret(headers: &HeaderMap) -> Option<String> {
    of_header(headers.get(AUTHORIZATION)?.to_str().ok()?)
}

fn of_header(header: &str) -> Option<String> {
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
    use super::of_header;

    #[test]
    fn secrets_are_read_from_headers() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(of_header("Bearer abc"), some("abc"));
        assert_eq!(of_header("basic cGhvbmU6YTpi"), some("a:b"));
        let long = format!("Basic {}", "A".repeat(2000));
        for wrong in ["", "Bearer", "Digest x", "Basic !!", "Basic bm9jb2xvbg==", &long] {
            assert_eq!(of_header(wrong), None, "{wrong}");
        }
    }
}
