//! Simple case mappings, one character to one character.
//!
//! They are PostgreSQL's with the locale C.UTF-8: no language-specific rules, no final sigma. The Kelvin sign maps to
//! `k`, but `k` does not map to the Kelvin sign; so a case-insensitive set contains the mappings of the character as
//! written.

use std::sync::LazyLock;

use crate::char_set::CharSet;
use crate::unicode_tables;

/// The lower case of a character, or the character itself.
pub(crate) fn lower(point: u32) -> u32 {
    if point < 0x80 {
        let capital = point.wrapping_sub(0x41) < 26;
        return if capital { point + 0x20 } else { point };
    }
    mapped(&unicode_tables::TO_LOWER, point)
}

/// Below this, lower case is looked up directly: European scripts.
const DIRECT: usize = 0x0600;

/// The lower case of the first characters.
static LOWER: LazyLock<[u16; DIRECT]> = LazyLock::new(|| std::array::from_fn(|point| lower(point as u32) as u16));

/// The lower case of a character, or the character itself.
pub(crate) fn lower_char(character: char) -> char {
    let point = u32::from(character);
    let small = LOWER.get(point as usize).map_or_else(|| lower(point), |small| u32::from(*small));
    char::from_u32(small).unwrap_or(character)
}

/// The upper case of a character, or the character itself.
pub(crate) fn upper(point: u32) -> u32 {
    if point < 0x80 {
        let small = point.wrapping_sub(0x61) < 26;
        return if small { point - 0x20 } else { point };
    }
    mapped(&unicode_tables::TO_UPPER, point)
}

/// Applies the run that contains the character, if there is one.
fn mapped(table: &[i32], point: u32) -> u32 {
    let Ok(wanted) = i32::try_from(point) else {
        return point;
    };
    let (mut low, mut high) = (0, table.len() / 4);
    while low < high {
        let middle = (low + high) / 2;
        let run = &table[middle * 4..middle * 4 + 4];
        if wanted > run[1] {
            low = middle + 1;
        } else if wanted < run[0] {
            high = middle;
        } else {
            let hit = (wanted - run[0]) % run[2] == 0;
            return if hit { (wanted + run[3]) as u32 } else { point };
        }
    }
    point
}

/// The characters that a literal matches when case is ignored: its lower and its upper case. As in PostgreSQL, a
/// title-case letter does not match itself.
pub(crate) fn both_cases(point: u32) -> CharSet {
    let (small, capital) = (lower(point), upper(point));
    CharSet::of(vec![(small, small), (capital, capital)])
}

/// A range and the other cases of the letters in it.
pub(crate) fn range_in_both_cases(first: u32, last: u32) -> CharSet {
    let mut ranges = vec![(first, last)];
    for table in [&unicode_tables::TO_LOWER[..], &unicode_tables::TO_UPPER[..]] {
        for run in table.chunks_exact(4) {
            for letter in (run[0]..=run[1]).step_by(run[2] as usize) {
                if (first..=last).contains(&(letter as u32)) {
                    let other = (letter + run[3]) as u32;
                    ranges.push((other, other));
                }
            }
        }
    }
    CharSet::of(ranges)
}

/// Every character whose lower case is the given one.
pub(crate) fn lowering_to(small: u32) -> CharSet {
    let mut ranges = Vec::new();
    if lower(small) == small {
        ranges.push((small, small));
    }
    for run in unicode_tables::TO_LOWER.chunks_exact(4) {
        let letter = small as i32 - run[3];
        if (run[0]..=run[1]).contains(&letter) && (letter - run[0]) % run[2] == 0 {
            ranges.push((letter as u32, letter as u32));
        }
    }
    CharSet::of(ranges)
}
