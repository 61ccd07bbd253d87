//! `ringbook serve` and `ringbook demo`: their options.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::{Arg, ArgAction, Command};

use super::cli_error::CliError;
use super::{args, operator};
use crate::config::{DemoOptions, DeviceAccess, LOG_FILTER, Layers, LogOptions, ServeOptions, TlsPaths, value};
use ringbook_app::audit::ReportBounds;
use ringbook_http::HttpSettings;
use ringbook_ldap::LdapSettings;
use ringbook_store::Location;

const SERVE_EXAMPLES: &str = "\
SIGTERM and SIGINT finish running calls and stop the server; SIGHUP reloads the TLS files and the log filter.

Examples:
  ringbook serve --data /var/lib/ringbook --listen 0.0.0.0:8080 --metrics 127.0.0.1:9090
  ringbook serve --database 'postgres://book:secret@db.example/book?sslmode=verify-full'
  ringbook serve --tls-cert chain.pem --tls-key key.pem --trusted-proxy 10.0.0.0/8
  RINGBOOK_LOG_FORMAT=json ringbook serve --config /etc/ringbook.toml";

const DEMO_EXAMPLES: &str = "\
Prints commands to try: a call of the API, a look-up of a caller, a phone book, a search by LDAP. Writes logins and tokens to
DIR/demo.json.

Examples:
  ringbook demo
  ringbook demo --data /tmp/book --listen 127.0.0.1:0 --contacts 100000";

/// Where the demo answers LDAP: a free port of this machine.
const FREE_LOOPBACK: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// A limit of what calls take: option, value name, default, help.
type Bound = (&'static str, &'static str, &'static str, &'static str);

/// The defaults are those of [`HttpSettings`] and [`ringbook_jsonrpc::ANSWER_BYTES_MAX`]; a test compares them.
const BOUNDS: [Bound; 16] = [
    ("body-max", "SIZE", "1MiB", "Largest request body, after decompression"),
    ("answer-max", "SIZE", "64MiB", "Largest answer, before compression; a larger one is refused"),
    ("header-max", "SIZE", "64KiB", "Largest request head"),
    ("header-timeout", "SECONDS", "10", "Time limit for receiving a request head"),
    ("body-timeout", "SECONDS", "30", "Time limit for receiving the body after the head"),
    ("idle-timeout", "SECONDS", "75", "Close a connection that is idle between calls for this long"),
    ("write-timeout", "SECONDS", "30", "Close a connection that accepts no reply data for this long"),
    ("reply-timeout", "SECONDS", "300", "Time limit for sending a whole reply"),
    ("handshake-timeout", "SECONDS", "10", "Time limit of a TLS handshake"),
    ("connections-max", "N", "15000", "Most open connections"),
    ("connections-per-address", "N", "5000", "The same for one IPv4 address or IPv6 /64 network"),
    ("compress-min", "SIZE", "8KiB", "Compress replies of at least this size for clients that accept gzip"),
    ("request-memory", "SIZE", "256MiB", "Memory for request bodies in flight; further bodies wait"),
    ("request-memory-per-address", "SIZE", "32MiB", "The same for one IPv4 address or IPv6 /64 network"),
    ("reply-memory", "SIZE", "512MiB", "Memory for replies in flight; further large replies wait"),
    (
        "reply-memory-per-address",
        "SIZE",
        "128MiB",
        "The same for one IPv4 address or IPv6 /64 network, and one account",
    ),
];

pub(super) fn serve_command() -> Command {
    let bounds = BOUNDS.map(|(flag, value, default, help)| {
        args::option(flag, value, help).default_value(default).help_heading("Limits")
    });
    Command::new("serve")
        .about("Run the server")
        .after_help(SERVE_EXAMPLES)
        .args([args::data("./ringbook-data"), args::database(), listen()])
        .args(network())
        .args(devices())
        .args([client_area(), memory(), memory_per_book(), reads(), deletions_kept()])
        .args(report())
        .args(log())
        .args(bounds)
}

pub(super) fn demo_command() -> Command {
    Command::new("demo")
        .about("Run a server with generated contacts, to try it out")
        .after_help(DEMO_EXAMPLES)
        .args([args::data("./ringbook-demo"), listen()])
        .arg(args::option(
            "database",
            "URL",
            "PostgreSQL database for the contacts; demo.json is still written to --data",
        ))
        .arg(args::option("contacts", "N", "Number of contacts in the first address book").default_value("1000"))
        .arg(
            args::option("seed", "N", "Seed of the random contacts; the same seed gives the same contacts")
                .default_value("1"),
        )
        .arg(client_area())
        .args(devices())
        .args(log())
}

fn client_area() -> Arg {
    args::option("client-area", "on|off", "Serve the pages for people with a browser, at /").default_value("on")
}

fn listen() -> Arg {
    args::option("listen", "ADDR:PORT", "Address to listen on; port 0 takes a free one").default_value("127.0.0.1:8080")
}

fn network() -> [Arg; 4] {
    let proxy = args::option("trusted-proxy", "CIDR", "Trust X-Forwarded-For from these addresses; may be repeated");
    [
        args::option("metrics", "ADDR:PORT", "Address to serve Prometheus metrics on, at /metrics"),
        args::option("tls-cert", "FILE", "Serve HTTPS with this certificate chain (PEM); needs --tls-key"),
        args::option("tls-key", "FILE", "Private key of --tls-cert (PEM)"),
        proxy.action(ArgAction::Append),
    ]
}

fn devices() -> [Arg; 7] {
    let numbers = Arg::new("log-numbers").long("log-numbers").action(ArgAction::SetTrue);
    [
        args::option("public-url", "URL", "Address that clients reach the server at [default: where it listens]"),
        args::option(
            "phones-listen",
            "ADDR:PORT",
            "Answer telephones here, too, in plain HTTP: look-ups and phone books, not the API",
        ),
        args::option("ldap-listen", "ADDR:PORT", "Answer LDAP here, read only; StartTLS with --tls-cert"),
        args::option("ldaps-listen", "ADDR:PORT", "Answer LDAP over TLS here, read only; needs --tls-cert"),
        args::option(
            "ldap-plain-bind",
            "refuse|private|allow",
            "Who may send a device key over LDAP without encryption: private are this machine and private networks",
        )
        .default_value("private"),
        args::option(
            "ldap-anonymous",
            "CIDR=ID",
            "Addresses that search with the rights of this device key without a password; may be repeated",
        )
        .action(ArgAction::Append),
        numbers.help("Keep numbers that telephones look up whole in the audit log, instead of their last four digits"),
    ]
    .map(|arg| arg.help_heading("Telephones"))
}

fn device_access(layers: &Layers<'_>) -> Result<DeviceAccess, CliError> {
    let keeps_numbers = layers.is_up("log-numbers")?;
    let plain_bind = layers.required("ldap-plain-bind", "says who may bind without encryption", value::plain_bind)?;
    let anonymous = layers.list("ldap-anonymous", value::ldap_anonymous)?;
    Ok(DeviceAccess {
        ldap_listen: layers.value("ldap-listen", value::listen)?,
        ldaps_listen: layers.value("ldaps-listen", value::listen)?,
        ldap: LdapSettings { plain_bind, anonymous, keeps_numbers },
        public_url: layers.value("public-url", value::public_url)?,
        phones_listen: layers.value("phones-listen", value::listen)?,
        keeps_numbers,
    })
}

fn memory() -> Arg {
    args::option("memory", "SIZE", "Memory for address books: a percentage of the machine's memory, or a size")
        .default_value("70%")
}

fn memory_per_book() -> Arg {
    let help = "Memory for one address book, beyond which it accepts only deletions [default: half of --memory]";
    args::option("memory-per-book", "SIZE", help)
}

fn reads() -> Arg {
    let help =
        "With --database: reads see all changes of other servers (linearizable), or may miss the last second (local)";
    args::option("reads", "linearizable|local", help).default_value("linearizable")
}

fn deletions_kept() -> Arg {
    args::option("deletions-kept", "N", "Deleted contacts that an address book remembers for get.contact_changes")
        .default_value("100000")
}

fn report() -> [Arg; 3] {
    [
        args::option("report-days", "N", "Days that the request report (get.api_requests) is kept").default_value("31"),
        args::option("report-max", "SIZE", "Disk space for the request report of all accounts").default_value("10GiB"),
        args::option("report-max-per-account", "SIZE", "Disk space for the request report of one account")
            .default_value("1GiB"),
    ]
}

fn log() -> [Arg; 3] {
    [
        args::option("log-format", "text|json", "Format of the log on stderr").default_value("text"),
        args::option("log", "FILTER", "Log level, and levels by module, such as info,ringbook_http=debug")
            .default_value(LOG_FILTER),
        args::option("log-slow-ms", "MILLISECONDS", "Log calls that take at least this long").default_value("1000"),
    ]
}

/// The options of `serve`.
pub(super) fn serve_options(layers: &Layers<'_>) -> Result<ServeOptions, CliError> {
    let (tls, devices) = (tls(layers)?, device_access(layers)?);
    if devices.ldaps_listen.is_some() && tls.is_none() {
        return Err(CliError::usage("--ldaps-listen needs --tls-cert and --tls-key"));
    }
    Ok(ServeOptions {
        place: operator::place(layers)?,
        listen: layers.required("listen", "is the address to listen on", value::listen)?,
        metrics: layers.value("metrics", value::listen)?,
        tls,
        http: http(layers)?,
        devices,
        answer_bytes_max: layers.required("answer-max", "limits the size of answers", value::answer_size)?,
        client_area: layers.required("client-area", "switches the pages for browsers", value::switch)?,
        memory: layers.required("memory", "limits the memory of address books", value::memory)?,
        memory_per_book: layers.value("memory-per-book", value::memory)?,
        reads: layers.required("reads", "sets the consistency of reads", value::reads)?,
        deletions_kept: layers.required("deletions-kept", "limits the remembered deletions", value::deletions)?,
        report: ReportBounds {
            days: layers.required("report-days", "limits the request report", value::report_days)?,
            account_bytes: layers.required("report-max-per-account", "limits a report", value::report_size)?,
            total_bytes: layers.required("report-max", "limits the request report", value::report_size)?,
        },
        log: log_options(layers)?,
    })
}

/// The options of `demo`.
pub(super) fn demo_options(layers: &Layers<'_>) -> Result<DemoOptions, CliError> {
    let contacts = |text: &str| value::number(text, 0, value::CONTACTS_MAX);
    let data: PathBuf = layers.required("data", "names the data directory", value::path)?;
    let devices = device_access(layers)?;
    if devices.ldaps_listen.is_some() {
        return Err(CliError::usage("--ldaps-listen needs a certificate, which only `ringbook serve` has"));
    }
    let place = operator::database(layers)?.map_or_else(|| Location::from(&data), Location::Database);
    Ok(DemoOptions {
        data,
        place,
        listen: layers.required("listen", "is the address to listen on", value::listen)?,
        contacts: layers.required("contacts", "is the number of contacts", contacts)?,
        client_area: layers.required("client-area", "switches the pages for browsers", value::switch)?,
        seed: layers.required("seed", "is the seed of the contacts", |text| value::number(text, 0, u64::MAX))?,
        devices: DeviceAccess { ldap_listen: devices.ldap_listen.or(Some(FREE_LOOPBACK)), ..devices },
        log: log_options(layers)?,
    })
}

fn tls(layers: &Layers<'_>) -> Result<Option<TlsPaths>, CliError> {
    match (layers.value("tls-cert", value::path)?, layers.value("tls-key", value::path)?) {
        (Some(certificate), Some(key)) => Ok(Some(TlsPaths { certificate, key })),
        (None, None) => Ok(None),
        (Some(_), None) => Err(CliError::usage("--tls-cert needs --tls-key, the file of its private key")),
        (None, Some(_)) => Err(CliError::usage("--tls-key needs --tls-cert, the file of its certificate")),
    }
}

fn http(layers: &Layers<'_>) -> Result<HttpSettings, CliError> {
    let seconds = |flag| layers.required(flag, "is a time limit", value::seconds);
    let part = |flag| layers.required(flag, "is a size limit", value::part_size);
    let budget = |flag| layers.required(flag, "is a memory limit", value::budget);
    let connections = |text: &str| {
        let number = value::number(text, 1, value::CONNECTIONS_MAX)?;
        u32::try_from(number).map_err(|error| error.to_string())
    };
    Ok(HttpSettings {
        body_bytes_max: part("body-max")?,
        header_bytes_max: part("header-max")?,
        header_read_time_max: seconds("header-timeout")?,
        body_read_time_max: seconds("body-timeout")?,
        idle_time_max: seconds("idle-timeout")?,
        write_stall_time_max: seconds("write-timeout")?,
        reply_time_max: seconds("reply-timeout")?,
        handshake_time_max: seconds("handshake-timeout")?,
        connections_max: layers.required("connections-max", "limits the connections", connections)?,
        connections_per_address_max: layers.required(
            "connections-per-address",
            "limits the connections",
            connections,
        )?,
        compress_bytes_min: part("compress-min")?,
        request_bytes_max: budget("request-memory")?,
        request_bytes_per_address_max: budget("request-memory-per-address")?,
        reply_bytes_max: budget("reply-memory")?,
        reply_bytes_per_address_max: budget("reply-memory-per-address")?,
        trusted_proxies: layers.list("trusted-proxy", value::proxies)?,
        ..HttpSettings::default()
    })
}

fn log_options(layers: &Layers<'_>) -> Result<LogOptions, CliError> {
    Ok(LogOptions {
        format: layers.required("log-format", "is the format of the log", value::log_format)?,
        filter: layers.required("log", "is the log filter", value::log_filter)?,
        slow: layers.required("log-slow-ms", "is the time of a slow call", value::millis)?,
        file: layers.file_deciding("log")?.cloned(),
    })
}
