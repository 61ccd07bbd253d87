//! The alphabet of one pattern: characters that no set of it tells apart are one letter.
//!
//! A pattern of Unicode classes speaks of a million characters but distinguishes a handful of
//! kinds. Texts are turned into letters once, and the machines step on letters only. A lookup is
//! one load for the scripts of most names and a binary search for the rest.

use std::collections::HashMap;

use super::set::CharSet;

/// A letter of the alphabet: the number of a kind of characters.
pub(super) type Letter = u16;

/// Characters below this are looked up directly: European and Near Eastern scripts.
const DIRECT: usize = 0x0800;

/// The letters that some sets give rise to, and which set holds which letter.
#[derive(Debug)]
pub(super) struct Alphabet {
    direct: Vec<Letter>,
    /// Where each stretch of equal letters starts, ascending from 0, and its letter.
    stretches: Vec<(u32, Letter)>,
    /// For every set in turn, whether it holds each letter.
    members: Vec<bool>,
    letters: usize,
}

impl Alphabet {
    /// The coarsest alphabet in which every set is a union of letters.
    pub(super) fn of(sets: &[CharSet]) -> Alphabet {
        let mut turns = Vec::new();
        for (index, set) in sets.iter().enumerate() {
            for &(first, last) in set.ranges() {
                turns.push((first, index));
                turns.push((last.saturating_add(1), index));
            }
        }
        turns.sort_unstable();
        let (stretches, kinds) = sweep(&turns, sets.len());
        let letters = kinds.len();
        let mut members = vec![false; letters * sets.len()];
        for (kind, letter) in &kinds {
            for set in 0..sets.len() {
                members[set * letters + usize::from(*letter)] = kind[set / 64] >> (set % 64) & 1 == 1;
            }
        }
        let mut alphabet = Alphabet { direct: Vec::new(), stretches, members, letters };
        alphabet.direct = (0..DIRECT as u32).map(|point| alphabet.search(point)).collect();
        alphabet
    }

    /// How many letters there are.
    pub(super) fn letters(&self) -> usize {
        self.letters
    }

    /// The letter of a character.
    pub(super) fn letter(&self, character: char) -> Letter {
        let point = u32::from(character);
        self.direct.get(point as usize).copied().unwrap_or_else(|| self.search(point))
    }

    fn search(&self, point: u32) -> Letter {
        let after = self.stretches.partition_point(|&(start, _)| start <= point);
        self.stretches[after - 1].1
    }

    /// Whether the set of this number holds the letter.
    pub(super) fn holds(&self, set: usize, letter: usize) -> bool {
        self.members[set * self.letters + letter]
    }
}

/// The sets that hold a character, one bit each.
type Kind = Vec<u64>;

/// Walks the code points from turn to turn, giving each new combination of sets a letter.
fn sweep(turns: &[(u32, usize)], sets: usize) -> (Vec<(u32, Letter)>, HashMap<Kind, Letter>) {
    let mut inside: Kind = vec![0; sets.div_ceil(64)];
    let mut kinds = HashMap::new();
    let mut stretches = Vec::new();
    let mut point = 0;
    let mut next = 0;
    loop {
        while next < turns.len() && turns[next].0 == point {
            inside[turns[next].1 / 64] ^= 1 << (turns[next].1 % 64);
            next += 1;
        }
        let fresh = kinds.len() as Letter;
        let letter = *kinds.entry(inside.clone()).or_insert(fresh);
        stretches.push((point, letter));
        match turns.get(next) {
            Some(turn) => point = turn.0,
            None => return (stretches, kinds),
        }
    }
}
