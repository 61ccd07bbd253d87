//! The settings of `serve` and `demo`, and where settings come from.
//!
//! A setting is a text until it is known which source it comes from; then it is read once, so that a wrong value
//! is reported in the same words wherever it stands ([`Layers`]). What a setting does is known by the floors below.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ringbook_app::audit::ReportBounds;
use ringbook_app::books::Reads;
use ringbook_http::HttpSettings;
use ringbook_ldap::LdapSettings;
use ringbook_store::Location;
use ringbook_telemetry::LogFormat;

mod file;
mod layers;
pub mod value;

#[cfg(test)]
mod tests;

pub use file::ConfigFile;
pub use layers::{Environment, Layers};

/// What is logged unless somebody says otherwise.
pub const LOG_FILTER: &str = "info";

/// The settings of `ringbook serve`.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    /// Where the data are.
    pub place: Location,
    /// Where calls are answered; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where the metrics page is; `None` when there is none.
    pub metrics: Option<SocketAddr>,
    /// The files to speak TLS with; `None` answers in the clear.
    pub tls: Option<TlsPaths>,
    /// The bounds of the HTTP floor, trusted proxies included.
    pub http: HttpSettings,
    /// What the front ends for telephones are told.
    pub devices: DeviceAccess,
    /// Largest answer in bytes, before compression.
    pub answer_bytes_max: usize,
    /// Whether the pages for people with a browser are served.
    pub client_area: bool,
    /// How much memory the books may take.
    pub memory: Memory,
    /// How much memory one book may take; `None`: half of what all may take.
    pub memory_per_book: Option<Memory>,
    /// The bounds of the request report.
    pub report: ReportBounds,
    /// How many deleted contacts a book remembers.
    pub deletions_kept: usize,
    /// Whether a read asks the store first, where several servers share one.
    pub reads: Reads,
    /// How to log.
    pub log: LogOptions,
}

impl ServeOptions {
    /// The bytes beyond which a book accepts only deletions.
    pub fn book_bytes_max(&self) -> u64 {
        self.memory_per_book.map_or_else(|| self.memory.bytes() / 2, Memory::bytes)
    }
}

/// The settings of `ringbook demo`.
#[derive(Debug, Clone)]
pub struct DemoOptions {
    /// The directory of `demo.json`, and of the data unless they are elsewhere.
    pub data: PathBuf,
    /// Where the data are.
    pub place: Location,
    /// Where calls are answered; port 0 takes a free one.
    pub listen: SocketAddr,
    /// How many contacts the book of "Demo" is filled with, at most [`value::CONTACTS_MAX`].
    pub contacts: u64,
    /// Whether the pages for people with a browser are served.
    pub client_area: bool,
    /// What the contacts are made from: the same number, the same people.
    pub seed: u64,
    /// What the front ends for telephones are told.
    pub devices: DeviceAccess,
    /// How to log.
    pub log: LogOptions,
}

/// What the front ends for telephones and switches are told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeviceAccess {
    /// The address that clients reach the server at, without a slash at its end; `None`: where it listens.
    pub public_url: Option<String>,
    /// Where telephones are answered in plain HTTP, beside the API's address.
    pub phones_listen: Option<SocketAddr>,
    /// Where LDAP is answered.
    pub ldap_listen: Option<SocketAddr>,
    /// Where LDAP is answered over TLS.
    pub ldaps_listen: Option<SocketAddr>,
    /// Who may bind without encryption, and who needs no password.
    pub ldap: LdapSettings,
    /// Whether the request report keeps numbers whole.
    pub keeps_numbers: bool,
}

/// A certificate chain and its key, both in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsPaths {
    /// The certificate chain.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// How to log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogOptions {
    /// How an event is written.
    pub format: LogFormat,
    /// Calls that take this long are logged.
    pub slow: Duration,
    /// Which events are written; it has been read once and is good.
    pub filter: String,
    /// The file that decides which events are written; `None` when a flag or the environment does.
    pub file: Option<ConfigFile>,
}

impl LogOptions {
    /// Which events are written according to the file as it is now; `None` when it is not for the file to say, or
    /// the file is wrong, which is logged.
    pub fn reread_filter(&self) -> Option<String> {
        let read = |file: &ConfigFile| file.reread().and_then(|file| file.value("log", value::log_filter));
        match self.file.as_ref().map(read)? {
            Ok(filter) => Some(filter.unwrap_or_else(|| LOG_FILTER.to_owned())),
            Err(wrong) => {
                tracing::error!("keeping the old log filter: {wrong}");
                None
            }
        }
    }
}

/// How much memory the books may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Memory {
    /// A share of the machine's or the control group's memory.
    Share {
        /// 1 to 100.
        percent: u8,
    },
    /// This many bytes.
    Bytes(u64),
}

impl Memory {
    /// This many bytes on this machine: of its memory, or of the control group's where that is less.
    pub fn bytes(self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Share { percent } => machine_bytes() / 100 * u64::from(percent),
        }
    }
}

/// What is assumed where the system does not say how much memory there is.
const MACHINE_BYTES_ASSUMED: u64 = 4 << 30;

fn machine_bytes() -> u64 {
    let read = |path: &str| std::fs::read_to_string(path).ok();
    let group = read("/sys/fs/cgroup/memory.max").or_else(|| read("/sys/fs/cgroup/memory/memory.limit_in_bytes"));
    let group = group.and_then(|text| text.trim().parse::<u64>().ok());
    let machine = read("/proc/meminfo").and_then(|text| {
        let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
        line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
    });
    group.into_iter().chain(machine).min().unwrap_or(MACHINE_BYTES_ASSUMED)
}

/// A setting that cannot be used; the text says which, where it stands and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongSetting(String);

impl WrongSetting {
    /// Wrong for this reason.
    pub fn new(reason: impl fmt::Display) -> Self {
        Self(reason.to_string())
    }
}

impl fmt::Display for WrongSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for WrongSetting {}
