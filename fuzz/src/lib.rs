//! Hostile input: targets, a generator of inputs, and a judge of what comes back.
//!
//! Every target is a plain function of bytes that panics when something is wrong, so it runs under any fuzzer.
//! Inputs come from [`case`]: number N of a seed is always the same bytes, and nothing is learnt from one case to
//! the next, so a failure is repeated by its number alone. Half of the inputs are grown from a grammar, half are
//! seeds (`corpus-seeds/`) that were mangled.
//!
//! It does not measure coverage, and it does not look at sockets: the server's tests do that.

mod changes;
mod dice;
pub mod grammar;
pub mod mangle;
pub mod targets;
mod verdict;
mod world;

use dice::Dice;
use targets::Target;

/// What became of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was understood and answered.
    Accepted,
    /// It was refused as it should be.
    Refused,
}

/// The input of this number under this seed.
pub fn case(target: &Target, seed: u64, number: u64) -> Vec<u8> {
    let mut dice = Dice::new(seed ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let grown = dice.chance(2);
    let mut input = if grown || target.seeds().is_empty() {
        (target.grow)(&mut dice)
    } else {
        target.seeds()[dice.below(target.seeds().len())].clone()
    };
    if !grown || dice.chance(3) {
        mangle::mangle(&mut input, target, &mut dice);
    }
    input
}
