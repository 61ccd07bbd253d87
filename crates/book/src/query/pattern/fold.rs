//! Letter case, one character to one character.
//!
//! The mappings are PostgreSQL's under C.UTF-8: simple, so a text keeps its number of
//! characters; no language rules, no final sigma. Kelvin's sign becomes `k`, yet `k` does not
//! become Kelvin's sign, so a set that ignores case is built from the letter that was written.

use super::set::CharSet;
use super::tables;

/// The small letter of a character, or the character itself.
pub(super) fn lower(point: u32) -> u32 {
    if point < 0x80 {
        let capital = point.wrapping_sub(0x41) < 26;
        return if capital { point + 0x20 } else { point };
    }
    mapped(&tables::TO_LOWER, point)
}

/// The capital of a character, or the character itself.
pub(super) fn upper(point: u32) -> u32 {
    if point < 0x80 {
        let small = point.wrapping_sub(0x61) < 26;
        return if small { point - 0x20 } else { point };
    }
    mapped(&tables::TO_UPPER, point)
}

/// Finds the run that holds the character, if any, and applies it.
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

/// What a written letter stands for when case is ignored: its small letter and its capital. A
/// title-case letter is neither, and does not stand for itself; so PostgreSQL has it.
pub(super) fn both_cases(point: u32) -> CharSet {
    let (small, capital) = (lower(point), upper(point));
    CharSet::of(vec![(small, small), (capital, capital)])
}

/// A range together with the other cases of the letters in it.
pub(super) fn range_in_both_cases(first: u32, last: u32) -> CharSet {
    let mut ranges = vec![(first, last)];
    for table in [&tables::TO_LOWER[..], &tables::TO_UPPER[..]] {
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

/// Every character whose small letter is the given one.
pub(super) fn lowering_to(small: u32) -> CharSet {
    let mut ranges = Vec::new();
    if lower(small) == small {
        ranges.push((small, small));
    }
    for run in tables::TO_LOWER.chunks_exact(4) {
        let letter = small as i32 - run[3];
        if (run[0]..=run[1]).contains(&letter) && (letter - run[0]) % run[2] == 0 {
            ranges.push((letter as u32, letter as u32));
        }
    }
    CharSet::of(ranges)
}
