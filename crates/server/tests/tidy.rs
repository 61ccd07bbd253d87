//! The shape of the sources, checked by reading them: who may import whom, how long a file is, what is forbidden.
//!
//! The table of crates is the picture in `ARCHITECTURE.md`. To widen a row is a decision; make it here, and say why.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use imports::Modules;

#[path = "tidy/imports.rs"]
mod imports;

/// The longest source file.
const FILE_LINES_MAX: usize = 500;

/// The crates of the workspace that make up the program, from the bottom to the top, and those that each may depend on.
/// The compiler holds the walls; this table says where they are, so that widening one is a decision.
const CRATES: [(&str, &[&str]); 20] = [
    ("pg-regex", &[]),
    ("jsquery", &[]),
    // Numbering plans and signs of phone numbers.
    ("phone-number", &[]),
    ("book", &["jsquery", "pg-regex", "phone-number"]),
    ("clock", &["book"]),
    ("telemetry", &[]),
    ("json", &[]),
    ("workers", &["telemetry"]),
    ("store", &["book", "clock", "telemetry"]),
    ("app", &["book", "clock", "telemetry", "workers", "store"]),
    ("http", &["telemetry", "workers"]),
    ("jsonrpc", &["book", "clock", "telemetry", "json", "workers", "store", "app", "http"]),
    ("directory-view", &["book", "store", "app"]),
    ("phones", &["book", "json", "store", "app", "http", "directory-view"]),
    ("ldap-wire", &[]),
    ("ldap", &["json", "book", "store", "app", "http", "directory-view", "ldap-wire"]),
    ("carddav", &["book", "app", "http", "directory-view"]),
    ("formats", &["book", "phone-number"]),
    ("client-area", &["clock", "workers", "store", "app", "http", "jsonrpc", "formats"]),
    (
        "server",
        &[
            "book",
            "clock",
            "telemetry",
            "workers",
            "store",
            "app",
            "http",
            "jsonrpc",
            "client-area",
            "phones",
            "ldap",
            "carddav",
            "formats",
            "phone-number",
        ],
    ),
];

/// Third-party crates that only some modules of a crate may use: crate of ours, third-party crate, modules.
const OUTSIDERS: [(&str, &str, &[&str]); 6] = [
    ("store", "rusqlite", &["sqlite"]),
    ("store", "tokio_postgres", &["postgres"]),
    ("store", "futures_util", &["postgres"]),
    ("store", "deadpool", &["postgres"]),
    // The description of the methods is made once; calls and answers never touch it.
    ("jsonrpc", "serde_json", &["discovery"]),
    ("server", "hyper", &["transfer"]),
];

/// Where an engine keeps statements that only it understands, or that only it needs to find what is wrong; and where
/// statements are made that go through whole tables, of whatever customer.
const STATEMENTS_OWN: [&str; 5] = [
    "postgres/migrations.rs",
    "postgres/schema_check.rs",
    "postgres/integrity.rs",
    "postgres/listener.rs",
    "moving/tables.rs",
];

/// What the book must not know of. Threads it may have: a long scan is divided among idle processors.
const BOOK_KNOWS_NOT: [&str; 7] =
    ["Instant", "SystemTime", "std::net", "std::fs", "std::env", "std::io", "std::process"];

/// Names under which everything ends up.
const NAMES_OF_NOTHING: [&str; 8] = ["error", "errors", "util", "utils", "common", "types", "manager", "helpers"];

/// Marks of unfinished work that no lint finds; in two parts, so that they are not found here.
const UNFINISHED: [(&str, &str); 3] = [("FIX", "ME"), ("XX", "X:"), ("#[ign", "ore")];

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
        parts.iter().any(|part| {
            ["tests", "benches", "examples", "fuzz", "testbed", "tests.rs", "testing.rs", "testbed"].contains(part)
        })
    }

    /// The text without remarks and without the tests at its end.
    fn product(&self) -> String {
        let end = self
            .text
            .find("#[cfg(test)]\nmod tests {")
            .or_else(|| self.text.find("#[cfg(test)]\npub(crate) mod tests {"))
            .unwrap_or(self.text.len());
        let lines = self.text[..end].lines().filter(|line| !line.trim_start().starts_with("//"));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// The crate of the program that the file belongs to, and its path inside the crate's sources.
    fn place(&self) -> Option<(&str, &str)> {
        let (member, inside) = self.path.strip_prefix("crates/")?.split_once('/')?;
        let inside = inside.strip_prefix("src/")?;
        CRATES.iter().any(|(known, _)| *known == member).then_some((member, inside))
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace")
}

fn sources() -> Vec<Source> {
    let root = root();
    let mut found = Vec::new();
    for place in ["crates", "tools", "xtask", "fuzz"] {
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

/// Whether the path of a source within its crate is that of a top-level module or of something inside it.
fn in_module(path: &str, module: &str) -> bool {
    path.split_once(['/', '.']).is_some_and(|(first, _)| first == module)
}

/// The section of a manifest with this head.
fn section<'t>(manifest: &'t str, head: &str) -> &'t str {
    manifest.split(head).nth(1).map_or("", |text| text.split("\n[").next().unwrap_or_default())
}

fn manifest(member: &str) -> String {
    fs::read_to_string(root().join("crates").join(member).join("Cargo.toml")).expect("a manifest")
}

/// The manifests of all crates of the workspace.
fn manifests() -> Vec<PathBuf> {
    let root = root();
    let entries = ["crates", "tools"].into_iter().flat_map(|folder| fs::read_dir(root.join(folder)).expect("a folder"));
    let folders = entries.map(|entry| entry.expect("an entry").path()).chain([root.join("fuzz"), root.join("xtask")]);
    let found: Vec<PathBuf> = folders.map(|folder| folder.join("Cargo.toml")).filter(|path| path.exists()).collect();
    assert!(found.len() > 15, "{found:?}");
    found
}

#[test]
fn crates_depend_only_downwards() {
    for (at, (member, below)) in CRATES.iter().enumerate() {
        let lower: Vec<&str> = CRATES[..at].iter().map(|(lower, _)| *lower).collect();
        assert!(below.iter().all(|name| lower.contains(name)), "the row of {member} names a crate above it");
        let manifest = manifest(member);
        let needed: BTreeSet<&str> = section(&manifest, "[dependencies]")
            .lines()
            .filter_map(|line| line.split_once("path = \"../")?.1.split('"').next())
            .collect();
        assert_eq!(needed, below.iter().copied().collect(), "dependencies of {member}");
    }
}

#[test]
fn modules_of_a_crate_do_not_import_each_other_in_circles() {
    let mut crates: BTreeMap<String, Modules> = BTreeMap::new();
    for source in sources().iter().filter(|source| !source.is_trial()) {
        if let Some((member, inside)) = source.path.split_once("/src/") {
            crates.entry(member.to_owned()).or_default().add(inside, &source.product());
        }
    }
    let circles: Vec<_> =
        crates.iter().flat_map(|(member, modules)| modules.circles().into_iter().map(move |c| (member, c))).collect();
    assert!(circles.is_empty(), "modules that import each other: {circles:?}");
}

#[test]
fn circles_are_found() {
    let mut modules = Modules::default();
    modules.add("lib.rs", "mod a;\nmod b;\npub mod c;\npub use c::d::Thing;");
    modules.add("a.rs", "use crate::b::{One, two::Three};\nfn f() { g(\"crate::c\") }");
    modules.add("b.rs", "pub use self::two::Three;\nmod two;");
    modules.add("b/two.rs", "fn f() { super::super::c::d::made(); }");
    modules.add("c.rs", "pub mod d;");
    modules.add("c/d.rs", "#[cfg(test)]\nuse crate::b::One;\n");
    assert!(modules.circles().is_empty());
    modules.add("c/d.rs", "use crate::{Thing, a};\n");
    assert_eq!(modules.circles(), [["a", "b/two", "c/d"]]);
}

#[test]
fn crates_are_used_in_their_modules_only() {
    for source in sources() {
        let Some((member, inside)) = source.place().filter(|_| !source.is_trial()) else { continue };
        let text = source.product();
        for (home, outsider, modules) in OUTSIDERS.iter().filter(|(home, _, _)| *home == member) {
            let is_used = ["", " ", "(", "<", "&"].iter().any(|before| text.contains(&format!("{before}{outsider}::")));
            let is_home = modules.iter().any(|module| in_module(inside, module));
            assert!(!is_used || is_home, "{home}/{inside} uses {outsider}");
        }
    }
}

#[test]
fn the_book_does_no_io() {
    for source in sources().iter().filter(|source| source.path.starts_with("crates/book/src/") && !source.is_trial()) {
        let text = source.product();
        for name in BOOK_KNOWS_NOT {
            assert!(!names(&text, name), "{} names {name}", source.path);
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

/// The name of the type that a line declares at the top of a file.
fn declared_type(line: &str) -> Option<&str> {
    let visible = line.strip_prefix("pub").map_or(line, |rest| {
        rest.strip_prefix('(').and_then(|rest| rest.split_once(')')).map_or(rest, |(_, rest)| rest)
    });
    let (kind, rest) = visible.trim_start().split_once(' ')?;
    let is_type = ["struct", "enum", "trait", "type", "union"].contains(&kind) && !line.starts_with(' ');
    is_type.then(|| rest.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default())
}

#[test]
fn no_two_modules_of_a_crate_have_types_of_the_same_name() {
    let mut declared: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for source in sources().iter().filter(|source| !source.is_trial()) {
        let Some((member, _)) = source.path.split_once("/src/") else { continue };
        for name in source.product().lines().filter_map(declared_type) {
            let files = declared.entry((member.to_owned(), name.to_owned())).or_default();
            files.insert(source.path.clone());
        }
    }
    assert!(declared.len() > 500, "only {} types were found", declared.len());
    let doubled: Vec<_> = declared.iter().filter(|(_, files)| files.len() > 1).collect();
    assert!(doubled.is_empty(), "a search for one of these names finds two types: {doubled:#?}");
}

#[test]
fn no_work_is_unfinished_and_every_expectation_is_explained() {
    for source in sources() {
        for (one, two) in UNFINISHED {
            assert!(!source.text.contains(&format!("{one}{two}")), "{}: {one}", source.path);
        }
        let is_explained = source.is_trial() || !source.product().contains(".expect(\"\")");
        assert!(is_explained, "{} expects without a reason", source.path);
    }
}

#[test]
fn every_crate_inherits_the_lints() {
    for manifest in manifests() {
        let text = fs::read_to_string(&manifest).expect("a manifest");
        assert_eq!(section(&text, "[lints]").trim(), "workspace = true", "{}", manifest.display());
    }
}

#[test]
fn every_dependency_has_its_reason() {
    for manifest in manifests() {
        let text = fs::read_to_string(&manifest).expect("a manifest");
        let mut section = "";
        let mut before = "";
        for line in text.lines() {
            if line.starts_with('[') {
                section = line;
            } else if section.contains("dependencies]") && line.contains(" = ") && !line.starts_with(['#', ' ']) {
                let has_reason = before.starts_with("# ") && before.len() > 4;
                assert!(has_reason, "{}: no reason above {line:?}", manifest.display());
            }
            before = line;
        }
    }
}

#[test]
fn every_path_that_the_documents_name_exists() {
    let root = root();
    let mut named = 0;
    for document in ["ARCHITECTURE.md", "CONTRIBUTING.md"] {
        let text = fs::read_to_string(root.join(document)).expect("the document");
        let paths =
            text.split('`').skip(1).step_by(2).filter(|code| code.starts_with("crates/") && !code.contains(' '));
        for path in paths {
            named += 1;
            assert!(root.join(path).exists(), "{document} names {path}, which does not exist");
        }
    }
    assert!(named > 60, "{named} paths");
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
    let schema = root().join("crates/store/src/schema/sqlite/0001.sql");
    let schema = fs::read_to_string(schema).expect("the schema");
    let tables = schema.split("CREATE TABLE ").skip(1).filter(|table| table.contains("customer_id INTEGER NOT NULL"));
    tables.filter_map(|table| table.split_whitespace().next().map(str::to_owned)).collect()
}

#[test]
fn every_statement_on_a_book_names_its_customer() {
    let sources = sources();
    let home = sources.iter().find(|source| source.path.ends_with("store/src/statements.rs")).expect("the statements");
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
    for source in sources.iter().filter(|source| source.place().is_some() && !source.is_trial()) {
        let text = source.product();
        if source.path != home.path && text.contains("ringbook_store") | source.path.contains("/store/") {
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
    assert_eq!(literals("a \"b\\\"c\" \"d \\\n   e\""), ["b\"c", "d e"]);
    assert!(names("FROM groups WHERE", "groups") && !names("FROM subgroups", "groups"));
}
