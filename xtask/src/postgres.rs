//! `cargo xtask postgres`: a private PostgreSQL for single tests, kept until this program ends.

use std::io::{BufRead, stdin};

use ringbook_testbed::Cluster;

/// Starts the server, prints the variable that the tests read, and waits for the end of standard input.
///
/// # Errors
/// PostgreSQL is not installed or does not start.
pub fn run(arguments: &[String]) -> Result<(), String> {
    if let Some(argument) = arguments.first() {
        return Err(format!("postgres: unknown argument {argument}"));
    }
    let cluster = Cluster::start()?;
    cluster.add_extension("jsquery")?;
    println!("export RINGBOOK_TEST_POSTGRES='{}'", cluster.connection());
    eprintln!("paste this line into another shell; Ctrl-C here stops the server and removes its data");
    stdin().lock().lines().for_each(drop);
    Ok(())
}
