//! The address of a database: a `postgres://` URL, or the `key=value` notation of libpq.
//!
//! The driver reads most of it. This module takes out what the driver does not know (certificates, times, the number of
//! connections) and divides an address of several hosts into one configuration per host. No text made here shows the
//! password.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};

/// The default of `connect_timeout`: how long an attempt to connect to one host may take.
const CONNECT_TIME: Duration = Duration::from_secs(5);
/// The default of `statement_timeout`.
const STATEMENT_TIME: Duration = Duration::from_secs(60);
/// The largest value of `connect_timeout` and `statement_timeout`, in seconds.
const TIME_SECONDS_MAX: u64 = 86_400;
/// The default of `connections`.
const CONNECTIONS: usize = 16;
/// The largest value of `connections`.
const CONNECTIONS_MAX: u64 = 1_000;
/// Most hosts in an address.
const HOSTS_MAX: usize = 16;
/// The longest address.
const ADDRESS_CHARS_MAX: usize = 4_000;
/// The port of a host without one.
const PORT: u16 = 5432;
/// How long sent data may stay without an acknowledgement of the other machine, unless `tcp_user_timeout` says otherwise.
const UNACKNOWLEDGED_TIME_MAX: Duration = Duration::from_secs(10);
/// How long a connection is idle before the first keep-alive probe, unless `keepalives_idle` says otherwise.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(30);
/// The driver's own default of it.
const KEEPALIVE_IDLE_OF_DRIVER: Duration = Duration::from_secs(2 * 60 * 60);
/// The time between keep-alive probes, unless `keepalives_interval` says otherwise.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(5);
/// How many probes may stay without an answer, unless `keepalives_retries` says otherwise.
const KEEPALIVE_RETRIES: u32 = 3;
/// How long a transaction may be idle: it holds rows that others wait for, and its program may have been stopped.
const IDLE_IN_TRANSACTION_MAX: Duration = Duration::from_secs(10);

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TlsMode {
    /// No TLS.
    Disable,
    /// TLS if the server has it, with any certificate.
    Prefer,
    /// TLS, with any certificate unless a file of issuers is named.
    Require,
    /// TLS, with a certificate of a trusted issuer.
    VerifyCa,
    /// The same, issued for the host.
    VerifyFull,
}

/// Which hosts are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SessionTarget {
    /// Hosts that accept changes.
    ReadWrite,
    /// Standby servers as well.
    Any,
}

/// A host of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HostAddress {
    /// A name, an address or a directory of sockets; certificates are checked against a name.
    host: Option<Host>,
    /// Connected to instead of looking up the name.
    address: Option<IpAddr>,
    port: u16,
}

/// The address of a database. Its texts leave out user and password.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    /// Everything but the hosts.
    pub(super) config: Box<Config>,
    /// In the order in which they are tried; at least one.
    pub(super) hosts: Vec<HostAddress>,
    pub(super) target: SessionTarget,
    pub(super) tls: TlsMode,
    /// A file of issuers to trust instead of those that the system trusts.
    pub(super) roots: Option<PathBuf>,
    /// For one host.
    pub(super) connect_time_max: Duration,
    pub(super) statement_time_max: Duration,
    pub(super) connections_max: usize,
}

impl Address {
    /// After this time the database ends a transaction that is idle.
    pub(super) fn idle_in_transaction_max(&self) -> Duration {
        idle_in_transaction_max(self.statement_time_max)
    }

    /// Reads an address.
    ///
    /// # Errors
    /// The address cannot be read; the text says what is right and contains nothing of the address.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.chars().count() > ADDRESS_CHARS_MAX {
            return Err(format!("is longer than {ADDRESS_CHARS_MAX} characters"));
        }
        let mut own = OwnSettings::default();
        let rest = if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            own.take_from_url(text)?
        } else if text.contains('=') && !text.contains("://") {
            own.take_from_pairs(text)?
        } else {
            return Err("is not a URL like postgres://user:password@host:5432/database".to_owned());
        };
        let parsed = Config::from_str(&rest).map_err(|error| driver_error_text(&error))?;
        let hosts = hosts(&parsed)?;
        let connect_time_max = parsed.get_connect_timeout().copied().unwrap_or(CONNECT_TIME);
        let statement_time_max = own.statement_time.unwrap_or(STATEMENT_TIME);
        let mut config = without_hosts(&parsed);
        settle(&mut config, own.tls, own.target, connect_time_max, statement_time_max);
        Ok(Self {
            config: Box::new(config),
            hosts,
            target: own.target,
            tls: own.tls,
            roots: own.roots,
            connect_time_max,
            statement_time_max,
            connections_max: own.connections.unwrap_or(CONNECTIONS),
        })
    }

    /// What connects to one of the hosts, by its place in the address.
    pub(super) fn host_config(&self, host: usize) -> Config {
        let mut config = (*self.config).clone();
        let HostAddress { host, address, port } = &self.hosts[host];
        match host {
            Some(Host::Tcp(name)) => drop(config.host(name)),
            #[cfg(unix)]
            Some(Host::Unix(path)) => drop(config.host_path(path)),
            None => {}
        }
        if let Some(address) = address {
            config.hostaddr(*address);
        }
        config.port(*port);
        config
    }

    /// The database at one of the hosts, in words.
    pub(super) fn host_text(&self, host: usize) -> String {
        format!("{} at {}", self.database_text(), self.hosts[host])
    }

    fn database_text(&self) -> String {
        format!("database {:?}", self.config.get_dbname().unwrap_or("of the user's name"))
    }
}

impl fmt::Display for HostAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.host, &self.address) {
            (Some(Host::Tcp(name)), _) if name.contains(':') => write!(f, "[{name}]")?,
            (Some(Host::Tcp(name)), _) => f.write_str(name)?,
            #[cfg(unix)]
            (Some(Host::Unix(path)), _) => write!(f, "{}", path.display())?,
            (None, Some(IpAddr::V6(address))) => write!(f, "[{address}]")?,
            (None, Some(IpAddr::V4(address))) => write!(f, "{address}")?,
            (None, None) => {}
        }
        write!(f, ":{}", self.port)
    }
}

/// The hosts of an address, each with its port.
fn hosts(config: &Config) -> Result<Vec<HostAddress>, String> {
    let (names, addresses, ports) = (config.get_hosts(), config.get_hostaddrs(), config.get_ports());
    let count = names.len().max(addresses.len());
    if count == 0 {
        return Err("names no host: write postgres://user:password@host:5432/database".to_owned());
    }
    if count > HOSTS_MAX {
        return Err(format!("names {count} hosts: at most {HOSTS_MAX} are allowed"));
    }
    if !names.is_empty() && !addresses.is_empty() && names.len() != addresses.len() {
        return Err(format!("names {} hosts and {} hostaddrs: give one for each host", names.len(), addresses.len()));
    }
    if ports.len() > 1 && ports.len() != count {
        return Err(format!(
            "names {count} hosts and {} ports: give one port for all hosts, or one for each",
            ports.len()
        ));
    }
    let port = |at| ports.get(at).or(ports.first()).copied().unwrap_or(PORT);
    let host = |at| HostAddress { host: names.get(at).cloned(), address: addresses.get(at).copied(), port: port(at) };
    Ok((0..count).map(host).collect())
}

/// The same configuration without any host; the driver has no way to remove one.
fn without_hosts(parsed: &Config) -> Config {
    let mut config = Config::new();
    if let Some(user) = parsed.get_user() {
        config.user(user);
    }
    if let Some(password) = parsed.get_password() {
        config.password(password);
    }
    if let Some(name) = parsed.get_dbname() {
        config.dbname(name);
    }
    if let Some(options) = parsed.get_options() {
        config.options(options);
    }
    config.application_name(parsed.get_application_name().unwrap_or("ringbook"));
    config.ssl_negotiation(parsed.get_ssl_negotiation()).channel_binding(parsed.get_channel_binding());
    config.keepalives(parsed.get_keepalives());
    let idle = parsed.get_keepalives_idle();
    config.keepalives_idle(if idle == KEEPALIVE_IDLE_OF_DRIVER { KEEPALIVE_IDLE } else { idle });
    config.keepalives_interval(parsed.get_keepalives_interval().unwrap_or(KEEPALIVE_INTERVAL));
    config.keepalives_retries(parsed.get_keepalives_retries().unwrap_or(KEEPALIVE_RETRIES));
    config.tcp_user_timeout(parsed.get_tcp_user_timeout().copied().unwrap_or(UNACKNOWLEDGED_TIME_MAX));
    config
}

/// How long a transaction may be idle where statements may take this long.
fn idle_in_transaction_max(statement_time_max: Duration) -> Duration {
    statement_time_max.min(IDLE_IN_TRANSACTION_MAX)
}

/// Sets the parameters of every connection.
fn settle(
    config: &mut Config,
    tls: TlsMode,
    target: SessionTarget,
    connect_time_max: Duration,
    statement_time_max: Duration,
) {
    let milliseconds = statement_time_max.as_millis();
    let idle = idle_in_transaction_max(statement_time_max).as_millis();
    let options = format!(
        "{} -c search_path=ringbook -c synchronous_commit=on -c statement_timeout={milliseconds} \
         -c idle_in_transaction_session_timeout={idle}",
        config.get_options().unwrap_or_default()
    );
    config.options(options.trim()).connect_timeout(connect_time_max);
    config.ssl_mode(match tls {
        TlsMode::Disable => SslMode::Disable,
        TlsMode::Prefer => SslMode::Prefer,
        TlsMode::Require | TlsMode::VerifyCa | TlsMode::VerifyFull => SslMode::Require,
    });
    config.target_session_attrs(match target {
        SessionTarget::ReadWrite => TargetSessionAttrs::ReadWrite,
        SessionTarget::Any => TargetSessionAttrs::Any,
    });
}

/// What the driver says of an address: names of settings, and none of their values.
fn driver_error_text(error: &tokio_postgres::Error) -> String {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
    format!("cannot be read{cause}; write postgres://user:password@host:5432/database, with % for special characters")
}

/// The settings that the driver does not know.
struct OwnSettings {
    tls: TlsMode,
    target: SessionTarget,
    roots: Option<PathBuf>,
    statement_time: Option<Duration>,
    connections: Option<usize>,
}

impl Default for OwnSettings {
    fn default() -> Self {
        let (tls, target) = (TlsMode::Prefer, SessionTarget::ReadWrite);
        Self { tls, target, roots: None, statement_time: None, connections: None }
    }
}

impl OwnSettings {
    /// Takes its settings out of a URL; returns what is left for the driver.
    fn take_from_url(&mut self, url: &str) -> Result<String, String> {
        let Some((place, query)) = url.split_once('?') else { return Ok(url.to_owned()) };
        let mut left = Vec::new();
        for pair in query.split('&') {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            if key == "host" {
                // The driver takes a list of hosts only in the other notation.
                left.extend(value.split(',').map(|host| format!("host={host}")));
            } else if !self.take(key, &decoded(value)?)? {
                left.push(pair.to_owned());
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

    /// Whether the setting is one of these.
    fn take(&mut self, key: &str, value: &str) -> Result<bool, String> {
        match key {
            "sslmode" => self.tls = tls_mode(value)?,
            "sslrootcert" => self.roots = Some(PathBuf::from(value)),
            "target_session_attrs" => self.target = session_target(value)?,
            "load_balance_hosts" if value == "disable" => {}
            "load_balance_hosts" => return Err("has load_balance_hosts: hosts are tried in their order".to_owned()),
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

fn tls_mode(value: &str) -> Result<TlsMode, String> {
    match value {
        "disable" => Ok(TlsMode::Disable),
        "allow" | "prefer" => Ok(TlsMode::Prefer),
        "require" => Ok(TlsMode::Require),
        "verify-ca" => Ok(TlsMode::VerifyCa),
        "verify-full" => Ok(TlsMode::VerifyFull),
        _ => Err("has an sslmode that is none of disable, prefer, require, verify-ca, verify-full".to_owned()),
    }
}

fn session_target(value: &str) -> Result<SessionTarget, String> {
    match value {
        "read-write" => Ok(SessionTarget::ReadWrite),
        "any" => Ok(SessionTarget::Any),
        _ => Err("has a target_session_attrs that is neither read-write (the default) nor any".to_owned()),
    }
}

fn number(key: &str, value: &str, most: u64) -> Result<u64, String> {
    let number = value.parse().ok().filter(|number| (1..=most).contains(number));
    number.ok_or_else(|| format!("has a {key} that is not a whole number from 1 to {most}"))
}

/// A value of a URL without its escapes.
fn decoded(value: &str) -> Result<String, String> {
    let decoded = percent_decode_str(value).decode_utf8();
    decoded.map(Into::into).map_err(|_| "has a setting whose % escapes are not UTF-8".to_owned())
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hosts: Vec<String> = self.hosts.iter().map(ToString::to_string).collect();
        write!(f, "{} at {}", self.database_text(), hosts.join(", "))
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

    fn shown(text: &str) -> String {
        Address::parse(text).expect(text).to_string()
    }

    #[test]
    fn settings_are_divided_between_the_driver_and_this_program() {
        let url = "postgres://ann:s%40cret@db.example:6000/book?sslmode=verify-full&sslrootcert=/etc/my%20ca.pem\
                   &statement_timeout=7&connections=3&connect_timeout=2";
        let address = Address::parse(url).expect("an address");
        assert_eq!((address.tls, address.target), (TlsMode::VerifyFull, SessionTarget::ReadWrite));
        assert_eq!(address.roots, Some(PathBuf::from("/etc/my ca.pem")));
        assert_eq!((address.connections_max, address.connect_time_max), (3, Duration::from_secs(2)));
        let config = address.host_config(0);
        assert_eq!((config.get_user(), config.get_password()), (Some("ann"), Some(&b"s@cret"[..])));
        assert!(config.get_options().is_some_and(|options| options.contains("statement_timeout=7000")));
        assert_eq!(format!("{address:?}"), "database \"book\" at db.example:6000");
        let pairs = Address::parse("host=db.example port=6000 user=ann dbname=book sslmode=disable").expect("pairs");
        assert_eq!((pairs.tls, pairs.to_string()), (TlsMode::Disable, address.to_string()));
    }

    #[test]
    fn several_hosts_keep_their_order_and_ports() {
        let expected = "database \"book\" at a:6000, b:6001";
        for text in [
            "postgres://ann@a:6000,b:6001/book",
            "postgres://ann@/book?host=a,b&port=6000,6001",
            "host=a,b port=6000,6001 user=ann dbname=book",
        ] {
            assert_eq!(shown(text), expected);
        }
        assert_eq!(shown("postgres://ann@a,[::1]/book"), "database \"book\" at a:5432, [::1]:5432");
        assert_eq!(shown("postgres://ann@/book?host=a,%2Frun%2Fpg"), "database \"book\" at a:5432, /run/pg:5432");
        assert_eq!(shown("host=a,b hostaddr=10.0.0.1,10.0.0.2 dbname=book"), "database \"book\" at a:5432, b:5432");
        let address = Address::parse("host=a,b port=7 user=ann dbname=book target_session_attrs=any").expect("pairs");
        assert_eq!(address.target, SessionTarget::Any);
        let second = address.host_config(1);
        assert_eq!((second.get_hosts(), second.get_ports()), (&[Host::Tcp("b".to_owned())][..], &[7][..]));
        assert_eq!(second.get_user(), Some("ann"));
    }

    #[test]
    fn a_refused_address_is_explained_without_its_secrets() {
        let many = format!("postgres://secret@{}/d", ["h"; 17].join(","));
        for (refused, explained) in [
            ("secret", "is not a URL"),
            ("mysql://u:secret@h/d", "is not a URL"),
            ("postgres://u:secret@h:port/d", "cannot be read"),
            ("postgres://u:secret@h/d?sslmode=secret", "verify-full"),
            ("postgres://u:secret@h/d?bogus=secret", "bogus"),
            ("postgres://u:secret@h/d?statement_timeout=secret", "from 1 to 86400"),
            ("postgres://u:secret@h/d?sslrootcert=%ffsecret", "UTF-8"),
            ("postgres:///secret", "names no host"),
            ("user=u password=secret dbname=d", "names no host"),
            (
                "postgres://u:secret@a,b/d?target_session_attrs=prefer-standby",
                "neither read-write (the default) nor any",
            ),
            ("postgres://u:secret@a,b/d?load_balance_hosts=random", "in their order"),
            ("postgres://u:secret@/d?host=a,b,c&port=1,2", "3 hosts and 2 ports"),
            ("host=a,b hostaddr=10.0.0.1 password=secret", "2 hosts and 1 hostaddrs"),
            (&many, "at most 16"),
        ] {
            let error = Address::parse(refused).expect_err(refused);
            assert!(error.contains(explained) && !error.contains("secret"), "{error}");
        }
    }
}
