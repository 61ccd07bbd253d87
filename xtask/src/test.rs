//! `cargo xtask test`: everything that must hold before a change is taken in.

use ringbook_testbed::Cluster;

use crate::clients;
use crate::steps::{Steps, cargo};

/// Names the database that the tests compare with.
const DATABASE_ENV: &str = "RINGBOOK_TEST_POSTGRES";
/// Says where the servers that are tested keep their data.
const STORE_ENV: &str = "RINGBOOK_TEST_STORE";

/// Runs the chore.
///
/// # Errors
/// An argument is unknown, or a step failed.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let end = arguments.iter().position(|argument| argument == "--").unwrap_or(arguments.len());
    let lint = match &arguments[..end] {
        [] => true,
        [only] if only == "--no-lint" => false,
        others => return Err(format!("test does not know {}", others.join(" "))),
    };
    let mut steps = Steps::default();
    if lint {
        steps.run("formatting", &mut cargo(&["fmt", "--all", "--check"]));
        let clippy = ["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"];
        steps.run("lints", &mut cargo(&clippy));
    }
    let outcome = tests(&mut steps, arguments.get(end + 1..).unwrap_or_default());
    let outcome = outcome.and_then(|()| clients::run(&mut steps));
    let summary = steps.summary();
    outcome.and(summary)
}

fn tests(steps: &mut Steps, options: &[String]) -> Result<(), String> {
    // Built before the database is started: a database should not wait for a compiler.
    steps.run("build", &mut cargo(&["test", "--workspace", "--no-run"]));
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

/// All tests, and those of the program once more with its data in the database.
fn run_tests(steps: &mut Steps, options: &[String], cluster: Option<&Cluster>) {
    let mut all = cargo(&["test", "--workspace", "--no-fail-fast", "--"]);
    let mut again = cargo(&["test", "--package", "ringbook", "--test", "it", "--no-fail-fast", "--"]);
    again.env(STORE_ENV, "postgres");
    for (name, command) in [("tests", &mut all), ("tests of the program on PostgreSQL", &mut again)] {
        if let Some(cluster) = cluster {
            command.env(DATABASE_ENV, cluster.connection());
        }
        steps.run(name, command.args(options));
    }
}
