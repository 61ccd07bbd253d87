//! The index of phone numbers by their last digits.
//!
//! It holds the distinct numbers of one state of a book, each as one word: its digits from the last to the first. Numbers
//! with the same last digits are neighbours. Who has a number is said by the index of phone numbers ([`PairIndex`]),
//! which is always of the present state; so the index need not know of numbers that nobody has any more. Numbers that have
//! come into the book since the index was made are kept beside it in the same order, as far as
//! [`super::background_index`] remembers them: looking something up takes no longer after many changes.

use std::ops::Range;

use super::background_index::{BackgroundIndex, ImmutableIndex};
use super::pairs::PairIndex;
use crate::id::Revision;
use crate::runner::{Runner, sort_in_pieces};
use crate::text::{PHONE_DIGITS_MAX, PhoneSuffix};

/// Minimum number of contacts of a book for which an index is made by itself; scanning fewer takes no time.
const CONTACTS_MIN: usize = 1_024;
/// Maximum number of new numbers that are remembered, or one for [`NUMBERS_PER_CHANGE`] of the index if that is more; with
/// more, the index is not used.
const CHANGES_MAX: usize = 16_384;
/// See [`CHANGES_MAX`].
const NUMBERS_PER_CHANGE: usize = 8;
/// The index is rebuilt when there are more new numbers than this, and than one for [`NUMBERS_PER_NEW`] contacts.
const CHANGES_BEFORE_REBUILD: usize = 4_096;
/// See [`CHANGES_BEFORE_REBUILD`].
const NUMBERS_PER_NEW: usize = 32;
/// Numbers that are read before the runner is asked whether to continue.
const NUMBERS_AT_ONCE: usize = 16_384;
/// Each place of a key is 0 behind the first digit of the number, or the digit and one.
const BASE: u64 = 11;

/// The distinct numbers of one state of a book.
#[derive(Debug)]
pub(crate) struct NumberIndex {
    revision: Revision,
    /// Ascending; see [`key_of`].
    keys: Vec<u64>,
}

impl NumberIndex {
    /// The index of the numbers of a book at this revision; `None` if the runner stops.
    fn build(phones: &PairIndex, revision: Revision, runner: &dyn Runner) -> Option<Self> {
        let mut keys = Vec::with_capacity(phones.len());
        let mut last = 0;
        for (at, (packed, _)) in phones.pairs().enumerate() {
            if at % NUMBERS_AT_ONCE == 0 && !runner.should_continue() {
                return None;
            }
            if packed != last {
                keys.push(key_of(packed));
                last = packed;
            }
        }
        keys.shrink_to_fit();
        sort_in_pieces(&mut keys, u64::cmp, runner)?;
        Some(Self { revision, keys })
    }
}

impl ImmutableIndex for NumberIndex {
    fn revision(&self) -> Revision {
        self.revision
    }

    fn bytes(&self) -> usize {
        size_of::<Self>() + self.keys.capacity() * size_of::<u64>()
    }
}

/// A packed number with its digits from the last to the first, of which the order is that of the keys.
fn key_of(packed: u64) -> u64 {
    let (mut key, mut rest, mut places) = (0, packed, 0);
    // The first digit of a packed number is a 1 that does not belong to it.
    while rest > 1 && places < PHONE_DIGITS_MAX {
        key = key * BASE + rest % 10 + 1;
        rest /= 10;
        places += 1;
    }
    key * weight(places)
}

/// The packed number of a key.
fn packed_of(key: u64) -> u64 {
    let (mut rest, mut packed, mut digits) = (key, 0, 1);
    for place in 1..=PHONE_DIGITS_MAX {
        let Some(digit) = (rest / weight(place)).checked_sub(1) else { break };
        packed += digit * digits;
        digits *= 10;
        rest %= weight(place);
    }
    packed + digits
}

/// What the last of so many places of a key counts.
fn weight(places: usize) -> u64 {
    BASE.pow((PHONE_DIGITS_MAX - places) as u32)
}

/// The keys of the numbers that end with these digits.
fn keys_of(suffix: PhoneSuffix) -> Range<u64> {
    let start = key_of(suffix.packed());
    start..start + weight(suffix.len())
}

/// The index of numbers of a book by their last digits, as seen from one of its states.
#[derive(Debug, Clone, Default)]
pub(crate) struct NumberIndexes {
    /// With the keys of numbers that nobody had before a change and somebody has after it.
    made: BackgroundIndex<NumberIndex>,
    /// The same keys, each with the revision of the change.
    added: PairIndex,
}

impl NumberIndexes {
    /// For a book that was loaded or made at this revision.
    pub(crate) fn of_loaded(revision: Revision) -> Self {
        Self { made: BackgroundIndex::of_loaded(revision), added: PairIndex::default() }
    }

    /// The packed numbers, ascending, that end with these digits, for the state of the book at this revision; and perhaps
    /// some that nobody has. `None` if there is no index for it, or there are more than `max`.
    pub(crate) fn ending_with(&self, suffix: PhoneSuffix, revision: Revision, max: usize) -> Option<Vec<u64>> {
        let index = self.made.at(revision)?;
        let Range { start, end } = keys_of(suffix);
        let from = index.keys.partition_point(|key| *key < start);
        let known = index.keys[from..].iter().copied().take_while(|key| *key < end);
        let added = self.added.from((start, 0)).map(|(key, _)| key).take_while(|key| *key < end);
        let mut numbers: Vec<u64> = known.chain(added).take(max.saturating_add(1)).map(packed_of).collect();
        if numbers.len() > max {
            return None;
        }
        numbers.sort_unstable();
        numbers.dedup();
        Some(numbers)
    }

    /// A number that nobody had has come into the book.
    pub(crate) fn note_added(&mut self, packed: u64, revision: Revision) {
        let key = key_of(packed);
        self.made.note(key, revision);
        self.added.insert((key, revision.0));
    }

    /// Forgets numbers that the index knows, or all if they are too many or no index is expected; the book has this
    /// revision and number of contacts now.
    pub(crate) fn forget_known(&mut self, revision: Revision, contacts: usize) {
        let max = |index: Option<&NumberIndex>| match index {
            Some(index) => CHANGES_MAX.max(index.keys.len() / NUMBERS_PER_CHANGE),
            None if contacts >= CONTACTS_MIN => CHANGES_MAX,
            None => 0,
        };
        for (of, key) in self.made.forget_known(revision, max) {
            self.added.remove((key, of));
        }
        if self.made.changes().len() == 0 {
            self.added = PairIndex::default();
        }
    }

    /// Whether an index is worth making for the state with this number of contacts.
    pub(crate) fn is_due(&self, contacts: usize) -> bool {
        contacts >= CONTACTS_MIN && self.made.is_outdated(CHANGES_BEFORE_REBUILD.max(contacts / NUMBERS_PER_NEW))
    }

    /// Makes the index of these numbers, which are those of a book at this revision, the present one; leaves things as they
    /// are if the runner stops.
    pub(crate) fn make(&self, phones: &PairIndex, revision: Revision, runner: &dyn Runner) {
        if let Some(index) = NumberIndex::build(phones, revision, runner) {
            self.made.adopt(index);
        }
    }

    /// Drops the index.
    pub(crate) fn drop_index(&self) {
        self.made.drop_index();
    }

    /// Bytes of memory of the index and of the numbers that it does not know.
    pub(crate) fn bytes(&self) -> usize {
        self.made.bytes() + self.added.bytes()
    }
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;

    use super::*;
    use crate::text::Phone;

    /// A number of any length, mostly of few different digits.
    fn number(rng: &mut Rng) -> String {
        (0..rng.usize(3..=PHONE_DIGITS_MAX)).map(|_| char::from(b"0019"[rng.usize(..4)])).collect()
    }

    fn packed(digits: &str) -> u64 {
        Phone::stored(digits).expect("a number").packed()
    }

    #[test]
    fn keys_are_in_the_order_of_the_digits_from_the_last_one() {
        let mut rng = Rng::with_seed(5);
        let reversed = |digits: &str| digits.bytes().rev().collect::<Vec<_>>();
        for _ in 0..20_000 {
            let (one, other) = (number(&mut rng), number(&mut rng));
            let order = reversed(&one).cmp(&reversed(&other));
            assert_eq!(key_of(packed(&one)).cmp(&key_of(packed(&other))), order, "{one} {other}");
            assert_eq!(packed_of(key_of(packed(&one))), packed(&one));
            let end = &one[rng.usize(..one.len())..];
            let suffix = PhoneSuffix::of_digits(end).expect("digits");
            assert_eq!(keys_of(suffix).contains(&key_of(packed(&other))), other.ends_with(end), "{other} {end}");
            assert!(keys_of(suffix).contains(&key_of(packed(&one))));
        }
    }

    #[test]
    fn the_longest_number_of_nines_has_the_last_key() {
        let last = packed(&"9".repeat(PHONE_DIGITS_MAX));
        assert_eq!(key_of(last), BASE.pow(PHONE_DIGITS_MAX as u32) - 1);
        assert_eq!(packed_of(key_of(last)), last);
    }

    #[test]
    fn numbers_that_the_index_knows_are_forgotten_and_too_many_end_its_use() {
        let suffix = PhoneSuffix::of_digits("7").expect("digits");
        let with = |numbers: &NumberIndexes, revision: u64| {
            numbers.made.adopt(NumberIndex { revision: Revision(revision), keys: vec![key_of(packed("107"))] });
        };
        let mut numbers = NumberIndexes::of_loaded(Revision(1));
        assert_eq!(numbers.ending_with(suffix, Revision(1), 9), None, "no index");
        with(&numbers, 1);
        numbers.note_added(packed("207"), Revision(2));
        numbers.note_added(packed("208"), Revision(2));
        numbers.forget_known(Revision(2), CONTACTS_MIN);
        assert_eq!(numbers.ending_with(suffix, Revision(2), 9), Some(vec![packed("107"), packed("207")]));
        assert_eq!(numbers.ending_with(suffix, Revision(2), 1), None, "more than one");
        let before = numbers.clone();
        with(&numbers, 2);
        assert_eq!(before.ending_with(suffix, Revision(1), 9), None, "the index is of a later state");
        numbers.note_added(packed("307"), Revision(3));
        numbers.forget_known(Revision(3), CONTACTS_MIN);
        assert_eq!(numbers.ending_with(suffix, Revision(3), 9), Some(vec![packed("107"), packed("307")]));
        assert_eq!(numbers.added.len(), 1, "the index of revision 2 has the others");
        assert!(!numbers.is_due(CONTACTS_MIN - 1) && !numbers.is_due(CONTACTS_MIN));
        (0..=CHANGES_MAX as u64).for_each(|at| numbers.note_added(10_000_000 + at, Revision(4)));
        assert!(numbers.is_due(CONTACTS_MIN));
        numbers.forget_known(Revision(4), CONTACTS_MIN);
        assert_eq!((numbers.added.len(), numbers.made.changes().len()), (0, 0));
        assert_eq!(numbers.ending_with(suffix, Revision(4), 9), None, "not before it is made again");
        assert!(numbers.is_due(CONTACTS_MIN));
        with(&numbers, 4);
        assert_eq!(numbers.ending_with(suffix, Revision(4), 9), Some(vec![packed("107")]));
    }
}
