//! The order of texts: Unicode collation with the CLDR root locale at tertiary strength, then by code point.
//!
//! Comparing two texts takes about 0.1 µs, computing a whole sort key about 1 µs. A book keeps the first sixteen bytes of
//! each key: they decide nearly every comparison, take less than half the time to compute, and stay valid when the book
//! changes. Only texts with equal prefixes are compared in full.

use std::cmp::Ordering;
use std::sync::LazyLock;

use icu_collator::options::{CollatorOptions, Strength};
use icu_collator::{CollationKeySink, Collator, CollatorBorrowed};

mod han_radicals;
mod pg_compat;

use pg_compat::to_collator_text;

static COLLATOR: LazyLock<CollatorBorrowed<'static>> = LazyLock::new(|| {
    let mut options = CollatorOptions::default();
    options.strength = Some(Strength::Tertiary);
    Collator::try_new(icu_collator::CollatorPreferences::default(), options).expect("the root collation is compiled in")
});

/// A prefix of a collation key: texts with different keys are ordered as their keys; texts with equal keys must be
/// compared by [`compare`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SortKey(u128);

impl SortKey {
    /// The key of null: greater than the key of every text.
    pub const NULL: Self = Self(u128::MAX);

    /// The key for descending order.
    #[must_use]
    pub fn reversed(self) -> Self {
        Self(!self.0)
    }
}

/// The sort key of a text or null.
pub fn sort_key(text: Option<&str>) -> SortKey {
    let Some(text) = text else {
        return SortKey::NULL;
    };
    let mut prefix = Prefix { bytes: [0; 16], written: 0 };
    // The sink stops the collator with an error once the prefix is full.
    let _: Result<(), PrefixFull> = COLLATOR.write_sort_key_to(&to_collator_text(text), &mut prefix);
    SortKey(u128::from_be_bytes(prefix.bytes))
}

/// The sort key of a whole number or null; keys are ordered as the numbers.
pub fn number_key(number: Option<i64>) -> SortKey {
    match number {
        None => SortKey::NULL,
        Some(number) => SortKey(u128::from(number.cast_unsigned() ^ (1 << 63))),
    }
}

/// Compares two texts; null comes last.
pub fn compare(left: Option<&str>, right: Option<&str>) -> Ordering {
    match (left, right) {
        (Some(left), Some(right)) if left == right => Ordering::Equal,
        (Some(left), Some(right)) => {
            COLLATOR.compare(&to_collator_text(left), &to_collator_text(right)).then_with(|| left.cmp(right))
        }
        (left, right) => left.is_none().cmp(&right.is_none()),
    }
}

/// The prefix is full.
struct PrefixFull;

/// Collects the first bytes of a collation key.
struct Prefix {
    bytes: [u8; 16],
    written: usize,
}

impl CollationKeySink for Prefix {
    type Error = PrefixFull;
    type State = ();
    type Output = ();

    fn write(&mut self, _state: &mut (), bytes: &[u8]) -> Result<(), PrefixFull> {
        let free = &mut self.bytes[self.written..];
        let taken = bytes.len().min(free.len());
        free[..taken].copy_from_slice(&bytes[..taken]);
        self.written += taken;
        if self.written == self.bytes.len() { Err(PrefixFull) } else { Ok(()) }
    }

    fn finish(&mut self, _state: ()) -> Result<(), PrefixFull> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(mut texts: Vec<Option<&str>>) -> Vec<Option<&str>> {
        texts.sort_by(|left, right| sort_key(*left).cmp(&sort_key(*right)).then_with(|| compare(*left, *right)));
        texts
    }

    #[test]
    fn letters_come_before_case_and_accents_and_null_comes_last() {
        let texts = vec![
            None,
            Some("b"),
            Some("B"),
            Some("á"),
            Some("A"),
            Some("a"),
            Some("ab"),
            Some("я"),
            Some("Ё"),
            Some("е"),
        ];
        let expected = vec![
            Some("a"),
            Some("A"),
            Some("á"),
            Some("ab"),
            Some("b"),
            Some("B"),
            Some("е"),
            Some("Ё"),
            Some("я"),
            None,
        ];
        assert_eq!(sorted(texts), expected);
    }

    #[test]
    fn texts_equal_by_collation_are_ordered_by_code_point() {
        let (composed, decomposed) = ("é", "e\u{301}");
        assert_eq!(compare(Some(composed), Some(decomposed)), composed.cmp(decomposed));
    }

    #[test]
    fn long_texts_with_a_common_prefix_are_ordered() {
        let texts = vec![Some("Константинопольская Я"), Some("Константинопольская А")];
        assert_eq!(sorted(texts)[0], Some("Константинопольская А"));
    }

    #[test]
    fn han_characters_are_ordered_by_radical_and_strokes() {
        // By code point: 丗 且 严 丽 並 丸 义.
        let texts = vec![Some("义"), Some("丽"), Some("严"), Some("並"), Some("丗"), Some("且"), Some("丸")];
        let expected = vec![Some("丗"), Some("且"), Some("严"), Some("丽"), Some("並"), Some("丸"), Some("义")];
        assert_eq!(sorted(texts), expected);
    }

    #[test]
    fn quotation_marks_are_distinct_characters() {
        let texts = vec![Some("O’Aa"), Some("O'Zz"), Some("O'"), Some("O‹"), Some("O‘Zz"), Some("O’")];
        let expected = vec![Some("O'"), Some("O'Zz"), Some("O‘Zz"), Some("O’"), Some("O’Aa"), Some("O‹")];
        assert_eq!(sorted(texts), expected);
    }

    #[test]
    fn numbers_keep_their_order() {
        assert!(number_key(Some(-1)) < number_key(Some(0)));
        assert!(number_key(Some(i64::MAX)) < number_key(None));
    }
}
