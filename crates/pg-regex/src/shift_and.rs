//! Finds a sequence of characters and wildcards in a text by the bit-parallel algorithm Shift-And.
//!
//! The state has one bit for each item of the sequence: the bit of an item is set if the items up to it match the text
//! up to the current character. A character takes one operation on each 64-bit word of the state, whatever the text
//! before it, so that the worst case is bounded. A search for literals is faster on ordinary texts; this one takes over
//! where such a search would start again too often.

use crate::PATTERN_CHARS_MAX;

/// The number of words of the state of the longest sequence.
const WORDS_MAX: usize = PATTERN_CHARS_MAX.div_ceil(64);

/// A sequence of at most [`PATTERN_CHARS_MAX`] characters and wildcards, prepared for searches.
#[derive(Debug)]
pub(crate) struct ShiftAnd {
    words: usize,
    /// The bit of the last item, in the last word.
    last: u64,
    /// The bits of the wildcards.
    wildcards: Box<[u64]>,
    /// The characters of the sequence, ascending, and where they occur.
    characters: Box<[(char, Occurrences)]>,
    /// The rows of characters that occur often: the bits of the items that they match.
    rows: Vec<u64>,
    /// The numbers of the items that equal a character that occurs rarely, ascending for each.
    places: Vec<u16>,
}

/// Where a character occurs in the sequence.
#[derive(Debug, Clone, Copy)]
enum Occurrences {
    /// In a row, which begins at this index.
    Row(usize),
    /// At the places in this range of indexes.
    Places(usize, usize),
}

impl ShiftAnd {
    /// Prepares a sequence; `None` is a wildcard.
    pub(crate) fn new(items: &[Option<char>]) -> ShiftAnd {
        debug_assert!((1..=PATTERN_CHARS_MAX).contains(&items.len()), "a segment is a part of a pattern");
        let words = items.len().div_ceil(64).max(1);
        let mut wildcards = vec![0; words];
        let mut literals = Vec::new();
        for (at, item) in items.iter().enumerate() {
            match item {
                Some(character) => literals.push((*character, at as u16)),
                None => wildcards[at / 64] |= 1 << (at % 64),
            }
        }
        literals.sort_unstable();
        let (mut characters, mut rows, mut places) = (Vec::new(), Vec::new(), Vec::new());
        for group in literals.chunk_by(|one, other| one.0 == other.0) {
            let occurrences = if group.len() > words {
                let begin = rows.len();
                rows.extend_from_slice(&wildcards);
                group.iter().for_each(|(_, at)| rows[begin + usize::from(*at) / 64] |= 1 << (at % 64));
                Occurrences::Row(begin)
            } else {
                let begin = places.len();
                places.extend(group.iter().map(|(_, at)| *at));
                Occurrences::Places(begin, places.len())
            };
            characters.push((group[0].0, occurrences));
        }
        let last = 1 << ((items.len().max(1) - 1) % 64);
        ShiftAnd { words, last, wildcards: wildcards.into(), characters: characters.into(), rows, places }
    }

    /// The end of the first occurrence that starts at or after byte `from`.
    pub(crate) fn find_end(&self, text: &str, from: usize) -> Option<usize> {
        let mut state = [0; WORDS_MAX];
        let state = &mut state[..self.words];
        for (at, character) in text[from..].char_indices() {
            let occurrences = self.characters.binary_search_by_key(&character, |(known, _)| *known).ok();
            match occurrences.map(|index| self.characters[index].1) {
                Some(Occurrences::Row(begin)) => shift(state, &self.rows[begin..begin + self.words], &[]),
                Some(Occurrences::Places(begin, end)) => shift(state, &self.wildcards, &self.places[begin..end]),
                None => shift(state, &self.wildcards, &[]),
            }
            if state[self.words - 1] & self.last != 0 {
                return Some(from + at + character.len_utf8());
            }
        }
        None
    }
}

/// Moves every match on by one item and starts a new one; keeps those whose item is in `row` or among `places`.
fn shift(state: &mut [u64], row: &[u64], mut places: &[u16]) {
    let mut carry = 1;
    for (at, (word, kept)) in state.iter_mut().zip(row).enumerate() {
        let moved = *word << 1 | carry;
        carry = *word >> 63;
        let mut kept = *kept;
        while let [place, rest @ ..] = places
            && usize::from(*place) / 64 == at
        {
            kept |= 1 << (place % 64);
            places = rest;
        }
        *word = moved & kept;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The end of the first occurrence, by trying every start.
    fn tried(items: &[Option<char>], text: &[char]) -> Option<usize> {
        let matches = |window: &[char]| window.iter().zip(items).all(|(c, item)| item.is_none_or(|it| it == *c));
        text.windows(items.len()).position(matches).map(|start| start + items.len())
    }

    #[test]
    fn it_finds_what_trying_every_start_finds() {
        let text: Vec<char> = (0..700u32).map(|n| ['a', 'b', 'я'][(n * n + n / 7) as usize % 3]).collect();
        let joined: String = text.iter().collect();
        for length in [1, 2, 63, 64, 65, 128, 129, 400] {
            for start in [0, 5, 290] {
                for gap in [1, 2, 3, 1_000] {
                    let mut items: Vec<Option<char>> = text[start..start + length].iter().copied().map(Some).collect();
                    items.iter_mut().step_by(gap).for_each(|item| *item = None);
                    for changed in [None, Some('c')] {
                        if let Some(changed) = changed {
                            items[length / 2] = Some(changed);
                        }
                        let expected = tried(&items, &text).map(|end| text[..end].iter().collect::<String>().len());
                        assert_eq!(ShiftAnd::new(&items).find_end(&joined, 0), expected, "{length} {start} {gap}");
                    }
                }
            }
        }
    }
}
