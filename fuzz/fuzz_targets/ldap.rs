//! libFuzzer on the target `ldap`: messages of LDAP.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use ringbook_fuzz::targets::LDAP;

fuzz_target!(|input: &[u8]| {
    (LDAP.run)(input);
});

fuzz_mutator!(|data: &mut [u8], size: usize, size_max: usize, seed: u32| {
    LDAP.mutate(data, size, size_max, seed, fuzzer_mutate)
});
