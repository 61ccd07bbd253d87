//! `cargo xtask crash`: the tests that kill servers, in a release build and with any number of rounds.

use std::time::Instant;

use ringbook_testbed::workspace::cargo;

/// Default number of rounds.
const ROUNDS: u64 = 100;
/// Largest number of servers on one database.
const NODES_MAX: u64 = 9;

/// Runs the chore.
///
/// # Errors
/// An argument is unknown, or the test fails.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let (mut rounds, mut seed, mut nodes) = (ROUNDS, 1, 1);
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let place = match word.as_str() {
            "--rounds" => &mut rounds,
            "--seed" => &mut seed,
            "--nodes" => &mut nodes,
            _ => return Err(format!("crash: unknown argument {word}; it takes --nodes N, --rounds N and --seed N")),
        };
        *place = words.next().and_then(|text| text.parse().ok()).ok_or(format!("{word} takes a number"))?;
    }
    if !(1..=NODES_MAX).contains(&nodes) {
        return Err(format!("--nodes takes a number from 1 to {NODES_MAX}"));
    }
    let begin = Instant::now();
    let outcome = kill(nodes, rounds, seed);
    let seconds = begin.elapsed().as_secs_f64();
    eprintln!("{seconds:.0} s with the build, {:.2} s a round", seconds / rounds.max(1) as f64);
    outcome
}

/// One server in a directory, or several on a PostgreSQL that is killed as well.
fn kill(nodes: u64, rounds: u64, seed: u64) -> Result<(), String> {
    let (filter, store) = if nodes == 1 {
        eprintln!("── {rounds} kills under 64 writers");
        ("crashes::", "sqlite")
    } else {
        eprintln!("── {rounds} rounds of kills and cuts on {nodes} nodes");
        ("history::", "postgres")
    };
    let mut test = cargo(&["test", "--release", "-p", "ringbook", "--test", "it", "--", filter, "--nocapture"]);
    test.env("RINGBOOK_CRASH_ROUNDS", rounds.to_string()).env("RINGBOOK_CRASH_SEED", seed.to_string());
    test.env("RINGBOOK_CRASH_NODES", nodes.to_string()).env("RINGBOOK_TEST_STORE", store);
    let passed = test.status().is_ok_and(|status| status.success());
    if passed { Ok(()) } else { Err(format!("the test failed; --seed {seed} repeats its random choices")) }
}
