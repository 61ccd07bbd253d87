//! LDAP as clients that are written by others ask it: python-ldap, ldapts, the crate ldap3, and the library of the softphone
//! Linphone. `ldapsearch` of OpenLDAP is in `ldap.rs`.

use std::path::{Path, PathBuf};
use std::process::Command;

use ldap3::adapters::{Adapter, EntriesOnly, PagedResults};
use ldap3::{LdapConn, LdapConnSettings, Scope, SearchEntry};
use ringbook_testbed::http_client::WAIT_MAX;
use ringbook_testbed::workspace::target;
use serde_json::{Value, json};

use super::ldap::{CONTACTS, Directory};

const BASE: &str = "dc=phonebook";
/// The Python that packages of Debian are for.
const PYTHON: &str = "/usr/bin/python3";

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/devices/clients").join(name)
}

/// What a client prints; it must succeed.
#[track_caller]
fn printed(command: &mut Command) -> String {
    let program = command.get_program().display().to_string();
    let output = command.output().unwrap_or_else(|error| panic!("{program}: {error}: `cargo xtask setup` installs it"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} ({}), which `cargo xtask setup` installs: {said}", output.status);
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn python_ldap_searches_sorts_and_reads_the_schema() {
    let directory = Directory::start(CONTACTS, &[]);
    let url = format!("ldap://{}", directory.ldap);
    let found = read(&printed(Command::new(PYTHON).arg(script("python_ldap.py")).args([&url, &directory.key])));
    let names = |names: &[&str]| names.iter().map(|name| json!({"cn": [name]})).collect::<Vec<_>>();
    assert_eq!(
        found,
        json!({
            "wrong password": "invalid credentials",
            "who am I": "u:device-1",
            "prefix": names(&["Ivanov Boris", "Ivanova Anna"]),
            "number": [{"cn": ["Ivanova Anna"], "mobile": ["+79161234567"]}],
            "order": ["Ivanov", "Ivanova"],
            "limit": "size limit exceeded",
            "read again": {"cn": ["Smith Zoe"]},
            "compare": [true, false],
            "delete": "unwilling to perform",
            "sorted pages": [["Smith", "Ivanova", "Ivanov"], ["Adams"]],
            "schema": ["cn=Subschema"],
            "ordering of sn": "caseIgnoreOrderingMatch",
        })
    );
}

#[test]
fn ldapts_searches_and_reads_pages() {
    let directory = Directory::start(CONTACTS, &[]);
    let url = format!("ldap://{}", directory.ldap);
    let mut node = Command::new("node");
    node.arg(script("ldapts.cjs")).arg(target().join("ldap-clients")).args([&url, &directory.key]);
    let mut found = read(&printed(&mut node));
    let mut paged: Vec<String> =
        found["paged"].as_array().expect("a list").iter().map(|name| name.to_string()).collect();
    paged.sort();
    assert_eq!(paged, ["\"Adams\"", "\"Ivanov Boris\"", "\"Ivanova Anna\"", "\"Smith Zoe\""]);
    found["paged"].take();
    assert_eq!(
        found,
        json!({
            "wrong password": "invalid credentials",
            "prefix": ["Ivanov Boris", "Ivanova Anna"],
            "number": [["Ivanova Anna", "+79161234567"]],
            "order": ["Ivanov Boris", "Ivanova Anna"],
            "paged": null,
            "read again": "Smith Zoe",
            "compare": [true, false],
            "delete": "unwilling to perform",
        })
    );
}

#[test]
fn the_crate_ldap3_searches_and_reads_pages() {
    let directory = Directory::start(CONTACTS, &[]);
    let settings = LdapConnSettings::new().set_conn_timeout(WAIT_MAX);
    let mut ldap = LdapConn::with_settings(settings, &format!("ldap://{}", directory.ldap)).expect("a connection");
    let refused = ldap.simple_bind("cn=phone", "wrong").expect("an answer");
    assert_eq!(refused.rc, 49, "{refused}");
    ldap.simple_bind("cn=phone", &directory.key).expect("an answer").success().expect("bound");
    let mut search = |filter: &str, attributes: Vec<&str>| {
        let found = ldap.search(BASE, Scope::Subtree, filter, attributes).expect("an answer");
        let (entries, _) = found.success().expect("found");
        entries.into_iter().map(SearchEntry::construct).collect::<Vec<_>>()
    };
    let found = search("(|(telephoneNumber=8*)(mobile=*1234567))", vec!["cn", "mobile", "telephoneNumber"]);
    let values = |name: &str| found.iter().map(|entry| entry.attrs[name].join(",")).collect::<Vec<_>>();
    assert_eq!(values("cn"), ["Adams", "Ivanova Anna"]);
    assert_eq!(values("telephoneNumber"), ["+49301234567", "+79161234567"], "clients may ask for this attribute alone");
    assert_eq!(found[1].attrs["mobile"], ["+79161234567"]);
    assert!(!found[0].attrs.contains_key("mobile"), "a number of Berlin: {:?}", found[0]);
    let operational = search("(sn=smith)", vec!["*", "+"]).remove(0);
    assert!(operational.attrs.contains_key("entryUUID") && operational.attrs.contains_key("objectClass"));
    let adapters: Vec<Box<dyn Adapter<_, _>>> = vec![Box::new(EntriesOnly::new()), Box::new(PagedResults::new(1))];
    let mut stream =
        ldap.streaming_search_with(adapters, BASE, Scope::Subtree, "(sn=*)", vec!["cn"]).expect("a search");
    let mut count = 0;
    while stream.next().expect("an entry").is_some() {
        count += 1;
    }
    stream.result().success().expect("all pages");
    assert_eq!(count, 4);
    let exists = ldap.compare(&operational.dn, "sn", "smith").expect("an answer").equal().expect("compared");
    assert!(exists);
    ldap.unbind().expect("closed");
}

/// The contact list of Linphone is that of its library, which the script drives as the program does.
#[test]
fn linphone_shows_names_and_numbers() {
    let directory = Directory::start(CONTACTS, &[]);
    let home = tempfile::tempdir().expect("a directory");
    for part in [".local/share/linphone", ".config/linphone"] {
        std::fs::create_dir_all(home.path().join(part)).expect("made");
    }
    let (host, port) = (directory.ldap.ip().to_string(), directory.ldap.port().to_string());
    let shown = |filter: &str, text: &str| {
        let mut linphone = Command::new(PYTHON);
        linphone.arg(script("linphone.py")).args([&host, &port, &directory.key, filter, text]);
        let text = printed(linphone.env("HOME", home.path()).env_remove("DISPLAY"));
        let lines = text.lines().filter(|line| line.contains('\t')).map(str::to_owned);
        let mut lines: Vec<String> = lines.collect();
        lines.sort();
        lines.dedup();
        lines
    };
    assert_eq!(shown("(cn=*%s*)", "ivanov"), ["Ivanov Boris\t+79167654321", "Ivanova Anna\t+79161234567"]);
    assert_eq!(shown("(telephoneNumber=*%s*)", "49301234567"), ["Adams\t+49301234567"]);
}
