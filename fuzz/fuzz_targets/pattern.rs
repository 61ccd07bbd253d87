//! libFuzzer on the target `pattern`: regular expressions and patterns of `LIKE`.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use ringbook_fuzz::targets::PATTERN;

fuzz_target!(|input: &[u8]| {
    (PATTERN.run)(input);
});

fuzz_mutator!(|data: &mut [u8], size: usize, size_max: usize, seed: u32| {
    PATTERN.mutate(data, size, size_max, seed, fuzzer_mutate)
});
