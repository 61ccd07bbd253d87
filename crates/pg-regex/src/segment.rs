//! One segment of a `LIKE` pattern: what stands between two `%`.

use std::sync::OnceLock;

use regex_syntax::hir::Hir;

use crate::char_set::CharSet;
use crate::line_scan;
use crate::shift_and::ShiftAnd;

/// Comparisons per byte of a text before the search for segments with wildcards becomes bit-parallel.
const COMPARISONS_PER_BYTE: usize = 4;

/// What finding a candidate takes, in comparisons.
const CANDIDATE_COMPARISONS: usize = 12;

/// A sequence of characters and `_`.
#[derive(Debug, Default)]
pub(crate) struct Segment {
    items: Vec<SegmentItem>,
    /// Minimum number of bytes of a text that matches.
    bytes_min: usize,
    /// The number of items, each character and each `_` counted.
    length: usize,
    /// The segment prepared for a bit-parallel search, when it was needed.
    prepared: OnceLock<ShiftAnd>,
}

#[derive(Debug)]
enum SegmentItem {
    Text(String),
    /// This number of arbitrary characters.
    Skip(usize),
}

/// The comparisons that the search in one text may still take before it becomes bit-parallel.
pub(crate) struct Effort(usize);

impl Effort {
    /// The effort for a text of this length in bytes.
    pub(crate) fn for_text(bytes: usize) -> Effort {
        Effort(bytes.saturating_mul(COMPARISONS_PER_BYTE))
    }
}

impl Segment {
    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub(crate) fn push(&mut self, character: char) {
        if let Some(SegmentItem::Text(text)) = self.items.last_mut() {
            text.push(character);
        } else {
            self.items.push(SegmentItem::Text(character.into()));
        }
        self.bytes_min += character.len_utf8();
        self.length += 1;
    }

    pub(crate) fn skip(&mut self) {
        if let Some(SegmentItem::Skip(count)) = self.items.last_mut() {
            *count += 1;
        } else {
            self.items.push(SegmentItem::Skip(1));
        }
        self.bytes_min += 1;
        self.length += 1;
    }

    /// Bytes of memory on the heap, with what a search may prepare at the most.
    pub(crate) fn bytes(&self) -> usize {
        let of_item = |item: &SegmentItem| match item {
            SegmentItem::Text(text) => text.capacity(),
            SegmentItem::Skip(_) => 0,
        };
        let items: usize = self.items.iter().map(of_item).sum();
        // A row of words or a place for each character, of which there are as many as rows at the most.
        let prepared =
            if self.state_words() > 0 { self.length * (self.state_words() + 4) * size_of::<u64>() } else { 0 };
        self.items.capacity() * size_of::<SegmentItem>() + items + prepared
    }

    /// Whether it is a literal without spaces.
    pub(crate) fn is_word(&self) -> bool {
        matches!(self.items.as_slice(), [SegmentItem::Text(text)] if !text.contains(' '))
    }

    /// The literal that it is, if it is one.
    pub(crate) fn literal(&self) -> Option<&str> {
        match self.items.as_slice() {
            [SegmentItem::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The segment as an expression, with `literal` for the characters to compare.
    pub(crate) fn hir(&self, literal: impl Fn(&str) -> Hir) -> Hir {
        let item = |item: &SegmentItem| match item {
            SegmentItem::Text(text) => literal(text),
            SegmentItem::Skip(count) => {
                let count = u32::try_from(*count).expect("a pattern has at most a thousand characters");
                line_scan::repetition(line_scan::class(&CharSet::any()), count, count)
            }
        };
        Hir::concat(self.items.iter().map(item).collect())
    }

    /// Minimum number of bytes of a text that matches.
    pub(crate) fn bytes_min(&self) -> usize {
        self.bytes_min
    }

    /// The number of words that the state of a bit-parallel search takes; 0 if none is ever needed.
    pub(crate) fn state_words(&self) -> usize {
        if self.items.len() > 1 { self.length.div_ceil(64) } else { 0 }
    }

    /// The end of the segment if it matches at `at`.
    pub(crate) fn end_at(&self, text: &str, at: usize) -> Option<usize> {
        self.compare_at(text, at, &mut 0)
    }

    /// The same; adds the number of comparisons.
    fn compare_at(&self, text: &str, mut at: usize, comparisons: &mut usize) -> Option<usize> {
        for item in &self.items {
            at = match item {
                SegmentItem::Text(wanted) => {
                    let rest = &text.as_bytes()[at..];
                    let equal = rest.iter().zip(wanted.as_bytes()).take_while(|(one, other)| one == other).count();
                    *comparisons += equal + 1;
                    if equal < wanted.len() {
                        return None;
                    }
                    at + wanted.len()
                }
                SegmentItem::Skip(count) => {
                    *comparisons += count;
                    forward(text, at, *count)?
                }
            };
        }
        Some(at)
    }

    /// The start of the segment if the text ends with it.
    pub(crate) fn start_before_end(&self, text: &str) -> Option<usize> {
        let mut rest = text;
        for item in self.items.iter().rev() {
            rest = match item {
                SegmentItem::Text(wanted) => rest.strip_suffix(wanted.as_str())?,
                SegmentItem::Skip(count) => {
                    let (at, _) = rest.char_indices().rev().nth(count - 1)?;
                    &rest[..at]
                }
            };
        }
        Some(rest.len())
    }

    /// The end of the first occurrence at or after `from`.
    ///
    /// Candidates are found by the first literal and compared. When that has taken more than the effort, the rest of the
    /// text is searched without comparing a character twice.
    pub(crate) fn find(&self, text: &str, mut from: usize, effort: &mut Effort) -> Option<usize> {
        match self.items.as_slice() {
            [] => return Some(from),
            [SegmentItem::Text(wanted)] => {
                let start = memchr::memmem::find(&text.as_bytes()[from..], wanted.as_bytes())?;
                return Some(from + start + wanted.len());
            }
            [SegmentItem::Skip(count)] => return forward(text, from, *count),
            _ => {}
        }
        loop {
            let mut comparisons = CANDIDATE_COMPARISONS;
            if let Some(SegmentItem::Text(wanted)) = self.items.first() {
                // The search reads the literal before it reads the text.
                comparisons += wanted.len();
                from += memchr::memmem::find(&text.as_bytes()[from..], wanted.as_bytes())?;
            }
            if let Some(end) = self.compare_at(text, from, &mut comparisons) {
                return Some(end);
            }
            from = forward(text, from, 1)?;
            match effort.0.checked_sub(comparisons) {
                Some(left) => effort.0 = left,
                None => return self.prepared.get_or_init(|| self.prepare()).find_end(text, from),
            }
        }
    }

    fn prepare(&self) -> ShiftAnd {
        let mut items = Vec::with_capacity(self.length);
        for item in &self.items {
            match item {
                SegmentItem::Text(text) => items.extend(text.chars().map(Some)),
                SegmentItem::Skip(count) => items.extend(std::iter::repeat_n(None, *count)),
            }
        }
        ShiftAnd::new(&items)
    }
}

/// The position `count` characters after `at`, if there are that many.
fn forward(text: &str, at: usize, count: usize) -> Option<usize> {
    let mut places = text[at..].char_indices().map(|(place, _)| at + place).chain([text.len()]);
    places.nth(count).filter(|place| count == 0 || *place > at)
}
