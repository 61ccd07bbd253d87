//! The alphabet of one pattern: characters that none of its sets distinguishes are the same letter.
//!
//! A pattern of Unicode classes covers a million characters but distinguishes a handful of kinds. Texts are translated
//! to letters once, and the automata run on letters, so that their tables stay small. Translating a character takes one
//! load below U+0800 and a binary search above.

use std::collections::HashMap;

use crate::char_set::CharSet;

/// A letter of the alphabet: the number of a kind of characters.
pub(crate) type Letter = u16;

/// Characters below this are looked up directly: European and Near Eastern scripts.
const DIRECT: usize = 0x0800;

/// The letters of an alphabet, and which set contains which letter.
#[derive(Debug)]
pub(crate) struct Alphabet {
    direct: Vec<Letter>,
    /// Runs of code points with the same letter: first code point, ascending from 0, and the letter.
    runs: Vec<(u32, Letter)>,
    /// For every set, whether it contains each letter.
    members: Vec<bool>,
    letters: usize,
}

impl Alphabet {
    /// The coarsest alphabet in which every set is a union of letters.
    pub(crate) fn of(sets: &[CharSet]) -> Alphabet {
        let mut boundaries = Vec::new();
        for (index, set) in sets.iter().enumerate() {
            for &(first, last) in set.ranges() {
                boundaries.push((first, index));
                boundaries.push((last.saturating_add(1), index));
            }
        }
        boundaries.sort_unstable();
        let (runs, kinds) = sweep(&boundaries, sets.len());
        let letters = kinds.len();
        let mut members = vec![false; letters * sets.len()];
        for (kind, letter) in &kinds {
            for set in 0..sets.len() {
                members[set * letters + usize::from(*letter)] = kind[set / 64] >> (set % 64) & 1 == 1;
            }
        }
        let mut alphabet = Alphabet { direct: Vec::new(), runs, members, letters };
        alphabet.direct = (0..DIRECT as u32).map(|point| alphabet.search(point)).collect();
        alphabet
    }

    /// How many letters there are.
    pub(crate) fn letters(&self) -> usize {
        self.letters
    }

    /// The letter of a character.
    pub(crate) fn letter(&self, character: char) -> Letter {
        let point = u32::from(character);
        self.direct.get(point as usize).copied().unwrap_or_else(|| self.search(point))
    }

    fn search(&self, point: u32) -> Letter {
        let after = self.runs.partition_point(|&(start, _)| start <= point);
        self.runs[after - 1].1
    }

    /// Whether the set with this number contains the letter.
    pub(crate) fn holds(&self, set: usize, letter: usize) -> bool {
        self.members[set * self.letters + letter]
    }
}

/// The sets that contain a character, one bit each.
type Kind = Vec<u64>;

/// Walks the code points from boundary to boundary and assigns a letter to each new combination of sets.
fn sweep(boundaries: &[(u32, usize)], sets: usize) -> (Vec<(u32, Letter)>, HashMap<Kind, Letter>) {
    let mut inside: Kind = vec![0; sets.div_ceil(64)];
    let mut kinds = HashMap::new();
    let mut runs = Vec::new();
    let mut point = 0;
    let mut next = 0;
    loop {
        while next < boundaries.len() && boundaries[next].0 == point {
            inside[boundaries[next].1 / 64] ^= 1 << (boundaries[next].1 % 64);
            next += 1;
        }
        let fresh = kinds.len() as Letter;
        let letter = *kinds.entry(inside.clone()).or_insert(fresh);
        runs.push((point, letter));
        match boundaries.get(next) {
            Some(boundary) => point = boundary.0,
            None => return (runs, kinds),
        }
    }
}
