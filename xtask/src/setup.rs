//! `cargo xtask setup`: installs the programs that the tests and tools need beside Rust and a C compiler.
//!
//! Debian packages are installed with apt-get, as root or through sudo; Python packages go into virtual environments
//! under `target/`, and so do packages of npm; cargo-deny is installed by cargo. What is there already is left alone.

use std::process::Command;

use ringbook_testbed::{Postgres, output};

use crate::apt::Apt;
use crate::npm_packages::{self, LDAP_CLIENTS};
use crate::{cargo_tools, page_checks, published_clients};

/// Where a requirement is needed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// By `cargo xtask test`.
    Tests,
    /// By `cargo xtask bench` as well.
    Bench,
}

/// Something to install.
struct Requirement {
    scope: Scope,
    /// What it is and what needs it.
    what: &'static str,
    is_met: fn() -> bool,
    source: Source,
}

/// Where it comes from.
enum Source {
    /// Debian packages, named once the package lists are up to date.
    Debian(fn() -> Result<Vec<String>, String>),
    /// A function that installs it, and where from.
    Other { from: &'static str, install: fn() -> Result<(), String> },
}

/// In this order: Python and npm before their packages.
const REQUIREMENTS: [Requirement; 20] = [
    Requirement {
        scope: Scope::Tests,
        what: "PostgreSQL 15 or later with the extension jsquery (tests on PostgreSQL)",
        is_met: Postgres::is_installed,
        source: Source::Debian(postgres_packages),
    },
    Requirement {
        scope: Scope::Tests,
        what: "ps (tests that kill servers)",
        is_met: || runs("ps", "--version"),
        source: Source::Debian(|| Ok(vec!["procps".to_owned()])),
    },
    Requirement {
        scope: Scope::Tests,
        what: "Chromium and ChromeDriver (tests of the client area in a browser)",
        is_met: || runs("chromium", "--version") && runs("chromedriver", "--version"),
        source: Source::Debian(|| Ok(vec!["chromium".to_owned(), "chromium-driver".to_owned()])),
    },
    Requirement {
        scope: Scope::Tests,
        what: "xmllint (tests of phone books)",
        is_met: || runs("xmllint", "--version"),
        source: Source::Debian(|| Ok(vec!["libxml2-utils".to_owned()])),
    },
    Requirement {
        scope: Scope::Tests,
        what: "ldapsearch (tests of LDAP)",
        is_met: || runs("ldapsearch", "-VV"),
        source: Source::Debian(|| Ok(vec!["ldap-utils".to_owned()])),
    },
    Requirement {
        scope: Scope::Tests,
        what: "python-ldap (tests of LDAP)",
        is_met: || runs("/usr/bin/python3", "-cimport ldap"),
        source: Source::Debian(|| Ok(vec!["python3-ldap".to_owned()])),
    },
    Requirement {
        scope: Scope::Tests,
        what: "Linphone with its library (tests of LDAP)",
        is_met: || runs("linphonec", "-v"),
        source: Source::Debian(|| Ok(vec!["linphone-cli".to_owned()])),
    },
    Requirement {
        scope: Scope::Tests,
        what: "kamailio with http_client (tests of look-ups)",
        is_met: has_kamailio_http_client,
        source: Source::Debian(|| Ok(vec!["kamailio".to_owned(), "kamailio-utils-modules".to_owned()])),
    },
    Requirement {
        scope: Scope::Tests,
        what: "vdirsyncer and khard (tests of CardDAV)",
        is_met: || runs("vdirsyncer", "--version") && runs("khard", "--version"),
        source: Source::Debian(|| Ok(vec!["vdirsyncer".to_owned(), "khard".to_owned()])),
    },
    Requirement {
        scope: Scope::Tests,
        what: "Python 3 with venv (published clients of the API)",
        is_met: published_clients::has_python,
        source: Source::Debian(|| Ok(vec!["python3-venv".to_owned()])),
    },
    Requirement {
        scope: Scope::Tests,
        what: "the packages in xtask/clients/*.txt (published clients of the API)",
        is_met: published_clients::are_installed,
        source: Source::Other { from: "PyPI, into target/clients", install: published_clients::install },
    },
    Requirement {
        scope: Scope::Tests,
        what: "Node.js with npm (checks of the client area, tests of LDAP)",
        is_met: npm_packages::has_npm,
        source: Source::Debian(|| Ok(vec!["nodejs".to_owned(), "npm".to_owned()])),
    },
    Requirement {
        scope: Scope::Tests,
        what: "TypeScript and axe-core (checks of the client area)",
        is_met: || page_checks::PACKAGES.are_installed(),
        source: Source::Other { from: "npm, into target/page-checks", install: || page_checks::PACKAGES.install() },
    },
    Requirement {
        scope: Scope::Tests,
        what: "ldapts (tests of LDAP)",
        is_met: || LDAP_CLIENTS.are_installed(),
        source: Source::Other { from: "npm, into target/ldap-clients", install: || LDAP_CLIENTS.install() },
    },
    Requirement {
        scope: Scope::Tests,
        what: "cargo-deny (licences, duplicate versions and advisories of dependencies)",
        is_met: cargo_tools::has_deny,
        source: Source::Other {
            from: "crates.io, with cargo install (some minutes)",
            install: cargo_tools::install_deny,
        },
    },
    Requirement {
        scope: Scope::Bench,
        what: "wrk",
        is_met: || Command::new("wrk").arg("--version").output().is_ok(),
        source: Source::Debian(|| Ok(vec!["wrk".to_owned()])),
    },
    Requirement {
        scope: Scope::Bench,
        what: "nginx",
        is_met: || runs("nginx", "-v"),
        source: Source::Debian(|| Ok(vec!["nginx-light".to_owned()])),
    },
    Requirement {
        scope: Scope::Bench,
        what: "Lighthouse (speed of the client area)",
        is_met: || page_checks::SPEED_PACKAGES.are_installed(),
        source: Source::Other {
            from: "npm, into target/page-speed",
            install: || page_checks::SPEED_PACKAGES.install(),
        },
    },
    Requirement {
        scope: Scope::Bench,
        what: "slapd of OpenLDAP",
        is_met: || std::path::Path::new("/usr/sbin/slapd").exists(),
        source: Source::Debian(|| Ok(vec!["slapd".to_owned()])),
    },
    Requirement {
        scope: Scope::Bench,
        what: "sqlite3",
        is_met: || runs("sqlite3", "--version"),
        source: Source::Debian(|| Ok(vec!["sqlite3".to_owned()])),
    },
];

/// Runs the chore.
///
/// # Errors
/// An argument is unknown, or something cannot be installed.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let (mut scope, mut only_check) = (Scope::Tests, false);
    for argument in arguments {
        match argument.as_str() {
            "--bench" => scope = Scope::Bench,
            "--check" => only_check = true,
            other => return Err(format!("setup: unknown argument {other}")),
        }
    }
    if only_check { check(scope) } else { install(scope) }
}

/// Fails if something is missing, and says what.
///
/// # Errors
/// Names what is missing.
pub fn check(scope: Scope) -> Result<(), String> {
    let missing = missing(scope);
    if missing.is_empty() {
        return Ok(());
    }
    let list: Vec<String> = missing.iter().map(|requirement| format!("\n  {}", requirement.what)).collect();
    Err(format!("missing:{}\n`cargo xtask setup` installs it", list.concat()))
}

/// Says what is missing and where it comes from, then installs it.
///
/// # Errors
/// Something cannot be installed; the error says what to do.
pub fn install(scope: Scope) -> Result<(), String> {
    let missing = missing(scope);
    if missing.is_empty() {
        eprintln!("nothing to install");
        return Ok(());
    }
    eprintln!("Will be installed:");
    for requirement in &missing {
        let from = match requirement.source {
            Source::Debian(_) => "Debian packages, with apt-get",
            Source::Other { from, .. } => from,
        };
        eprintln!("  {} from {from}", requirement.what);
    }
    install_packages(&missing)?;
    for requirement in &missing {
        if let Source::Other { from, install } = requirement.source {
            eprintln!("   {} from {from}", requirement.what);
            install()?;
        }
    }
    Ok(())
}

fn missing(scope: Scope) -> Vec<&'static Requirement> {
    let in_scope = |requirement: &&Requirement| requirement.scope == Scope::Tests || scope == Scope::Bench;
    REQUIREMENTS.iter().filter(in_scope).filter(|requirement| !(requirement.is_met)()).collect()
}

fn install_packages(missing: &[&Requirement]) -> Result<(), String> {
    let wanted: Vec<_> = missing
        .iter()
        .filter_map(|requirement| match requirement.source {
            Source::Debian(packages) => Some((requirement, packages)),
            Source::Other { .. } => None,
        })
        .collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = wanted.iter().map(|(requirement, _)| requirement.what).collect();
    let apt = Apt::find().ok_or_else(|| {
        format!(
            "apt-get cannot be used: it needs a Debian or Ubuntu system and root, or sudo without a password. \
             Install by other means: {}",
            names.join("; ")
        )
    })?;
    apt.update()?;
    let mut packages = Vec::new();
    for (_, of_requirement) in &wanted {
        packages.extend(of_requirement()?);
    }
    apt.install(&packages)?;
    match wanted.iter().find(|(requirement, _)| !(requirement.is_met)()) {
        None => Ok(()),
        Some((requirement, _)) => Err(format!("{} is still missing after installing packages", requirement.what)),
    }
}

/// The oldest supported release for which the system has a package of jsquery.
fn postgres_packages() -> Result<Vec<String>, String> {
    let mut search = Command::new("apt-cache");
    let names = output(search.args(["search", "--names-only", "^postgresql-[0-9]+-jsquery$"])).unwrap_or_default();
    let release = |line: &str| line.strip_prefix("postgresql-")?.split('-').next()?.parse().ok();
    let release: Option<u32> = names.lines().filter_map(release).filter(|release| Postgres::supports(*release)).min();
    let release = release.ok_or(
        "this system has no package postgresql-N-jsquery with N at least 15; build the extension from \
         https://github.com/postgrespro/jsquery",
    )?;
    Ok(vec![format!("postgresql-{release}"), format!("postgresql-{release}-jsquery")])
}

/// Whether a program can be run with this argument.
/// Whether Kamailio is installed with the module that makes requests, which is in a package of its own.
fn has_kamailio_http_client() -> bool {
    let directories = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    let mut modules = directories.map(|directory| directory.path().join("kamailio/modules/http_client.so"));
    runs("kamailio", "-v") && modules.any(|module| module.exists())
}

fn runs(program: &str, argument: &str) -> bool {
    output(Command::new(program).arg(argument)).is_some()
}
