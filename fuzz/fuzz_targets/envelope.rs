//! libFuzzer on the target `envelope`: request bodies.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use ringbook_fuzz::targets::ENVELOPE;

fuzz_target!(|input: &[u8]| {
    (ENVELOPE.run)(input);
});

fuzz_mutator!(|data: &mut [u8], size: usize, size_max: usize, seed: u32| {
    ENVELOPE.mutate(data, size, size_max, seed, fuzzer_mutate)
});
