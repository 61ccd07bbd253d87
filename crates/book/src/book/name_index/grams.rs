//! Which lines of a text contain which three characters, in lower case.
//!
//! Each line counts as `\n…\n\n`, so that a sequence at its start or end is told from one inside, and so that every
//! sequence of one or two characters is the beginning of one of three.

use std::collections::HashMap;
use std::ops::Range;

use foldhash::fast::RandomState;

use super::rank_set::RankSet;
use crate::runner::Runner;

/// Lines are indexed if they have at most this many characters for each contact.
const CHARS_PER_CONTACT_MAX: usize = 64;
/// Lines are indexed if at most this many sequences for each contact, and [`DISTINCT_MIN`], are distinct.
const DISTINCT_PER_CONTACT_MAX: usize = 3;
/// This number of distinct sequences is always allowed.
const DISTINCT_MIN: usize = 1 << 16;
/// Lines that are read before the runner is asked whether to continue.
const LINES_AT_ONCE: usize = 1_024;
/// A list of lines that is so short is not made shorter.
const SHORT: usize = 8;
/// A list is not compared with one that is this many times as long: comparing the lines themselves is faster.
const LONGER_MAX: usize = 8;
/// As many lines as this are put in order by a set instead of by sorting.
const SORTED_MAX: usize = 4_096;
/// Marks the first sequence of a line.
const FIRST: u32 = 1 << 31;

/// The lines that contain each sequence.
#[derive(Debug, Default)]
pub(crate) struct Grams {
    /// The sequences, ascending.
    keys: Vec<u64>,
    /// Where the list of each begins in `lists`, then its length.
    starts: Vec<u32>,
    /// For each sequence the numbers of the lines, ascending: differences from the one before, seven bits a byte, the
    /// lowest first.
    lists: Vec<u8>,
    /// The characters that are no word characters and that sequences begin with.
    outside_words: Vec<char>,
}

/// The indexing of lines was ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotIndexed {
    /// The runner stops.
    Stopped,
    /// There are too many characters or distinct sequences.
    TooDiverse,
}

/// Three characters as a number; their order is that of the characters.
fn key(characters: [char; 3]) -> u64 {
    characters.iter().fold(0, |key, character| key << 21 | u64::from(u32::from(*character)))
}

/// The sequences of a line, as numbers.
fn keys(line: &str) -> impl Iterator<Item = u64> + '_ {
    const KEPT: u64 = (1 << 63) - 1;
    let characters = line.chars().map(pg_regex::lower_char).chain(['\n', '\n']);
    let key = key(['\0', '\0', '\n']);
    let next = |key: &mut u64, character: char| {
        *key = (*key << 21 | u64::from(u32::from(character))) & KEPT;
        Some(*key)
    };
    characters.scan(key, next).skip(1)
}

/// Lines in order, each once.
pub(crate) fn ascending(mut lines: Vec<u32>) -> Vec<u32> {
    if lines.len() < SORTED_MAX {
        lines.sort_unstable();
        lines.dedup();
        return lines;
    }
    let mut set = RankSet::new(lines.iter().max().map_or(0, |last| *last as usize + 1));
    lines.iter().for_each(|line| set.set(*line as usize));
    set.iter().map(|line| line as u32).collect()
}

fn number_bytes(number: u32) -> u32 {
    (32 - number.leading_zeros()).div_ceil(7).max(1)
}

impl Grams {
    /// Indexes the lines of a text of this number of contacts; `ends` are the ends of the lines, their line feeds
    /// included.
    pub(super) fn build(text: &str, ends: &[u32], contacts: usize, runner: &dyn Runner) -> Result<Self, NotIndexed> {
        let chars_max = contacts.saturating_mul(CHARS_PER_CONTACT_MAX);
        let distinct_max = contacts.saturating_mul(DISTINCT_PER_CONTACT_MAX).max(DISTINCT_MIN);
        let mut numbers: HashMap<u64, u32, RandomState> = HashMap::default();
        // By number: the sequence, the line of its last occurrence plus one, the bytes of its list.
        let mut of_number: Vec<(u64, u32, u32)> = Vec::new();
        let mut occurrences: Vec<u32> = Vec::new();
        let mut start = 0;
        for (line, end) in ends.iter().enumerate() {
            if line.is_multiple_of(LINES_AT_ONCE) {
                if !runner.should_continue() {
                    return Err(NotIndexed::Stopped);
                }
                if occurrences.len() > chars_max || of_number.len() > distinct_max {
                    return Err(NotIndexed::TooDiverse);
                }
            }
            let line = line as u32;
            let mut mark = FIRST;
            for key in keys(&text[start..*end as usize - 1]) {
                let fresh = of_number.len() as u32;
                let number = *numbers.entry(key).or_insert(fresh);
                if number == fresh {
                    of_number.push((key, 0, 0));
                }
                let (_, after, bytes) = &mut of_number[number as usize];
                if *after != line + 1 {
                    *bytes += number_bytes(line + 1 - *after);
                    *after = line + 1;
                    occurrences.push(number | mark);
                    mark = 0;
                }
            }
            start = *end as usize;
        }
        drop(numbers);
        Self::arranged(of_number, &occurrences, runner)
    }

    /// Writes the lists in the order of the sequences.
    fn arranged(
        mut of_number: Vec<(u64, u32, u32)>,
        occurrences: &[u32],
        runner: &dyn Runner,
    ) -> Result<Self, NotIndexed> {
        let mut order: Vec<(u64, u32)> =
            of_number.iter().enumerate().map(|(number, (key, ..))| (*key, number as u32)).collect();
        order.sort_unstable();
        let mut grams = Self { keys: Vec::with_capacity(order.len()), ..Self::default() };
        grams.starts.reserve_exact(order.len() + 1);
        let mut start = 0u32;
        for (key, number) in &order {
            grams.keys.push(*key);
            grams.starts.push(start);
            let (_, after, bytes) = &mut of_number[*number as usize];
            let next = start.checked_add(*bytes).ok_or(NotIndexed::TooDiverse)?;
            // From here on: the line before, and where the next number goes.
            (*after, *bytes) = (0, start);
            start = next;
        }
        grams.starts.push(start);
        grams.outside_words = grams.first_characters().filter(|first| !pg_regex::is_word_char(*first)).collect();
        grams.lists = vec![0; start as usize];
        let mut line = 0u32;
        for (at, occurrence) in occurrences.iter().enumerate() {
            if at.is_multiple_of(LINES_AT_ONCE * 16) && !runner.should_continue() {
                return Err(NotIndexed::Stopped);
            }
            line += u32::from(occurrence & FIRST != 0);
            let (_, after, place) = &mut of_number[(occurrence & !FIRST) as usize];
            let mut difference = line - *after;
            *after = line;
            loop {
                let rest = difference >> 7;
                grams.lists[*place as usize] = (difference & 0x7f) as u8 | if rest > 0 { 0x80 } else { 0 };
                *place += 1;
                difference = rest;
                if rest == 0 {
                    break;
                }
            }
        }
        Ok(grams)
    }

    /// The characters that sequences begin with, ascending.
    fn first_characters(&self) -> impl Iterator<Item = char> + '_ {
        let mut at = 0;
        std::iter::from_fn(move || {
            let first = (self.keys.get(at)? >> 42) as u32;
            at += self.keys[at..].partition_point(|key| (key >> 42) as u32 == first);
            char::from_u32(first)
        })
    }

    /// The lines that contain the literal and perhaps some that do not, ascending; `None` if more than this number of
    /// entries would have to be read. A line feed at the start or end of the literal stands for that of the line.
    pub(crate) fn lines_with(&self, literal: &str, entries_max: usize) -> Option<Vec<u32>> {
        let characters: Vec<char> = literal.chars().collect();
        if characters.len() < 3 {
            return self.lines_beginning(&characters, entries_max);
        }
        let places: Option<Vec<usize>> = characters
            .windows(3)
            .map(|three| self.keys.binary_search(&key([three[0], three[1], three[2]])).ok())
            .collect();
        let Some(mut places) = places else { return Some(Vec::new()) };
        places.sort_unstable_by_key(|place| self.list_bytes(*place));
        places.dedup();
        let (first, others) = places.split_first()?;
        if self.list_bytes(*first) > entries_max {
            return None;
        }
        let mut lines: Vec<u32> = self.lines(*first).collect();
        for place in others {
            if lines.len() <= SHORT || self.list_bytes(*place) > lines.len() * LONGER_MAX {
                break;
            }
            let mut list = self.lines(*place).peekable();
            lines.retain(|line| {
                while list.next_if(|next| next < line).is_some() {}
                list.peek() == Some(line)
            });
        }
        Some(lines)
    }

    /// The same for a literal at the start of a word: behind any character that is no word character, or at the start of the
    /// line.
    pub(crate) fn lines_with_word(&self, literal: &str, entries_max: usize) -> Option<Vec<u32>> {
        let mut found = Vec::new();
        for before in &self.outside_words {
            let placed: String = std::iter::once(*before).chain(literal.chars()).collect();
            found.append(&mut self.lines_with(&placed, entries_max - found.len())?);
            if found.len() > entries_max {
                return None;
            }
        }
        Some(ascending(found))
    }

    /// The same for one or two characters.
    fn lines_beginning(&self, characters: &[char], entries_max: usize) -> Option<Vec<u32>> {
        let (low, high) = match characters {
            [] => return None,
            [one] => (key([*one, '\0', '\0']), key([*one, char::MAX, char::MAX])),
            [one, two, ..] => (key([*one, *two, '\0']), key([*one, *two, char::MAX])),
        };
        let places: Range<usize> =
            self.keys.partition_point(|key| *key < low)..self.keys.partition_point(|key| *key <= high);
        if (self.starts[places.end] - self.starts[places.start]) as usize > entries_max {
            return None;
        }
        Some(ascending(places.flat_map(|place| self.lines(place)).collect()))
    }

    /// The bytes of a list: no fewer than its entries.
    fn list_bytes(&self, place: usize) -> usize {
        (self.starts[place + 1] - self.starts[place]) as usize
    }

    fn lines(&self, place: usize) -> impl Iterator<Item = u32> + '_ {
        let mut bytes = self.lists[self.starts[place] as usize..self.starts[place + 1] as usize].iter();
        let mut after = 0;
        std::iter::from_fn(move || {
            let (mut difference, mut shift) = (0, 0);
            loop {
                let byte = *bytes.next()?;
                difference |= u32::from(byte & 0x7f) << shift;
                if byte & 0x80 == 0 {
                    break;
                }
                shift += 7;
            }
            after += difference;
            Some(after - 1)
        })
    }

    /// Bytes of memory.
    pub(super) fn bytes(&self) -> usize {
        self.keys.capacity() * size_of::<u64>()
            + self.starts.capacity() * size_of::<u32>()
            + self.lists.capacity()
            + self.outside_words.capacity() * size_of::<char>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::INLINE;

    #[test]
    fn it_finds_the_lines_that_contain_a_literal() {
        let lines = ["Иванов ", "иванова", "van der Vaart ", " Anna", "x", "xy", "Ванван", " И", "abcabcabc"];
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let ends: Vec<u32> = text.char_indices().filter(|(_, it)| *it == '\n').map(|(at, _)| at as u32 + 1).collect();
        let grams = Grams::build(&text, &ends, lines.len(), &INLINE).expect("few lines");
        let folded: Vec<String> = lines
            .iter()
            .map(|line| format!("\n{}\n", line.chars().map(pg_regex::lower_char).collect::<String>()))
            .collect();
        for literal in [
            "ван",
            "ов",
            "а",
            "x",
            "\nx\n",
            "xy",
            "\nxy",
            "y\n",
            "\nван",
            "ван\n",
            "va",
            " и\n",
            "r v",
            "abcab",
            "zzz",
            "q",
            "иванов ",
        ] {
            let found = grams.lines_with(literal, usize::MAX).expect("no bound");
            let expected: Vec<u32> =
                (0..lines.len() as u32).filter(|line| folded[*line as usize].contains(literal)).collect();
            assert!(expected.iter().all(|line| found.contains(line)), "{literal:?}: {found:?}, not {expected:?}");
            if literal.chars().count() <= 3 {
                assert_eq!(found, expected, "{literal:?}");
            }
        }
        assert_eq!(grams.lines_with("а", 1), None, "more entries than allowed");
        assert_eq!(grams.outside_words, ['\n', ' ']);
        assert_eq!(grams.lines_with_word("va", usize::MAX), Some(vec![2]));
        assert_eq!(grams.lines_with_word("x", usize::MAX), Some(vec![4, 5]));
        assert_eq!(grams.lines_with_word("a", usize::MAX), Some(vec![3, 8]));
        assert_eq!(grams.lines_with_word("a", 1), None, "more entries than allowed");
    }

    #[test]
    fn many_lines_are_put_in_order_as_few_are() {
        let many: Vec<u32> = (0..SORTED_MAX as u32 * 2).map(|at| at.wrapping_mul(7_919) % 5_000).collect();
        let mut expected = many.clone();
        expected.sort_unstable();
        expected.dedup();
        assert_eq!(ascending(many.clone()), expected);
        assert_eq!(ascending(many[..9].to_vec()).len(), 9);
    }

    #[test]
    fn lines_of_too_many_distinct_characters_are_not_indexed() {
        let text: String = (0x4e00..0x9000).filter_map(char::from_u32).collect::<String>().repeat(4) + "\n";
        let ends = [text.len() as u32];
        assert!(Grams::build(&text, &ends, 1, &INLINE).is_ok(), "the bound is checked between lines");
        let mut ends: Vec<u32> = vec![text.len() as u32];
        let text = text + &"\n".repeat(LINES_AT_ONCE);
        ends.extend((ends[0] + 1)..=text.len() as u32);
        assert_eq!(Grams::build(&text, &ends, 1, &INLINE).err(), Some(NotIndexed::TooDiverse));
    }
}
