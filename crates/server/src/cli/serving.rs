//! `ringbook serve` and `ringbook demo`: their flags, read into what the server is told.

use std::path::PathBuf;

use clap::{Arg, ArgAction, Command};

use super::{Failure, args, operator};
use crate::config::{DemoOptions, LOG_FILTER, Layers, LogOptions, ServeOptions, TlsPaths, value};
use ringbook_http::HttpSettings;
use ringbook_store::Location;

const SERVE_EXAMPLES: &str = "\
SIGTERM and SIGINT finish what runs and stop; SIGHUP reads the TLS files and the log filter again.

Examples:
  ringbook serve --data /var/lib/ringbook --listen 0.0.0.0:8080 --metrics 127.0.0.1:9090
  ringbook serve --database 'postgres://book:secret@db.example/book?sslmode=verify-full'
  ringbook serve --tls-cert chain.pem --tls-key key.pem --trusted-proxy 10.0.0.0/8
  RINGBOOK_LOG_FORMAT=json ringbook serve --config /etc/ringbook.toml";

const DEMO_EXAMPLES: &str = "\
Prints a curl line to paste, and writes DIR/demo.json with logins and tokens.

Examples:
  ringbook demo
  ringbook demo --data /tmp/book --listen 127.0.0.1:0 --contacts 100000";

/// A bound of the HTTP floor: its flag, its value, its default, what it is.
type Bound = (&'static str, &'static str, &'static str, &'static str);

/// The defaults are those of [`HttpSettings`]; a test holds the two together.
const BOUNDS: [Bound; 10] = [
    ("body-max", "SIZE", "1MiB", "Largest body of a call, after decompression"),
    ("header-max", "SIZE", "64KiB", "Largest head of a request"),
    ("header-timeout", "SECONDS", "10", "How long a request's head may take to arrive"),
    ("body-timeout", "SECONDS", "30", "How long its body may take after that"),
    ("idle-timeout", "SECONDS", "75", "How long a connection may rest between calls"),
    ("write-timeout", "SECONDS", "30", "How long a client may take nothing of its answer"),
    ("reply-timeout", "SECONDS", "300", "How long a client may take for a whole answer"),
    ("handshake-timeout", "SECONDS", "10", "How long a TLS handshake may take"),
    ("connections-max", "N", "15000", "Most connections at once"),
    ("compress-min", "SIZE", "8KiB", "Answers of this size are compressed for clients that allow it"),
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
        .args([memory(), reads(), deletions_kept(), report_days()])
        .args(log())
        .args(bounds)
}

pub(super) fn demo_command() -> Command {
    Command::new("demo")
        .about("Run a server with made-up contacts, to try it out")
        .after_help(DEMO_EXAMPLES)
        .args([args::data("./ringbook-demo"), listen()])
        .arg(args::option(
            "database",
            "URL",
            "Keep the contacts in this PostgreSQL database; DIR still takes demo.json",
        ))
        .arg(args::option("contacts", "N", "How many contacts the first book is filled with").default_value("1000"))
        .arg(args::option("seed", "N", "The same seed makes the same contacts").default_value("1"))
        .args(log())
}

fn listen() -> Arg {
    args::option("listen", "ADDR:PORT", "Where to answer calls; port 0 takes a free one")
        .default_value("127.0.0.1:8080")
}

fn network() -> [Arg; 4] {
    let proxy = args::option("trusted-proxy", "CIDR", "Believe X-Forwarded-For from these addresses; may be repeated");
    [
        args::option("metrics", "ADDR:PORT", "Where to show metrics for Prometheus, under /metrics"),
        args::option("tls-cert", "FILE", "Speak TLS with this certificate chain, PEM; needs --tls-key"),
        args::option("tls-key", "FILE", "The private key of --tls-cert, PEM"),
        proxy.action(ArgAction::Append),
    ]
}

fn memory() -> Arg {
    args::option("memory", "SIZE", "How much memory books may take: a share of what there is, or a size")
        .default_value("70%")
}

fn reads() -> Arg {
    let help = "With --database, whether reads see what other servers have just written, or up to a second later";
    args::option("reads", "linearizable|local", help).default_value("linearizable")
}

fn deletions_kept() -> Arg {
    args::option("deletions-kept", "N", "How many deleted contacts a book remembers for get.contact_changes")
        .default_value("100000")
}

fn report_days() -> Arg {
    args::option("report-days", "N", "How many days the request report goes back").default_value("31")
}

fn log() -> [Arg; 2] {
    [
        args::option("log-format", "text|json", "How to write the log on stderr").default_value("text"),
        args::option("log", "FILTER", "What to log: a level, and levels by module like info,ringbook_http=debug")
            .default_value(LOG_FILTER),
    ]
}

/// What `serve` is told.
pub(super) fn serve_options(layers: &Layers<'_>) -> Result<ServeOptions, Failure> {
    Ok(ServeOptions {
        place: operator::place(layers)?,
        listen: layers.required("listen", "says where to answer calls", value::listen)?,
        metrics: layers.value("metrics", value::listen)?,
        tls: tls(layers)?,
        http: http(layers)?,
        memory: layers.required("memory", "says how much memory books may take", value::memory)?,
        reads: layers.required("reads", "says how recent reads are", value::reads)?,
        deletions_kept: layers.required("deletions-kept", "says how many deletions to remember", value::deletions)?,
        report_days: layers.required("report-days", "says how long requests are kept", value::report_days)?,
        log: log_options(layers)?,
    })
}

/// What `demo` is told.
pub(super) fn demo_options(layers: &Layers<'_>) -> Result<DemoOptions, Failure> {
    let contacts = |text: &str| value::number(text, 0, value::CONTACTS_MAX);
    let data: PathBuf = layers.required("data", "names the directory of the data", value::path)?;
    let place = operator::database(layers)?.map_or_else(|| Location::from(&data), Location::Database);
    Ok(DemoOptions {
        data,
        place,
        listen: layers.required("listen", "says where to answer calls", value::listen)?,
        contacts: layers.required("contacts", "says how many contacts to make", contacts)?,
        seed: layers.required("seed", "says which contacts to make", |text| value::number(text, 0, u64::MAX))?,
        log: log_options(layers)?,
    })
}

fn tls(layers: &Layers<'_>) -> Result<Option<TlsPaths>, Failure> {
    match (layers.value("tls-cert", value::path)?, layers.value("tls-key", value::path)?) {
        (Some(certificate), Some(key)) => Ok(Some(TlsPaths { certificate, key })),
        (None, None) => Ok(None),
        (Some(_), None) => Err(Failure::usage("--tls-cert needs --tls-key, the file of its private key")),
        (None, Some(_)) => Err(Failure::usage("--tls-key needs --tls-cert, the file of its certificate")),
    }
}

fn http(layers: &Layers<'_>) -> Result<HttpSettings, Failure> {
    let seconds = |flag| layers.required(flag, "bounds a time", value::seconds);
    let part = |flag| layers.required(flag, "bounds a size", value::part_size);
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
        connections_max: layers.required("connections-max", "bounds the connections", connections)?,
        compress_bytes_min: part("compress-min")?,
        trusted_proxies: layers.list("trusted-proxy", value::proxies)?,
        ..HttpSettings::default()
    })
}

fn log_options(layers: &Layers<'_>) -> Result<LogOptions, Failure> {
    Ok(LogOptions {
        format: layers.required("log-format", "says how to write the log", value::log_format)?,
        filter: layers.required("log", "says what to log", value::log_filter)?,
        file: layers.file_deciding("log")?.cloned(),
    })
}
