//! The targets, and where their inputs come from.

mod envelope;
mod filter;
mod jsquery;
mod pattern;

use std::path::Path;
use std::sync::OnceLock;

use crate::Outcome;
use crate::dice::Dice;

/// Something that takes hostile input.
#[derive(Debug)]
pub struct Target {
    /// Its name on the command line, and that of the folder of its seeds.
    pub name: &'static str,
    /// Takes an input and panics if what comes back is wrong.
    pub attempt: fn(&[u8]) -> Outcome,
    /// An input from the grammar.
    pub grow: fn(&mut Dice) -> Vec<u8>,
    /// Words worth putting into an input.
    pub words: &'static [&'static str],
    seeds: OnceLock<Vec<Vec<u8>>>,
}

/// All targets.
pub static TARGETS: [Target; 4] = [
    Target {
        name: "envelope",
        attempt: envelope::attempt,
        grow: envelope::grow,
        words: envelope::WORDS,
        seeds: OnceLock::new(),
    },
    Target {
        name: "filter",
        attempt: filter::attempt,
        grow: filter::grow,
        words: filter::WORDS,
        seeds: OnceLock::new(),
    },
    Target {
        name: "jsquery",
        attempt: jsquery::attempt,
        grow: jsquery::grow,
        words: jsquery::WORDS,
        seeds: OnceLock::new(),
    },
    Target {
        name: "pattern",
        attempt: pattern::attempt,
        grow: pattern::grow,
        words: pattern::WORDS,
        seeds: OnceLock::new(),
    },
];

/// What parts the texts of an input that has several: no text holds this byte.
pub const SEPARATOR: u8 = 0xff;

impl Target {
    /// The target of this name.
    pub fn named(name: &str) -> Option<&'static Target> {
        TARGETS.iter().find(|target| target.name == name)
    }

    /// Its seeds, read from `corpus-seeds/` at the first call; none if the folder is not there.
    pub fn seeds(&self) -> &[Vec<u8>] {
        self.seeds.get_or_init(|| {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus-seeds").join(self.name);
            let mut files: Vec<_> =
                std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
            files.sort();
            files.iter().filter_map(|file| std::fs::read(file).ok()).collect()
        })
    }
}

/// The texts of an input; what is no UTF-8 is replaced.
fn texts(input: &[u8]) -> Vec<String> {
    input.split(|byte| *byte == SEPARATOR).map(|text| String::from_utf8_lossy(text).into_owned()).collect()
}

/// An input of these texts.
fn joined(texts: Vec<String>) -> Vec<u8> {
    let texts: Vec<Vec<u8>> = texts.into_iter().map(String::into_bytes).collect();
    texts.join(&SEPARATOR)
}
