//! `cargo xtask crash`: the suite's kill test, in a release build and for as long as one likes.

use crate::steps::cargo;

/// Kills if nothing is said.
const ROUNDS: u64 = 100;

/// Runs the chore.
///
/// # Errors
/// An argument is unknown, or something that was acknowledged is lost.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let (mut rounds, mut seed) = (ROUNDS, 1);
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let place = match word.as_str() {
            "--rounds" => &mut rounds,
            "--seed" => &mut seed,
            _ => return Err(format!("crash does not know {word}; it takes --rounds N and --seed N")),
        };
        *place = words.next().and_then(|text| text.parse().ok()).ok_or(format!("{word} takes a number"))?;
    }
    eprintln!("── {rounds} kills under 64 writers");
    let mut test = cargo(&["test", "--release", "-p", "ringbook", "--test", "it", "--", "crashing::", "--nocapture"]);
    test.env("RINGBOOK_CRASH_ROUNDS", rounds.to_string()).env("RINGBOOK_CRASH_SEED", seed.to_string());
    let passed = test.status().is_ok_and(|status| status.success());
    if passed { Ok(()) } else { Err(format!("the kill test failed; --seed {seed} repeats its chance")) }
}
