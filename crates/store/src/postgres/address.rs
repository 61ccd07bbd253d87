//! What names a database: a `postgres://` URL, or the `key=value` notation of libpq.
//!
//! The driver reads most of it; what it does not know (which certificates are good, how long a statement may run, how
//! many connections) is taken out before. Nothing here ever shows the password.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

/// How long a connection may take to be made, unless `connect_timeout` says otherwise.
const CONNECT_TIME: Duration = Duration::from_secs(5);
/// How long a statement may run, unless `statement_timeout` says otherwise.
const STATEMENT_TIME: Duration = Duration::from_secs(60);
/// The longest time that either of them may name, in seconds.
const TIME_SECONDS_MAX: u64 = 86_400;
/// How many connections there are at most, unless `connections` says otherwise.
const CONNECTIONS: usize = 16;
/// The most that `connections` may name.
const CONNECTIONS_MAX: u64 = 1_000;
/// The longest address.
const ADDRESS_CHARS_MAX: usize = 4_000;
/// How long the database may keep quiet about what was sent to it before the connection is given up.
const UNACKNOWLEDGED_TIME_MAX: Duration = Duration::from_secs(10);
/// How long a connection rests before it is looked after, unless `keepalives_idle` says otherwise.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(30);
/// How long the driver lets it rest when nobody says anything.
const KEEPALIVE_IDLE_OF_DRIVER: Duration = Duration::from_secs(2 * 60 * 60);
/// How often the other end is then asked for a sign of life, unless `keepalives_interval` says otherwise.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(5);
/// How many such questions may stay without an answer, unless `keepalives_retries` says otherwise.
const KEEPALIVE_RETRIES: u32 = 3;
/// How long a transaction may stand still in the middle: it holds rows that others wait for, and whoever began it may
/// have been stopped.
const STANDSTILL_TIME_MAX: Duration = Duration::from_secs(10);

/// How far a connection is kept from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Secrecy {
    /// In the clear.
    Disable,
    /// TLS if the server has it, with whatever certificate.
    Prefer,
    /// TLS, with whatever certificate unless there is a file of good ones.
    Require,
    /// TLS, with a certificate from somebody who is trusted.
    VerifyCa,
    /// The same, made out to the host.
    VerifyFull,
}

/// What names a database. Showing it leaves out user and password.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    pub(super) config: Box<Config>,
    pub(super) secrecy: Secrecy,
    /// A file of certificates to trust instead of those that the system trusts.
    pub(super) roots: Option<PathBuf>,
    pub(super) connect_time_max: Duration,
    pub(super) statement_time_max: Duration,
    pub(super) connections_max: usize,
}

impl Address {
    /// Reads an address; the text of a fault says what would be right, and holds nothing of what was given.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.chars().count() > ADDRESS_CHARS_MAX {
            return Err(format!("is longer than {ADDRESS_CHARS_MAX} characters"));
        }
        let mut own = Own::default();
        let driven = if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            own.take_from_url(text)?
        } else if text.contains('=') && !text.contains("://") {
            own.take_from_pairs(text)?
        } else {
            return Err("is not a URL like postgres://user:password@host:5432/database".to_owned());
        };
        let mut config = Config::from_str(&driven).map_err(|fault| fault_text(&fault))?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err("names no host: write postgres://user:password@host:5432/database".to_owned());
        }
        let connect_time_max = config.get_connect_timeout().copied().unwrap_or(CONNECT_TIME);
        let statement_time_max = own.statement_time.unwrap_or(STATEMENT_TIME);
        settle(&mut config, own.secrecy, connect_time_max, statement_time_max);
        let connections_max = own.connections.unwrap_or(CONNECTIONS);
        let (secrecy, roots) = (own.secrecy, own.roots);
        Ok(Self { config: Box::new(config), secrecy, roots, connect_time_max, statement_time_max, connections_max })
    }
}

/// What every connection is told when it begins.
fn settle(config: &mut Config, secrecy: Secrecy, connect_time_max: Duration, statement_time_max: Duration) {
    let milliseconds = statement_time_max.as_millis();
    let standstill = statement_time_max.min(STANDSTILL_TIME_MAX).as_millis();
    let options = format!(
        "{} -c search_path=ringbook -c synchronous_commit=on -c statement_timeout={milliseconds} \
         -c idle_in_transaction_session_timeout={standstill}",
        config.get_options().unwrap_or_default()
    );
    config.options(options.trim()).connect_timeout(connect_time_max);
    keep_alive(config);
    if config.get_application_name().is_none() {
        config.application_name("ringbook");
    }
    config.ssl_mode(match secrecy {
        Secrecy::Disable => SslMode::Disable,
        Secrecy::Prefer => SslMode::Prefer,
        Secrecy::Require | Secrecy::VerifyCa | Secrecy::VerifyFull => SslMode::Require,
    });
}

/// A connection whose other end is gone is noticed within a minute, and within seconds when something was said on it.
fn keep_alive(config: &mut Config) {
    if config.get_keepalives_idle() == KEEPALIVE_IDLE_OF_DRIVER {
        config.keepalives_idle(KEEPALIVE_IDLE);
    }
    if config.get_keepalives_interval().is_none() {
        config.keepalives_interval(KEEPALIVE_INTERVAL);
    }
    if config.get_keepalives_retries().is_none() {
        config.keepalives_retries(KEEPALIVE_RETRIES);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(UNACKNOWLEDGED_TIME_MAX);
    }
}

/// What the driver says of an address: the names of options, and none of their values.
fn fault_text(fault: &tokio_postgres::Error) -> String {
    let cause = std::error::Error::source(fault).map(|cause| format!(": {cause}")).unwrap_or_default();
    format!("cannot be read{cause}; write postgres://user:password@host:5432/database, with % for special characters")
}

/// The settings that are ours.
struct Own {
    secrecy: Secrecy,
    roots: Option<PathBuf>,
    statement_time: Option<Duration>,
    connections: Option<usize>,
}

impl Default for Own {
    fn default() -> Self {
        Self { secrecy: Secrecy::Prefer, roots: None, statement_time: None, connections: None }
    }
}

impl Own {
    /// Answers what is left for the driver.
    fn take_from_url(&mut self, url: &str) -> Result<String, String> {
        let Some((place, query)) = url.split_once('?') else { return Ok(url.to_owned()) };
        let mut left = Vec::new();
        for pair in query.split('&') {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            if !self.take(key, &decoded(value)?)? {
                left.push(pair);
            }
        }
        Ok(if left.is_empty() { place.to_owned() } else { format!("{place}?{}", left.join("&")) })
    }

    /// The same for pairs with blanks between them.
    fn take_from_pairs(&mut self, pairs: &str) -> Result<String, String> {
        let mut left = Vec::new();
        for pair in pairs.split_whitespace() {
            let taken = match pair.split_once('=') {
                Some((key, value)) => self.take(key, value.trim_matches('\''))?,
                None => false,
            };
            if !taken {
                left.push(pair);
            }
        }
        Ok(left.join(" "))
    }

    /// Whether the setting is ours.
    fn take(&mut self, key: &str, value: &str) -> Result<bool, String> {
        match key {
            "sslmode" => self.secrecy = secrecy(value)?,
            "sslrootcert" => self.roots = Some(PathBuf::from(value)),
            "statement_timeout" => {
                self.statement_time = Some(Duration::from_secs(number(key, value, TIME_SECONDS_MAX)?));
            }
            "connections" => {
                let connections = number(key, value, CONNECTIONS_MAX)?;
                self.connections = usize::try_from(connections).ok();
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}

fn secrecy(value: &str) -> Result<Secrecy, String> {
    match value {
        "disable" => Ok(Secrecy::Disable),
        "allow" | "prefer" => Ok(Secrecy::Prefer),
        "require" => Ok(Secrecy::Require),
        "verify-ca" => Ok(Secrecy::VerifyCa),
        "verify-full" => Ok(Secrecy::VerifyFull),
        _ => Err("has an sslmode that is none of disable, prefer, require, verify-ca, verify-full".to_owned()),
    }
}

fn number(key: &str, value: &str, most: u64) -> Result<u64, String> {
    let number = value.parse().ok().filter(|number| (1..=most).contains(number));
    number.ok_or_else(|| format!("has a {key} that is not a whole number from 1 to {most}"))
}

/// A value of a URL without its escapes.
fn decoded(value: &str) -> Result<String, String> {
    let bad = || "has a setting with a wrong % escape".to_owned();
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let [byte, after @ ..] = rest {
        rest = after;
        if *byte == b'%' {
            let digits = rest.get(..2).and_then(|digits| std::str::from_utf8(digits).ok()).ok_or_else(bad)?;
            bytes.push(u8::from_str_radix(digits, 16).map_err(|_| bad())?);
            rest = &rest[2..];
        } else {
            bytes.push(*byte);
        }
    }
    String::from_utf8(bytes).map_err(|_| bad())
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = match self.config.get_hosts().first() {
            Some(Host::Tcp(name)) => name.clone(),
            #[cfg(unix)]
            Some(Host::Unix(path)) => path.display().to_string(),
            None => self.config.get_hostaddrs().first().map(ToString::to_string).unwrap_or_default(),
        };
        let port = self.config.get_ports().first().copied().unwrap_or(5432);
        write!(f, "database {:?} at {host}:{port}", self.config.get_dbname().unwrap_or("of the user's name"))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_what_is_ours_and_what_is_the_drivers() {
        let url = "postgres://ann:s%40cret@db.example:6000/book?sslmode=verify-full&sslrootcert=/etc/my%20ca.pem\
                   &statement_timeout=7&connections=3&connect_timeout=2";
        let address = Address::parse(url).expect("an address");
        assert_eq!(address.secrecy, Secrecy::VerifyFull);
        assert_eq!(address.roots, Some(PathBuf::from("/etc/my ca.pem")));
        assert_eq!((address.connections_max, address.connect_time_max), (3, Duration::from_secs(2)));
        assert_eq!(address.config.get_password(), Some(&b"s@cret"[..]));
        assert!(address.config.get_options().is_some_and(|options| options.contains("statement_timeout=7000")));
        assert_eq!(format!("{address:?}"), "database \"book\" at db.example:6000");
        let pairs = Address::parse("host=db.example port=6000 user=ann dbname=book sslmode=disable").expect("pairs");
        assert_eq!((pairs.secrecy, pairs.to_string()), (Secrecy::Disable, address.to_string()));
    }

    #[test]
    fn a_wrong_address_is_told_without_its_secrets() {
        for wrong in [
            "secret",
            "mysql://u:secret@h/d",
            "postgres://u:secret@h:port/d",
            "postgres://u:secret@h/d?sslmode=secret",
            "postgres://u:secret@h/d?bogus=secret",
            "postgres://u:secret@h/d?statement_timeout=secret",
            "postgres://u:secret@h/d?sslrootcert=%secret",
            "postgres:///secret",
            "user=u password=secret dbname=d",
        ] {
            let told = Address::parse(wrong).expect_err(wrong);
            assert!(!told.contains("secret"), "{told}");
        }
    }
}
