//! The fuzz targets and the sources of their inputs.

mod envelope;
mod file;
mod filter;
mod jsquery;
mod ldap;
mod pattern;

use std::path::Path;
use std::sync::OnceLock;

use ringbook_testbed::random::{Choices, Rng};

use crate::{Outcome, mutate};

/// A fuzz target.
#[derive(Debug)]
pub struct Target {
    /// Its name on the command line, and that of the folder of its seeds.
    pub name: &'static str,
    /// Processes an input; panics if the answer is wrong.
    pub run: fn(&[u8]) -> Outcome,
    /// An input from the grammar.
    pub generate: fn(&mut Rng) -> Vec<u8>,
    /// Words that mutations insert.
    pub dictionary: &'static [&'static str],
    seeds: OnceLock<Vec<Vec<u8>>>,
}

/// Request bodies.
pub static ENVELOPE: Target = Target::new("envelope", envelope::run, envelope::generate, envelope::DICTIONARY);
/// Files to import.
pub static FILE: Target = Target::new("file", file::run, file::generate, file::DICTIONARY);
/// Parameters of `get.contacts`.
pub static FILTER: Target = Target::new("filter", filter::run, filter::generate, filter::DICTIONARY);
/// jsquery expressions.
pub static JSQUERY: Target = Target::new("jsquery", jsquery::run, jsquery::generate, jsquery::DICTIONARY);
/// Messages of LDAP.
pub static LDAP: Target = Target::new("ldap", ldap::run, ldap::generate, ldap::DICTIONARY);
/// Regular expressions and patterns of `LIKE`.
pub static PATTERN: Target = Target::new("pattern", pattern::run, pattern::generate, pattern::DICTIONARY);

/// All targets.
pub static TARGETS: [&Target; 6] = [&ENVELOPE, &FILE, &FILTER, &JSQUERY, &LDAP, &PATTERN];

/// Separates the texts of an input that has several. It occurs in no UTF-8 text.
pub const SEPARATOR: u8 = 0xff;

impl Target {
    const fn new(
        name: &'static str,
        run: fn(&[u8]) -> Outcome,
        generate: fn(&mut Rng) -> Vec<u8>,
        dictionary: &'static [&'static str],
    ) -> Target {
        Target { name, run, generate, dictionary, seeds: OnceLock::new() }
    }

    /// The target with this name.
    pub fn named(name: &str) -> Option<&'static Target> {
        TARGETS.into_iter().find(|target| target.name == name)
    }

    /// The files in `corpus-seeds/`, read at the first call; empty if the folder does not exist.
    pub fn seeds(&self) -> &[Vec<u8>] {
        self.seeds.get_or_init(|| {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus-seeds").join(self.name);
            let mut files: Vec<_> =
                std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
            files.sort();
            files.iter().filter_map(|file| std::fs::read(file).ok()).collect()
        })
    }

    /// A custom mutator for libFuzzer: rewrites the first `size` bytes of `data` and returns the new size, at most
    /// `size_max`. Of eight mutations, four are those of libFuzzer (`default`), three know the target's words and
    /// brackets, and one is a new input from the grammar.
    pub fn mutate(
        &self,
        data: &mut [u8],
        size: usize,
        size_max: usize,
        seed: u32,
        default: fn(&mut [u8], usize, usize) -> usize,
    ) -> usize {
        let mut rng = Rng::with_seed(seed.into());
        let input = match rng.below(8) {
            0 => (self.generate)(&mut rng),
            1..4 => {
                let mut input = data[..size].to_vec();
                mutate::mutate(&mut input, self, &mut rng);
                input
            }
            _ => return default(data, size, size_max),
        };
        let size = input.len().min(size_max);
        data[..size].copy_from_slice(&input[..size]);
        size
    }
}

/// The texts of an input; invalid UTF-8 is replaced.
fn texts(input: &[u8]) -> Vec<String> {
    input.split(|byte| *byte == SEPARATOR).map(|text| String::from_utf8_lossy(text).into_owned()).collect()
}

/// An input of these texts.
fn joined(texts: Vec<String>) -> Vec<u8> {
    let texts: Vec<Vec<u8>> = texts.into_iter().map(String::into_bytes).collect();
    texts.join(&SEPARATOR)
}
