//! Device keys: what telephones, switches and softphones come with instead of a token.
//!
//! A device key reads the names and numbers of one customer, of some of its groups perhaps, and does nothing else. It is
//! no token of the API, and a token is no device key. Its secret is short enough to be typed on a handset and long enough
//! never to be guessed; it stands in addresses of web pages and in settings of telephones, so it is a pass for little.

use std::fmt;
use std::sync::Arc;

use ringbook_book::id::{CustomerId, GroupId};
use ringbook_book::text::NumberRule;
use ringbook_clock::Moment;
use ringbook_store::{DeviceId, DeviceRow, StoreError};

use super::allowlist::Block;
use super::quota::{Counter, Limits};
use super::secret::{RngUnavailable, Secret, TokenHash};

/// Characters in the secret of a device key.
pub const DEVICE_KEY_CHARS: usize = 24;
/// Longest text that is looked at as a device key; hyphens and blanks in it do not count.
pub const DEVICE_KEY_BYTES_MAX: usize = 64;
/// Requests of a device key per UTC minute, unless the operator sets another limit.
pub const DEVICE_MINUTE_LIMIT: u64 = 600;
/// Most digits of an outside prefix.
pub const OUTSIDE_PREFIX_CHARS_MAX: usize = 8;
/// Most groups of a device key.
pub const DEVICE_GROUPS_MAX: usize = 100;
/// Most address blocks of a device key.
pub const DEVICE_BLOCKS_MAX: usize = 100;
/// Bytes of chance in a secret: five bits for each character.
const SECRET_BYTES: usize = DEVICE_KEY_CHARS * 5 / 8;
/// Digits and letters without those that look alike.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

macro_rules! options {
    ($($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $variant:ident $text:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[$about])* $variant),* }

        impl $name {
            /// All of them; the first is the default.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// As the operator writes it and the store keeps it.
            pub const fn text(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            /// The one that is written so.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.text() == text)
            }
        }
    )*};
}

options! {
    /// How numbers are written, so that a telephone can dial them.
    DialForm {
        /// `+49301234567`
        E164 "e164",
        /// `49301234567`
        Digits "digits",
        /// `0049301234567`
        Zeros "00",
        /// `0301234567` in the customer's own country, as `00` elsewhere.
        National "national",
    }
    /// Which part of a name comes first.
    NameOrder {
        /// `Ivanova Anna Petrovna`
        LastFirst "last",
        /// `Anna Ivanova`
        FirstLast "first",
    }
    /// In which characters names are written.
    Charset {
        /// All of Unicode.
        Utf8 "utf-8",
        /// Latin letters without marks; others are transliterated.
        Ascii "ascii",
    }
}

/// A device key, as requests see it.
#[derive(Debug)]
pub struct Device {
    /// Its id, which logs show.
    pub id: DeviceId,
    /// Its name.
    pub name: String,
    /// Whose book it reads.
    pub customer: CustomerId,
    /// The groups whose contacts it shows; empty: all contacts.
    pub groups: Vec<GroupId>,
    /// How the numbers of its customer are read.
    pub numbers: NumberRule,
    /// How it writes numbers.
    pub dial_form: DialForm,
    /// What it writes before a number outside of the house; digits, `*` and `#`.
    pub outside_prefix: String,
    /// Which part of a name it writes first.
    pub name_order: NameOrder,
    /// In which characters it writes names.
    pub charset: Charset,
    /// What the request report shows as the login.
    pub label: String,
    pub(super) blocks: Vec<Block>,
    pub(super) expires_at: Option<Moment>,
    pub(super) is_blocked: bool,
    pub(super) limits: Limits,
    pub(super) counter: Arc<Counter>,
}

impl Device {
    /// Reads a row of a customer whose numbers are read so; its count goes on.
    pub(super) fn read(
        row: DeviceRow,
        numbers: NumberRule,
        counter: Arc<Counter>,
    ) -> Result<(TokenHash, Self), StoreError> {
        let fault = |cause: &str| StoreError::unreadable("devices", format_args!("id {}", row.id), cause);
        let settings = row.settings;
        let hash = TokenHash::from_hex(&row.key_hash).ok_or_else(|| fault("not the hash of a key"))?;
        let blocks = settings.blocks.iter().map(|block| Block::parse(block)).collect::<Result<_, _>>();
        let device = Self {
            id: row.id,
            name: settings.name,
            customer: row.customer,
            groups: settings.groups,
            numbers,
            dial_form: DialForm::parse(&settings.dial_form).ok_or_else(|| fault("unknown dial form"))?,
            outside_prefix: settings.outside_prefix,
            name_order: NameOrder::parse(&settings.name_order).ok_or_else(|| fault("unknown name order"))?,
            charset: Charset::parse(&settings.charset).ok_or_else(|| fault("unknown character set"))?,
            label: format!("device-{}", row.id),
            blocks: blocks.map_err(|cause| fault(&cause.to_string()))?,
            expires_at: settings.expires_at.map(Moment::from_unix),
            is_blocked: row.blocked,
            limits: Limits { day: None, minute: settings.minute_limit },
            counter,
        };
        Ok((hash, device))
    }
}

/// A secret that was never used before.
///
/// # Errors
/// The operating system gives no random bytes.
pub fn fresh_device_key() -> Result<Secret<String>, RngUnavailable> {
    let mut bytes = [0; SECRET_BYTES];
    getrandom::fill(&mut bytes).map_err(|_| RngUnavailable)?;
    let bit = |at: usize| usize::from(bytes[at / 8] >> (at % 8) & 1);
    let symbol = |at: usize| char::from(ALPHABET[(0..5).fold(0, |sum, offset| sum << 1 | bit(at * 5 + offset))]);
    Ok(Secret::new((0..DEVICE_KEY_CHARS).map(symbol).collect()))
}

/// What is kept of a secret.
pub fn device_key_hash(key: &str) -> Option<TokenHash> {
    normal(key).map(|key| TokenHash::of(&key))
}

/// A secret as it was made, from one as it was typed: in capitals, in groups, with letters that look like digits.
pub(super) fn normal(typed: &str) -> Option<String> {
    if typed.len() > DEVICE_KEY_BYTES_MAX {
        return None;
    }
    let mut key = String::with_capacity(DEVICE_KEY_CHARS);
    for letter in typed.chars().filter(|letter| !matches!(letter, '-' | ' ')) {
        let letter = match letter.to_ascii_lowercase() {
            'o' => '0',
            'i' | 'l' => '1',
            letter => letter,
        };
        if !letter.is_ascii() || !ALPHABET.contains(&(letter as u8)) {
            return None;
        }
        key.push(letter);
    }
    (key.len() == DEVICE_KEY_CHARS).then_some(key)
}

impl fmt::Display for DialForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_fresh_and_read_as_they_are_typed() {
        let (one, other) = (fresh_device_key().expect("chance"), fresh_device_key().expect("chance"));
        assert!(one != other && one.expose().len() == DEVICE_KEY_CHARS);
        let typed =
            format!("{}-{}", one.expose()[..6].to_uppercase(), one.expose()[6..].replace('0', "O").replace('1', "l"));
        assert_eq!(normal(&typed).as_ref(), Some(one.expose()));
        assert_eq!(device_key_hash(&typed), device_key_hash(one.expose()));
        for wrong in ["", "abc", &"u".repeat(DEVICE_KEY_CHARS), &"é".repeat(12), &"0".repeat(25), &"-".repeat(65)] {
            assert_eq!(normal(wrong), None, "{wrong}");
        }
    }
}
