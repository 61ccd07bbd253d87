//! Blocks of addresses that calls may come from.
//!
//! A block is one of IPv4 or one of IPv6. An IPv4 address that arrives inside an IPv6 one (`::ffff:10.0.0.1`, as a
//! socket for both families shows it) is the IPv4 address; so is such a block.

use std::fmt;
use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};

/// The prefix under which IPv4 lies in IPv6, in bits.
const MAPPED_PREFIX_BITS: u8 = 96;
/// How long a block's text may be.
const BLOCK_CHARS_MAX: usize = 64;

/// A block of addresses; its text has no bits set below the prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block(IpNet);

/// A text is not a block of addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseBlockError;

impl fmt::Display for ParseBlockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a block of addresses: write one like 192.0.2.0/24, 2001:db8::/32 or 192.0.2.7")
    }
}

impl std::error::Error for ParseBlockError {}

impl Block {
    /// Reads CIDR notation; a bare address is the block of that one.
    pub fn parse(text: &str) -> Result<Self, ParseBlockError> {
        let text = text.trim();
        if text.len() > BLOCK_CHARS_MAX {
            return Err(ParseBlockError);
        }
        let net =
            text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).map_err(|_| ParseBlockError)?;
        Ok(Self(unmapped(net).trunc()))
    }

    /// Whether the address is in the block.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
}

fn unmapped(net: IpNet) -> IpNet {
    let IpNet::V6(wide) = net else { return net };
    let bits = wide.prefix_len().checked_sub(MAPPED_PREFIX_BITS);
    let inner = wide.addr().to_ipv4_mapped().zip(bits);
    inner.and_then(|(address, bits)| Ipv4Net::new(address, bits).ok()).map_or(net, IpNet::V4)
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::Block;

    #[test]
    fn blocks_are_written_one_way() {
        for (text, written) in [
            ("10.1.2.3/8", "10.0.0.0/8"),
            (" 192.0.2.7 ", "192.0.2.7/32"),
            ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
            ("::ffff:10.0.0.1", "10.0.0.1/32"),
            ("2001:DB8::1/32", "2001:db8::/32"),
            ("::1", "::1/128"),
        ] {
            assert_eq!(Block::parse(text).map(|block| block.to_string()), Ok(written.to_owned()), "{text}");
        }
        for text in ["", "10.0.0.0/33", "10.0.0", "::/129", "example.org", "10.0.0.0/-1"] {
            assert!(Block::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn addresses_fall_into_blocks_of_their_family() {
        for (block, address, inside) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "::ffff:10.1.1.1", true),
            ("10.0.0.0/8", "11.0.0.0", false),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("::/0", "2001:db8::1", true),
            ("::/0", "203.0.113.9", false),
        ] {
            let block = Block::parse(block).expect("a block");
            assert_eq!(block.contains(address.parse().expect("an address")), inside, "{block} {address}");
        }
    }
}
