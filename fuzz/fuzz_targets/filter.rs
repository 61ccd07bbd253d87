//! libFuzzer on the target `filter`: parameters of `get.contacts`.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use ringbook_fuzz::targets::FILTER;

fuzz_target!(|input: &[u8]| {
    (FILTER.run)(input);
});

fuzz_mutator!(|data: &mut [u8], size: usize, size_max: usize, seed: u32| {
    FILTER.mutate(data, size, size_max, seed, fuzzer_mutate)
});
