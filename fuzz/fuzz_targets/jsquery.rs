//! libFuzzer on the target `jsquery`: jsquery expressions.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use ringbook_fuzz::targets::JSQUERY;

fuzz_target!(|input: &[u8]| {
    (JSQUERY.run)(input);
});

fuzz_mutator!(|data: &mut [u8], size: usize, size_max: usize, seed: u32| {
    JSQUERY.mutate(data, size, size_max, seed, fuzzer_mutate)
});
