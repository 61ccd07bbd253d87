//! What `serve` and `demo` are told.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::time::Duration;

use super::super::serving::{demo_options, serve_options};
use super::place;
use crate::cli::CliError;
use crate::config::{ConfigFile, DemoOptions, Layers, Memory, ServeOptions, TlsPaths};
use ringbook_http::HttpSettings;
use ringbook_store::Location;
use ringbook_telemetry::LogFormat;

/// Reads a line with one word per blank.
fn read<T>(
    line: &str,
    variables: &[(&str, &str)],
    file: Option<&ConfigFile>,
    options: fn(&Layers<'_>) -> Result<T, CliError>,
) -> Result<T, CliError> {
    let matches = crate::cli::program().get_matches_from(format!("ringbook {line}").split(' '));
    let (_, leaf) = matches.subcommand().expect("a command");
    let environment =
        |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value));
    options(&Layers::new(leaf, &environment, file))
}

fn serve(line: &str, variables: &[(&str, &str)]) -> ServeOptions {
    read(line, variables, None, serve_options).expect("options")
}

#[test]
fn the_defaults_are_those_of_the_floors_below() {
    let options = serve("serve", &[]);
    assert_eq!(format!("{:?}", options.http), format!("{:?}", HttpSettings::default()));
    assert_eq!(
        (options.place, options.listen.to_string().as_str()),
        (Location::Directory("./ringbook-data".into()), "127.0.0.1:8080")
    );
    assert_eq!((options.metrics, options.tls, options.memory), (None, None, Memory::Share { percent: 70 }));
    assert_eq!((options.log.format, options.log.filter.as_str()), (LogFormat::Text, "info"));
    assert_eq!(options.report, ringbook_app::audit::ReportBounds::default());
    assert_eq!(options.answer_bytes_max, ringbook_jsonrpc::ANSWER_BYTES_MAX);
    assert_eq!(options.log.slow, ringbook_app::application::SLOW_CALL);
    let DemoOptions { data, listen, contacts, seed, .. } = read("demo", &[], None, demo_options).expect("options");
    assert_eq!((data.to_str(), listen.to_string().as_str()), (Some("./ringbook-demo"), "127.0.0.1:8080"));
    assert_eq!((contacts, seed), (1_000, 1));
}

#[test]
fn every_flag_reaches_its_setting() {
    let line = "serve --data d --listen [::]:1 --metrics 127.0.0.1:2 --tls-cert c --tls-key k --trusted-proxy 10.0.0.0/8 \
        --trusted-proxy ::1 --log-format json --log debug --memory 2GiB --memory-per-book 1536MiB --report-days 7 --report-max 20MiB \
        --report-max-per-account 5MiB --body-max 2KiB --header-max 3KiB --header-timeout 1 \
        --body-timeout 2 --idle-timeout 3 --write-timeout 4 --reply-timeout 5 --handshake-timeout 6 --connections-max 7 --connections-per-address 3 \
        --compress-min 4KiB --request-memory 8MiB --request-memory-per-address 2MiB --reply-memory 9MiB \
        --reply-memory-per-address 3MiB --answer-max 9MiB --log-slow-ms 250";
    let options = serve(&line.split_whitespace().collect::<Vec<_>>().join(" "), &[]);
    assert_eq!(options.answer_bytes_max, 9 << 20);
    let report = ringbook_app::audit::ReportBounds { days: 7, account_bytes: 5 << 20, total_bytes: 20 << 20 };
    assert_eq!(options.report, report);
    let http = &options.http;
    assert_eq!((http.body_bytes_max, http.header_bytes_max, http.compress_bytes_min), (2048, 3072, 4096));
    let budgets = [
        http.request_bytes_max,
        http.request_bytes_per_address_max,
        http.reply_bytes_max,
        http.reply_bytes_per_address_max,
    ];
    assert_eq!(budgets, [8, 2, 9, 3].map(|mebibytes| mebibytes << 20));
    assert_eq!(options.log.slow, Duration::from_millis(250));
    let times = [
        http.header_read_time_max,
        http.body_read_time_max,
        http.idle_time_max,
        http.write_stall_time_max,
        http.reply_time_max,
        http.handshake_time_max,
    ];
    assert_eq!(times, [1, 2, 3, 4, 5, 6].map(Duration::from_secs));
    let proxies: Vec<String> = http.trusted_proxies.iter().map(ToString::to_string).collect();
    assert_eq!(http.connections_per_address_max, 3);
    assert_eq!((http.connections_max, proxies), (7, vec!["10.0.0.0/8".to_owned(), "::1/128".to_owned()]));
    assert_eq!(options.tls, Some(TlsPaths { certificate: "c".into(), key: "k".into() }));
    assert_eq!(options.metrics.map(|at| at.port()), Some(2));
    assert_eq!((options.log.format, options.memory), (LogFormat::Json, Memory::Bytes(2 << 30)));
    assert_eq!(options.book_bytes_max(), 3 << 29);
    assert_eq!(serve("serve --memory 2GiB", &[]).book_bytes_max(), 1 << 30);
}

#[test]
fn flags_win_then_the_environment_then_the_file() {
    let known: BTreeSet<String> = ["listen", "memory", "trusted-proxy", "log-format"].map(str::to_owned).into();
    let text = "listen = '127.0.0.1:3'\nmemory = '30%'\ntrusted_proxy = ['10.0.0.0/8', '::1']\nlog-format = 'json'";
    let file = ConfigFile::parse("f".into(), text, &known).expect("a file");
    let variables = [("RINGBOOK_LISTEN", "127.0.0.1:2"), ("RINGBOOK_MEMORY", "20%")];
    let options = read("serve --listen 127.0.0.1:1", &variables, Some(&file), serve_options).expect("options");
    assert_eq!((options.listen.port(), options.memory), (1, Memory::Share { percent: 20 }));
    assert_eq!((options.http.trusted_proxies.len(), options.log.format), (2, LogFormat::Json));
    assert_eq!(options.log.file, Some(file.clone()));
    let above = read("serve --log debug", &[], Some(&file), serve_options).expect("options");
    assert_eq!(above.log.file, None);
}

#[test]
fn a_file_is_named_by_flag_or_variable() {
    let place = place();
    let path = place.path().join("ringbook.toml");
    let path = path.to_str().expect("UTF-8");
    let data = place.path().join("data");
    std::fs::write(path, format!("data = '{}'\nlisten = '127.0.0.1:1'\njson = true\n", data.display()))
        .expect("written");
    let added = super::told(&["customer", "add", "C", "--config", path], &[], "");
    assert_eq!(added.out, "{\"id\":1}\n", "{}", added.err);
    let list = super::told(&["customer", "list"], &[("RINGBOOK_CONFIG", path)], "");
    assert!(list.out.starts_with("[{\"id\":1,"), "{}", list.err);
    std::fs::write(path, "lisen = 'x'").expect("written");
    let refused = super::told(&["serve", "--config", path], &[], "");
    assert_eq!(refused.exit, super::Exit::WrongUsage);
    assert!(refused.err.contains("ringbook.toml") && refused.err.contains("`lisen`"), "{}", refused.err);
}
