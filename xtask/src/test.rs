//! `cargo xtask test`: everything that must hold before a change is merged.

use std::process::Command;

use ringbook_testbed::workspace::cargo;
use ringbook_testbed::{Cluster, output};

use crate::setup::Scope;
use crate::steps::Steps;
use crate::{dependencies, package_test, page_checks, published_clients, setup};

/// Names the database server that tests may use.
const DATABASE_ENV: &str = "RINGBOOK_TEST_POSTGRES";
/// Says where the tested servers keep their data.
const STORE_ENV: &str = "RINGBOOK_TEST_STORE";
/// Tools whose tests run with `cargo test -p NAME`; lints compile them all the same.
const EXCLUDED: [&str; 4] = ["--exclude", "ringbook-bench", "--exclude", "ringbook-faults"];

/// Runs the chore.
///
/// # Errors
/// An argument is unknown, something cannot be installed, or a step failed.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let end = arguments.iter().position(|argument| argument == "--").unwrap_or(arguments.len());
    let (mut lint, mut install, mut advisories_required) = (true, true, false);
    for argument in &arguments[..end] {
        match argument.as_str() {
            "--no-lint" => lint = false,
            "--no-install" => install = false,
            "--advisories" => advisories_required = true,
            other => return Err(format!("test: unknown argument {other}")),
        }
    }
    let mut steps = Steps::default();
    let prepare = if install { setup::install } else { setup::check };
    steps.prepare("setup", || prepare(Scope::Tests))?;
    if lint {
        steps.run("formatting", &mut cargo(&["fmt", "--all", "--check"]));
        let clippy = ["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"];
        steps.run("lints", &mut cargo(&clippy));
        dependencies::check(&mut steps, advisories_required);
        page_checks::run(&mut steps);
    }
    let outcome = tests(&mut steps, arguments.get(end + 1..).unwrap_or_default());
    let outcome = outcome.and_then(|()| published_clients::run(&mut steps));
    // The error shows in the summary.
    let _ = steps.prepare("Debian package", || package_test::run(&[]));
    let summary = steps.summary();
    outcome.and(summary)
}

fn tests(steps: &mut Steps, options: &[String]) -> Result<(), String> {
    // Built before PostgreSQL is started, so that the server does not idle during the build.
    steps.run("build", cargo(&["test", "--workspace", "--no-run"]).args(EXCLUDED));
    if std::env::var_os(DATABASE_ENV).is_some() {
        run_tests(steps, options, None);
        return Ok(());
    }
    let cluster = steps.prepare("PostgreSQL with jsquery", || {
        let cluster = Cluster::start()?;
        cluster.add_extension("jsquery")?;
        Ok(cluster)
    })?;
    run_tests(steps, options, Some(&cluster));
    Ok(())
}

/// All tests, and those of the program once more with their data in PostgreSQL.
fn run_tests(steps: &mut Steps, options: &[String], cluster: Option<&Cluster>) {
    let mut all = test_command(&[&["--workspace"], &EXCLUDED[..]].concat());
    let mut again = test_command(&["--package", "ringbook", "--test", "it"]);
    again.env(STORE_ENV, "postgres");
    for (name, command) in [("tests", &mut all), ("tests of the program on PostgreSQL", &mut again)] {
        if let Some(cluster) = cluster {
            command.env(DATABASE_ENV, cluster.connection());
        }
        steps.run(name, command.args(options));
    }
}

/// `cargo nextest run` where nextest is installed, `cargo test` otherwise; options for the tests follow.
fn test_command(selection: &[&str]) -> Command {
    let has_nextest = output(&mut cargo(&["nextest", "--version"])).is_some();
    let mut command = if has_nextest { cargo(&["nextest", "run"]) } else { cargo(&["test"]) };
    command.args(selection).args(["--no-fail-fast", "--"]);
    command
}
