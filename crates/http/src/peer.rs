//! Who calls: the socket's address or, behind a trusted proxy, the one that the proxy vouches for.
//!
//! `X-Forwarded-For` grows to the right: each proxy appends the address that called it, and whatever stands
//! left of what a trusted proxy wrote is hearsay. So the list is walked from the right, over the lines of all
//! such headers, as long as the address in hand belongs to a trusted block; the first that does not is the
//! caller.
//!
//! Two ends are left open by that rule. If every entry is trusted, the left-most one is the caller: one of our own
//! machines. If the walk meets an entry that is no address, the caller is unknown and is refused: the address of the
//! proxy may be allowed what its clients are not. Only a trusted proxy can write such an entry (`unknown`, say): what
//! clients send stands left of their own address, where the walk does not come.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use hyper::HeaderMap;
use hyper::header::HeaderValue;
use ipnet::IpNet;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// A trusted proxy does not say who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct UnknownCaller;

/// The caller's address, given the socket's.
pub(super) fn caller(socket: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> Result<IpAddr, UnknownCaller> {
    let mut caller = socket;
    if !is_trusted(caller, trusted) {
        return Ok(caller);
    }
    for line in headers.get_all(FORWARDED_FOR).iter().rev() {
        for entry in entries(line).rev().filter(|entry| !entry.is_empty()) {
            caller = address(entry).ok_or(UnknownCaller)?;
            if !is_trusted(caller, trusted) {
                return Ok(caller);
            }
        }
    }
    Ok(caller)
}

fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|block| block.contains(&address))
}

/// The entries of a line. A line that is no text is one entry that is no address.
fn entries(line: &HeaderValue) -> impl DoubleEndedIterator<Item = &str> {
    line.to_str().unwrap_or("?").split(',').map(str::trim)
}

/// Reads `1.2.3.4`, `1.2.3.4:80`, `::1`, `[::1]` and `[::1]:80`.
fn address(entry: &str) -> Option<IpAddr> {
    let plain = || entry.parse::<IpAddr>().ok();
    let with_port = || Some(entry.parse::<SocketAddr>().ok()?.ip());
    let bracketed = || {
        let inner = entry.strip_prefix('[')?.strip_suffix(']')?;
        Some(IpAddr::V6(inner.parse::<Ipv6Addr>().ok()?))
    };
    let address = plain().or_else(with_port).or_else(bracketed)?;
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn behind(lines: &[&'static [u8]]) -> String {
        caller_of("10.0.0.1", lines)
    }

    fn caller_of(socket: &str, lines: &[&'static [u8]]) -> String {
        let trusted = ["10.0.0.0/8", "fd00::/8"].map(|block| block.parse().unwrap());
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_FOR, HeaderValue::from_bytes(line).unwrap());
        }
        let caller = caller(socket.parse().unwrap(), &headers, &trusted);
        caller.map_or("nobody knows".to_owned(), |caller| caller.to_string())
    }

    #[test]
    fn a_stranger_is_not_believed() {
        assert_eq!(caller_of("8.8.8.8", &[b"1.1.1.1"]), "8.8.8.8");
    }

    #[test]
    fn the_right_most_untrusted_entry_counts() {
        assert_eq!(behind(&[]), "10.0.0.1");
        assert_eq!(behind(&[b"1.1.1.1"]), "1.1.1.1");
        assert_eq!(behind(&[b"1.1.1.1, 2.2.2.2"]), "2.2.2.2");
        assert_eq!(behind(&[b"1.1.1.1,2.2.2.2 , 10.3.3.3"]), "2.2.2.2");
        assert_eq!(behind(&[b"1.1.1.1", b"2.2.2.2", b"10.3.3.3"]), "2.2.2.2");
        assert_eq!(behind(&[b"1.1.1.1, fd00::1, , "]), "1.1.1.1");
    }

    #[test]
    fn trusted_throughout_means_the_first() {
        assert_eq!(behind(&[b"10.9.9.9, 10.8.8.8"]), "10.9.9.9");
    }

    #[test]
    fn an_entry_that_is_no_address_makes_the_caller_unknown() {
        assert_eq!(behind(&[b"1.1.1.1, unknown"]), "nobody knows");
        assert_eq!(behind(&[b"1.1.1.1, unknown, 10.7.7.7"]), "nobody knows");
        assert_eq!(behind(&[b"1.1.1.1", b"\xff"]), "nobody knows");
        // What a client sends for itself does not matter, nor what a stranger sends.
        assert_eq!(caller_of("8.8.8.8", &[b"unknown"]), "8.8.8.8");
        assert_eq!(behind(&[b"unknown, 2.2.2.2"]), "2.2.2.2");
    }

    #[test]
    fn ports_brackets_and_mapped_addresses_are_read() {
        assert_eq!(behind(&[b"2.2.2.2:4711"]), "2.2.2.2");
        assert_eq!(behind(&[b"[2001:db8::1]"]), "2001:db8::1");
        assert_eq!(behind(&[b"[2001:db8::1]:80"]), "2001:db8::1");
        assert_eq!(behind(&[b"::ffff:2.2.2.2"]), "2.2.2.2");
        assert_eq!(behind(&[b"1.1.1.1, [::ffff:10.2.2.2]:80"]), "1.1.1.1");
    }
}
