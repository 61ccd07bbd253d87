//! The index of names: the distinct parts of the names of a book, and who has each.
//!
//! The names of a million people are made of some fifty thousand parts: last names, first names and patronymics. Each
//! part is kept once, with the space that separates it from its neighbours, as one line of a text. What a pattern without
//! spaces finds in a name lies within one part, and the characters beside it are those of the line; so a scan of these
//! lines answers a question about all names.
//!
//! Contacts are numbered by *rank*: by last name in the order of the collation, those with a last name only before
//! those with more names, then by id. The contacts with a last name are a range of ranks, and the first ones in the order
//! of last names are the lowest ranks.
//!
//! An index is made from one state of a book and never changed. [`NameIndexes`] keeps the present one for all
//! later states of the book, and the changes that it does not know of.

use std::ops::Range;

use crate::id::Revision;

mod build;
pub(crate) mod grams;
mod orders;
mod present;
pub(crate) mod rank_set;

use grams::Grams;
pub(crate) use present::NameIndexes;
use rank_set::RankSet;

/// No rank, line or contact.
const NONE: u32 = u32::MAX;

/// When questions use an index of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameIndexUse {
    /// Where it reads less than a scan; none is made for a book of mostly distinct names.
    WhereFaster,
    /// Wherever it can answer a comparison: to compare its answers and its speed with those of a scan.
    Always,
}

/// The names of one state of a book.
#[derive(Debug)]
pub(crate) struct NameIndex {
    /// The revision of that state.
    pub(crate) revision: Revision,
    /// The smallest id.
    first_id: u64,
    /// The largest id.
    pub(crate) last_id: u64,
    /// When questions use it.
    pub(crate) usage: NameIndexUse,
    /// Bytes of all full names.
    pub(crate) name_bytes: usize,
    /// The parts, each ended by a line feed: last names in the order of ranks, first names, patronymics.
    text: String,
    /// The end of each line, its line feed included.
    ends: Vec<u32>,
    /// The first rank of each last name, then the number of ranks.
    last_starts: Vec<u32>,
    /// The number of lines that are first names.
    first_names: usize,
    /// The ranks of the contacts that have a first name or a patronymic, ascending for each.
    members: Vec<u32>,
    /// Where the ranks of each first name and patronymic begin in `members`, then its length.
    member_starts: Vec<u32>,
    /// The id of each rank, less the smallest.
    order: Vec<u32>,
    /// The inverse: the rank of each id, less the smallest; [`NONE`] for an id that no contact has.
    ranks: Vec<u32>,
    /// The lines of last names that end a run ([`NameIndex::run_of`]); none if the book had no sort keys.
    run_ends: Option<RankSet>,
    /// The lines of first names in the order of the collation.
    first_order: Vec<u32>,
    /// The parts by the sequences of characters in them; none for parts that are too diverse.
    grams: Option<Grams>,
}

/// A kind of parts that can be compared by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NameColumn {
    Last,
    First,
}

impl NameIndex {
    /// The number of contacts.
    pub(crate) fn len(&self) -> usize {
        self.order.len()
    }

    /// The parts, one in a line.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The parts by the sequences of characters in them; none for parts that are too diverse.
    pub(crate) fn grams(&self) -> Option<&Grams> {
        self.grams.as_ref()
    }

    /// The number of contacts that have the part in this line.
    pub(crate) fn rank_count(&self, line: usize) -> usize {
        let (starts, line) = match line.checked_sub(self.last_starts.len() - 1) {
            None => (&self.last_starts, line),
            Some(line) => (&self.member_starts, line),
        };
        (starts[line + 1] - starts[line]) as usize
    }

    /// The part in a line, with the spaces that separate it from others.
    pub(crate) fn line(&self, line: usize) -> &str {
        &self.text[self.line_start(line)..self.line_end(line)]
    }

    /// Bytes of all last names, their line feeds included.
    pub(crate) fn last_bytes(&self) -> usize {
        self.line_start(self.last_starts.len() - 1)
    }

    /// The number of parts.
    pub(crate) fn lines(&self) -> usize {
        self.ends.len()
    }

    /// The lines of a column.
    pub(crate) fn lines_of(&self, column: NameColumn) -> Range<usize> {
        let lasts = self.last_starts.len() - 1;
        match column {
            NameColumn::Last => 0..lasts,
            NameColumn::First => lasts..lasts + self.first_names,
        }
    }

    /// Where a line begins.
    pub(crate) fn line_start(&self, line: usize) -> usize {
        line.checked_sub(1).map_or(0, |before| self.ends[before] as usize)
    }

    /// Where a line ends, without its line feed.
    pub(crate) fn line_end(&self, line: usize) -> usize {
        self.ends[line] as usize - 1
    }

    /// The line that contains this byte of the text, or ends there; `from` is a line not after it.
    pub(crate) fn line_at(&self, at: usize, from: usize) -> usize {
        // The line is usually near.
        let (mut from, mut step) = (from, 1);
        while self.ends.get(from + step).is_some_and(|end| *end as usize <= at) {
            from += step;
            step *= 2;
        }
        let near = from..self.ends.len().min(from + step + 1);
        from + self.ends[near].partition_point(|end| *end as usize <= at)
    }

    /// The part in a line, without the spaces that separate it from others.
    pub(crate) fn part(&self, line: usize) -> &str {
        let part = self.line(line);
        let part = if line < self.last_starts.len() - 1 { part } else { part.strip_prefix(' ').unwrap_or(part) };
        part.strip_suffix(' ').unwrap_or(part)
    }

    /// Adds the ranks of the contacts that have the part in this line.
    pub(crate) fn add_ranks(&self, line: usize, ranks: &mut RankSet) {
        match line.checked_sub(self.last_starts.len() - 1) {
            None => ranks.set_range(self.last_starts[line] as usize..self.last_starts[line + 1] as usize),
            Some(_) => self.members_of(line).iter().for_each(|rank| ranks.set(*rank as usize)),
        }
    }

    /// The ranks of the contacts that have the first name or patronymic in this line, ascending.
    pub(crate) fn members_of(&self, line: usize) -> &[u32] {
        let line = line - (self.last_starts.len() - 1);
        &self.members[self.member_starts[line] as usize..self.member_starts[line + 1] as usize]
    }

    /// The line of the last name of the contact with this rank; `from` is a line not after it.
    pub(crate) fn last_of(&self, rank: usize, from: usize) -> usize {
        let rank = rank as u32;
        // The line is usually near.
        let (mut from, mut step) = (from, 1);
        while self.last_starts.get(from + step).is_some_and(|start| *start <= rank) {
            from += step;
            step *= 2;
        }
        let near = from..self.last_starts.len().min(from + step + 1);
        from + self.last_starts[near].partition_point(|start| *start <= rank) - 1
    }

    /// The id of the contact with this rank.
    pub(crate) fn id_of(&self, rank: usize) -> u64 {
        self.first_id + u64::from(self.order[rank])
    }

    /// The rank of the contact with this id.
    pub(crate) fn rank_of(&self, id: u64) -> Option<usize> {
        let offset = usize::try_from(id.checked_sub(self.first_id)?).ok()?;
        self.ranks.get(offset).filter(|rank| **rank != NONE).map(|rank| *rank as usize)
    }

    /// The lines of the last name of the contact with this rank: of those who have nothing else, and of the others.
    pub(crate) fn lines_of_namesakes(&self, rank: usize) -> Range<usize> {
        let line = self.last_starts.partition_point(|start| *start as usize <= rank) - 1;
        let same = |other: usize| self.part(other) == self.part(line);
        let first = if line > 0 && same(line - 1) { line - 1 } else { line };
        let lasts = self.last_starts.len() - 1;
        let last = if line + 1 < lasts && same(line + 1) { line + 1 } else { line };
        first..last + 1
    }

    /// Runs of lines of last names: the full names that begin with the lines of a run come after those of all runs before in
    /// order. The run of this line; `None` if runs are not known.
    pub(crate) fn run_of(&self, line: usize) -> Option<Range<usize>> {
        let ends = self.run_ends.as_ref()?;
        let start = ends.below(line).map_or(0, |end| end + 1);
        Some(start..ends.at_or_above(line)? + 1)
    }

    /// The lines of first names in the order of the collation; lines with the same name lie together.
    pub(crate) fn first_order(&self) -> &[u32] {
        &self.first_order
    }

    /// Whether every contact has a first name.
    pub(crate) fn all_have_first_names(&self) -> bool {
        self.member_starts[self.first_names] as usize == self.len()
    }

    /// The ranks of the contacts with the last name in this line.
    pub(crate) fn ranks_of_last(&self, line: usize) -> Range<usize> {
        self.last_starts[line] as usize..self.last_starts[line + 1] as usize
    }

    /// The smallest id, and the number of ids up to the largest.
    pub(crate) fn ids(&self) -> (u64, usize) {
        (self.first_id, self.ranks.len())
    }

    /// Bytes of memory.
    pub(crate) fn bytes(&self) -> usize {
        let numbers = [&self.ends, &self.last_starts, &self.members, &self.member_starts, &self.order, &self.ranks];
        let numbers = numbers.into_iter().chain([&self.first_order]);
        let runs = self.run_ends.as_ref().map_or(0, RankSet::bytes);
        let numbers: usize = numbers.map(|vector| vector.capacity() * size_of::<u32>()).sum();
        size_of::<Self>() + self.text.capacity() + numbers + runs + self.grams.as_ref().map_or(0, Grams::bytes)
    }
}
