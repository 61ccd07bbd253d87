//! `ringbook health`: whether a server and its store work, for supervisors and containers.
//!
//! One plain HTTP request without a client library, so that it needs no certificates and starts fast.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use clap::Command;
use serde_json::Value;

use super::args;
use super::cli_error::CliError;
use super::output::CommandOutput;
use crate::config::Layers;

/// Time limit of the whole check.
const HEALTH_TIME_MAX: Duration = Duration::from_secs(5);
/// Most bytes of the reply to read; the server sends fewer.
const ANSWER_BYTES_MAX: usize = 1024;
/// Longest URL, in characters.
const URL_CHARS_MAX: usize = 2_000;
/// The path of the health check.
const PATH: &str = "/healthz";

pub(super) fn command() -> Command {
    let url = args::option("url", "URL", "URL of the server; http only").default_value("http://127.0.0.1:8080");
    Command::new("health")
        .about("Check a server: exit with 0 if it and its store work, with 1 otherwise")
        .after_help("Example:\n  ringbook health --url http://10.0.0.5:8080")
        .arg(url)
}

/// Runs the check.
pub(super) fn run(layers: &Layers<'_>) -> Result<CommandOutput, CliError> {
    let authority = layers.required("url", "names the server", authority)?;
    let deadline = Instant::now() + HEALTH_TIME_MAX;
    let no_answer = |cause: io::Error| {
        let cause = if is_timeout(&cause) { "no reply within 5 seconds".to_owned() } else { cause.to_string() };
        CliError::failed(format_args!(
            "http://{authority}{PATH}: {cause}; check that the server runs and listens there"
        ))
    };
    let line = ask(&authority, deadline).map_err(no_answer)?;
    match status(&line) {
        Some(200) if is_disk_full(&line) => Ok(CommandOutput::text(
            Value::Null,
            format!("http://{authority}: the server works, but its disk is full: changes are refused\n"),
        )),
        Some(200) => {
            Ok(CommandOutput::text(Value::Null, format!("http://{authority}: the server and its store work\n")))
        }
        Some(503) => Err(CliError::failed(format_args!(
            "http://{authority}: the server runs, but its store does not work; see its log"
        ))),
        Some(status) => {
            Err(CliError::failed(format_args!("http://{authority}{PATH}: status {status}; is this a ringbook server?")))
        }
        None => Err(CliError::failed(format_args!("http://{authority} does not speak HTTP; does it need TLS?"))),
    }
}

/// Host and port of a URL; the path is ignored, so that the URL of the API works, too.
fn authority(url: &str) -> Result<String, String> {
    let bad = || "is not a URL like http://127.0.0.1:8080".to_owned();
    if url.len() > URL_CHARS_MAX || !url.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(bad());
    }
    let (scheme, rest) = url.split_once("://").ok_or_else(bad)?;
    if scheme.eq_ignore_ascii_case("https") {
        return Err("is https, which this command does not support: use `curl -f URL/healthz`".to_owned());
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_good = scheme.eq_ignore_ascii_case("http") && !authority.is_empty() && !authority.contains('@');
    if !is_good {
        return Err(bad());
    }
    let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    Ok(if has_port { authority.to_owned() } else { format!("{authority}:80") })
}

/// The reply, or its start.
fn ask(authority: &str, deadline: Instant) -> io::Result<Vec<u8>> {
    let mut stream = connect(authority, deadline)?;
    let version = env!("CARGO_PKG_VERSION");
    let request = format!(
        "GET {PATH} HTTP/1.1\r\nHost: {authority}\r\nUser-Agent: ringbook/{version}\r\nConnection: close\r\n\r\n"
    );
    stream.set_write_timeout(Some(left(deadline)?))?;
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    let mut part = [0; ANSWER_BYTES_MAX];
    while answer.len() < ANSWER_BYTES_MAX {
        stream.set_read_timeout(Some(left(deadline)?))?;
        match stream.read(&mut part)? {
            0 => break,
            bytes => answer.extend_from_slice(&part[..bytes]),
        }
    }
    Ok(answer)
}

/// A connection to the first address of the host that accepts one.
fn connect(authority: &str, deadline: Instant) -> io::Result<TcpStream> {
    let addresses: Vec<SocketAddr> = authority.to_socket_addrs()?.collect();
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in addresses {
        match TcpStream::connect_timeout(&address, left(deadline)?) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// The remaining time; an error if there is none.
fn left(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock)
}

/// Whether the body of a reply tells of a full disk.
fn is_disk_full(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    text.split_once("\r\n\r\n").is_some_and(|(_, body)| body.starts_with("the disk is full"))
}

/// The status of a reply that starts with `HTTP/1.x NNN`.
fn status(answer: &[u8]) -> Option<u16> {
    let rest = answer.strip_prefix(b"HTTP/1.")?;
    let digits = rest.get(2..5).filter(|_| rest.get(1) == Some(&b' '))?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{authority, status};

    #[test]
    fn urls_name_a_host_and_a_port() {
        for (url, expected) in [
            ("http://127.0.0.1:8080", "127.0.0.1:8080"),
            ("HTTP://h:1/v2.0?x#y", "h:1"),
            ("http://[::1]:8080/", "[::1]:8080"),
            ("http://[::1]", "[::1]:80"),
            ("http://book.example", "book.example:80"),
        ] {
            assert_eq!(authority(url).as_deref(), Ok(expected), "{url}");
        }
        for url in ["", "h:1", "ftp://h", "http://", "http://a@h", "http://h\r\nX: y", "http:///x"] {
            assert!(authority(url).is_err(), "{url}");
        }
        assert!(authority("https://h").is_err_and(|text| text.contains("curl")));
    }

    #[test]
    fn only_http_has_a_status() {
        assert_eq!(status(b"HTTP/1.1 200 OK\r\n"), Some(200));
        assert_eq!(status(b"HTTP/1.0 503\n"), Some(503));
        for answer in [&b"\x15\x03\x03"[..], b"", b"HTTP/1.1", b"HTTP/1.1 2x0", b"HTTP/2 200 "] {
            assert_eq!(status(answer), None);
        }
    }
}
