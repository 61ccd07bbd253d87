//! libFuzzer on the target `file`: files to import.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use ringbook_fuzz::targets::FILE;

fuzz_target!(|input: &[u8]| {
    (FILE.run)(input);
});

fuzz_mutator!(|data: &mut [u8], size: usize, size_max: usize, seed: u32| {
    FILE.mutate(data, size, size_max, seed, fuzzer_mutate)
});
