//! Fuzz targets for the parsers, the query engine, the readers of files and the JSON-RPC front end, and a generator of inputs for them.
//!
//! A target is a function of bytes that panics if the answer is wrong. Two runners use the same targets:
//! `cargo xtask fuzz` feeds them the inputs of [`case`], and `cargo xtask fuzz --coverage` has libFuzzer select inputs by
//! the code that they reach (`fuzz_targets/`).
//!
//! Case N of a seed is always the same bytes, so a failure is repeated by its number. About half of the cases are
//! generated from a grammar; the others are inputs from `corpus-seeds/` with mutations.
//!
//! Sockets are not fuzzed here. The server of the targets `envelope` and `filter` keeps the changes of earlier inputs.

mod changes;
pub mod grammar;
pub mod mutate;
mod reply_check;
pub mod targets;
mod test_server;

use ringbook_testbed::random::{Choices, Rng};
use targets::Target;

/// What became of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is valid and was answered.
    Accepted,
    /// It is invalid and was refused.
    Refused,
}

/// The input with this number under this seed.
pub fn case(target: &Target, seed: u64, number: u64) -> Vec<u8> {
    // Consecutive numbers must not give related states of the generator.
    let mut rng = Rng::with_seed(seed ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let is_generated = rng.one_in(2);
    let mut input = if is_generated || target.seeds().is_empty() {
        (target.generate)(&mut rng)
    } else {
        target.seeds()[rng.below(target.seeds().len())].clone()
    };
    if !is_generated || rng.one_in(3) {
        mutate::mutate(&mut input, target, &mut rng);
    }
    input
}
