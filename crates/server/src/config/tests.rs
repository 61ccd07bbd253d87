//! Where settings come from, and how texts are read.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::file::CONFIG_BYTES_MAX;
use super::*;

fn matches(arguments: &[&str]) -> ArgMatches {
    let text = |name| Arg::new(name).long(name);
    Command::new("t")
        .no_binary_name(true)
        .args([text("data").default_value("d"), text("database"), text("log-format")])
        .arg(text("proxy").action(ArgAction::Append))
        .arg(Arg::new("json").long("json").action(ArgAction::SetTrue))
        .get_matches_from(arguments)
}

fn file(text: &str) -> Result<ConfigFile, String> {
    let known: BTreeSet<String> = ["data", "database", "log-format", "proxy", "json"].map(str::to_owned).into();
    ConfigFile::parse("r.toml".into(), text, &known).map_err(|wrong| wrong.to_string())
}

fn as_it_is(text: &str) -> Result<String, String> {
    Ok(text.to_owned())
}

/// The three sources at once: arguments, variables, the file's text.
fn with<T>(arguments: &[&str], variables: &[(&str, &str)], text: &str, ask: impl FnOnce(Layers<'_>) -> T) -> T {
    let matches = matches(arguments);
    let file = file(text).expect("a good file");
    let environment =
        |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value));
    ask(Layers::new(&matches, &environment, Some(&file)))
}

#[test]
fn the_highest_source_wins() {
    let variables = [("RINGBOOK_DATA", "env"), ("RINGBOOK_LOG_FORMAT", "")];
    let data = |layers: Layers<'_>| layers.value("data", as_it_is).expect("a value");
    assert_eq!(with(&["--data", "flag"], &variables, "data = 'file'", data).as_deref(), Some("flag"));
    assert_eq!(with(&[], &variables, "data = 'file'", data).as_deref(), Some("env"));
    assert_eq!(with(&[], &[], "data = 'file'", data).as_deref(), Some("file"));
    assert_eq!(with(&[], &[], "", data).as_deref(), Some("d"));
    let format = |layers: Layers<'_>| layers.value("log-format", as_it_is).expect("a value");
    assert_eq!(
        with(&[], &variables, "log_format = 'json'", format).as_deref(),
        Some("json"),
        "an empty variable is none"
    );
    assert_eq!(with(&[], &[], "", format), None);
}

#[test]
fn lists_and_switches_come_from_every_source() {
    let list = |layers: Layers<'_>| layers.list("proxy", as_it_is).expect("a list");
    assert_eq!(with(&["--proxy", "a", "--proxy", "b,c"], &[("RINGBOOK_PROXY", "x")], "", list), ["a", "b", "c"]);
    assert_eq!(with(&[], &[("RINGBOOK_PROXY", "x, y")], "proxy = ['z']", list), ["x", "y"]);
    assert_eq!(with(&[], &[], "proxy = ['z', 7]", list), ["z", "7"]);
    let json = |layers: Layers<'_>| layers.is_up("json");
    assert_eq!(with(&["--json"], &[("RINGBOOK_JSON", "0")], "", json), Ok(true));
    assert_eq!(with(&[], &[("RINGBOOK_JSON", "1")], "", json), Ok(true));
    assert_eq!(with(&[], &[], "json = true", json), Ok(true));
    assert_eq!(with(&[], &[], "", json), Ok(false));
    assert!(with(&[], &[("RINGBOOK_JSON", "perhaps")], "", json).is_err());
}

#[test]
fn flags_that_exclude_each_other_are_weighed_by_source() {
    let which = |layers: Layers<'_>| layers.one_of(["data", "database"]);
    assert_eq!(with(&["--database", "x"], &[("RINGBOOK_DATA", "d")], "", which), Ok(Some("database")));
    assert_eq!(with(&["--data", "x"], &[("RINGBOOK_DATABASE", "d")], "", which), Ok(Some("data")));
    assert_eq!(with(&[], &[], "database = 'x'", which), Ok(Some("database")));
    assert_eq!(with(&[], &[], "", which), Ok(None));
    assert!(with(&["--data", "x", "--database", "y"], &[], "", which).is_err());
    assert!(with(&[], &[], "data = 'x'\ndatabase = 'y'", which).is_err());
}

#[test]
fn a_wrong_value_says_where_it_stands() {
    let format = |layers: Layers<'_>| layers.value("log-format", value::log_format).expect_err("wrong").to_string();
    assert!(with(&["--log-format", "xml"], &[], "", format).starts_with("--log-format: \"xml\" is not"));
    assert!(with(&[], &[("RINGBOOK_LOG_FORMAT", "xml")], "", format).starts_with("RINGBOOK_LOG_FORMAT: "));
    assert!(with(&[], &[], "log_format = 'xml'", format).starts_with("key `log_format` in r.toml: "));
    assert!(with(&[], &[], "log_format = ['text', 'json']", format).contains("one value"));
    let matches = matches(&[]);
    let no_text = |_: &str| Some(OsString::from_vec(vec![0xff]));
    let layers = Layers::new(&matches, &no_text, None);
    assert!(layers.value("data", as_it_is).is_err_and(|wrong| wrong.to_string().contains("UTF-8")));
}

#[test]
fn a_file_is_refused_by_line_or_key() {
    for (text, part) in [
        ("data = 'x'\nlisten = [", "r.toml: line 2"),
        ("lisen = 'x'", "unknown key `lisen`; the keys are data, database"),
        ("config = 'x'", "unknown key `config`"),
        ("[data]\nx = 1", "key `data` must be"),
        ("data = [['x']]", "key `data` must be"),
        ("log-format = 'text'\nlog_format = 'text'", "named twice"),
        ("data = 'x'\ndata = 'y'", "r.toml: line 2"),
    ] {
        let wrong = file(text).expect_err(text);
        assert!(wrong.contains(part) && !wrong.contains('\n'), "{text}: {wrong}");
    }
}

#[test]
fn a_file_on_disk_is_bounded() {
    let place = tempfile::tempdir().expect("a directory");
    let path = place.path().join("c.toml");
    let read = || ConfigFile::read(&path, &BTreeSet::new()).map_err(|wrong| wrong.to_string());
    assert!(read().is_err_and(|wrong| wrong.contains("c.toml")));
    std::fs::write(&path, "#".repeat(CONFIG_BYTES_MAX as usize + 1)).expect("written");
    assert!(read().is_err_and(|wrong| wrong.contains("larger")));
    std::fs::write(&path, "# nothing").expect("written");
    assert!(read().is_ok());
}

#[test]
fn the_log_filter_is_read_anew_where_the_file_decides() {
    let place = tempfile::tempdir().expect("a directory");
    let path = place.path().join("c.toml");
    let write = |text: &str| std::fs::write(&path, text).expect("written");
    write("log = 'info'");
    let file = ConfigFile::read(&path, &["log".to_owned()].into()).expect("a file");
    let log = LogOptions { format: LogFormat::Text, filter: "info".into(), slow: Duration::ZERO, file: Some(file) };
    for (text, filter) in
        [("log = 'debug'", Some("debug")), ("", Some("info")), ("log = 'a=b=c'", None), ("lag = 1", None)]
    {
        write(text);
        assert_eq!(log.reread_filter().as_deref(), filter, "{text}");
    }
    assert_eq!(LogOptions { file: None, ..log }.reread_filter(), None);
}

#[test]
fn sizes_and_shares_are_read() {
    for (text, bytes) in [("500", 500), ("64KiB", 65_536), ("1m", 1 << 20), ("2 GB", 2_000_000_000), ("1TiB", 1 << 40)]
    {
        assert_eq!(value::size(text), Ok(bytes), "{text}");
    }
    for text in ["", "KiB", "1.5G", "-1", "1 MiB B", "99999999999999TiB", "１KiB"] {
        assert!(value::size(text).is_err(), "{text}");
    }
    assert_eq!(value::memory("70%"), Ok(Memory::Share { percent: 70 }));
    assert_eq!(value::memory("2GiB"), Ok(Memory::Bytes(2 << 30)));
    for text in ["0%", "101%", "%", "70.5%", "10", "lots"] {
        assert!(value::memory(text).is_err(), "{text}");
    }
    assert!(value::part_size("1KiB").is_ok() && value::part_size("1023").is_err() && value::part_size("2GiB").is_err());
}

#[test]
fn times_addresses_and_limits_are_read() {
    assert_eq!(value::seconds("0.5"), Ok(Duration::from_millis(500)));
    for text in ["0", "-1", "NaN", "inf", "86401", "10s"] {
        assert!(value::seconds(text).is_err(), "{text}");
    }
    assert_eq!(value::listen("localhost:0").map(|at| at.to_string()), Ok("127.0.0.1:0".to_owned()));
    for text in ["8080", ":8080", "127.0.0.1", "h:1", "127.0.0.1:65536"] {
        assert!(value::listen(text).is_err(), "{text}");
    }
    assert_eq!(value::limit("none"), Ok(None));
    assert_eq!(value::limit("0"), Ok(Some(0)));
    for text in ["", "-1", "None", "1e3", "+1", "1000000000001"] {
        assert!(value::limit(text).is_err(), "{text}");
    }
    assert_eq!(value::proxies("10.1.2.3/8").map(|net| net.to_string()), Ok("10.0.0.0/8".to_owned()));
    assert!(value::id("0").is_err() && value::id("9223372036854775808").is_err());
}

#[test]
fn texts_are_one_plain_line() {
    assert_eq!(value::name("  Acme & Söhne "), Ok("Acme & Söhne".to_owned()));
    assert!(value::name(" ").is_err() && value::name("a\nb").is_err() && value::name("a\u{1b}[1m").is_err());
    assert!(value::name(&"я".repeat(255)).is_ok() && value::name(&"я".repeat(256)).is_err());
    assert!(value::optional_name("").is_ok() && value::login("a b").is_err() && value::login("").is_err());
    assert!(value::rights("address_book:select,write").is_err_and(|text| text.contains("client_user:select")));
}
