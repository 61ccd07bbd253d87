//! The contacts that a search by the index of names has found: in the order of last names, and by id.

use std::ops::Range;
use std::sync::Arc;

use super::ask::Direction;
use super::bitmap::Bitmap;
use crate::book::ChunkList;
use crate::book::chunk::Chunk;
use crate::book::name_index::NameIndex;
use crate::book::name_index::rank_set::RankSet;

/// The contacts whose names match, as far as the index knows them.
#[derive(Debug)]
pub(super) struct NameMatches {
    pub(super) index: Arc<NameIndex>,
    /// The contacts that match, without those whose names have changed.
    pub(super) ranks: RankSet,
    /// Ids of contacts whose names have changed since the index was made, ascending.
    pub(super) changed: Vec<u64>,
    /// The number of parts that were compared.
    pub(super) parts: u64,
    /// The number of contacts that were read.
    pub(super) contacts: u64,
}

impl NameMatches {
    /// The number of contacts that match.
    pub(super) fn count(&self) -> usize {
        self.ranks.count()
    }

    /// The ids of the first contacts that match by last name, or of the last ones if descending: at least `count` of
    /// them, in no order. With `has_more_keys` all that have the same last name as one of them; otherwise at least
    /// those with the smallest ids. `None` if they are more than `ids_max`.
    pub(super) fn first_ids(
        &self,
        direction: Direction,
        count: usize,
        has_more_keys: bool,
        ids_max: usize,
    ) -> Option<Vec<u64>> {
        let mut ids = Vec::new();
        let next = |at: usize| match direction {
            Direction::Ascending => self.ranks.at_or_above(at),
            Direction::Descending => self.ranks.below(at),
        };
        let mut at = if direction == Direction::Ascending { 0 } else { self.index.len() };
        while let (Some(rank), true) = (next(at), ids.len() < count) {
            let wanted = if has_more_keys { usize::MAX } else { count - ids.len() };
            let lines = self.index.lines_of_namesakes(rank);
            for line in lines.clone() {
                let ranks = self.index.ranks_of_last(line);
                let matching = self.ranks.iter_in(ranks).take(wanted);
                ids.extend(matching.map(|rank| self.index.id_of(rank)));
                if ids.len() > ids_max {
                    return None;
                }
            }
            at = match direction {
                Direction::Ascending => self.index.ranks_of_last(lines.end - 1).end,
                Direction::Descending => self.index.ranks_of_last(lines.start).start,
            };
        }
        Some(ids)
    }

    /// The ids of the first contacts that match by full name, or of the last ones if descending: at least `count` of them and
    /// all that may come before one of them, in no order. `None` if they are more than `ids_max`, or not known.
    pub(super) fn first_ids_by_full_name(
        &self,
        direction: Direction,
        count: usize,
        ids_max: usize,
    ) -> Option<Vec<u64>> {
        let index = &*self.index;
        let mut ids = Vec::new();
        let mut at = if direction == Direction::Ascending { 0 } else { index.len() };
        while ids.len() < count {
            let rank = match direction {
                Direction::Ascending => self.ranks.at_or_above(at),
                Direction::Descending => self.ranks.below(at),
            };
            let Some(rank) = rank else { break };
            let run = index.run_of(index.last_of(rank, 0))?;
            let ranks = index.ranks_of_last(run.start).start..index.ranks_of_last(run.end - 1).end;
            at = if direction == Direction::Ascending { ranks.end } else { ranks.start };
            ids.extend(self.ranks.iter_in(ranks).map(|rank| index.id_of(rank)));
            if ids.len() > ids_max {
                return None;
            }
        }
        Some(ids)
    }

    /// The same by first name, as far as contacts have one. `None` also if more than `reads_max` contacts with the first ones
    /// of these names would be looked at.
    pub(super) fn first_ids_by_first_name(
        &self,
        direction: Direction,
        count: usize,
        ids_max: usize,
        reads_max: usize,
    ) -> Option<Vec<u64>> {
        let index = &*self.index;
        // Those without a first name come first if descending, and otherwise last.
        if direction == Direction::Descending && !index.all_have_first_names() {
            return None;
        }
        let (mut ids, mut left) = (Vec::new(), reads_max);
        let order = index.first_order();
        let same = |one: &u32, other: &u32| index.part(*one as usize) == index.part(*other as usize);
        let mut take = |lines: &[u32]| {
            for line in lines {
                let members = index.members_of(*line as usize);
                left = left.checked_sub(members.len())?;
                let matching = members.iter().filter(|rank| self.ranks.has(**rank as usize));
                ids.extend(matching.map(|rank| index.id_of(*rank as usize)));
            }
            (ids.len() <= ids_max).then_some(ids.len() >= count)
        };
        let is_enough = match direction {
            Direction::Ascending => {
                let mut names = order.chunk_by(same);
                first_enough(&mut names, &mut take)?
            }
            Direction::Descending => {
                let mut names = order.chunk_by(same).rev();
                first_enough(&mut names, &mut take)?
            }
        };
        (is_enough || index.all_have_first_names()).then_some(ids)
    }

    /// The contacts that match by id.
    pub(super) fn by_id(&self) -> MatchesById {
        MatchesById::of(&self.index, &self.ranks)
    }

    /// The chunks that have open rows, and perhaps some more.
    pub(super) fn open_chunks(&self, contacts: &ChunkList) -> Vec<usize> {
        let behind = contacts.chunk_of(self.index.last_id).unwrap_or(0);
        let mut chunks: Vec<usize> = self.changed.iter().filter_map(|id| contacts.chunk_of(*id)).collect();
        chunks.retain(|chunk| *chunk < behind);
        chunks.dedup();
        chunks.extend(behind..contacts.chunks.len());
        chunks
    }

    /// Whether a contact with one of these ids is open.
    pub(super) fn is_open_in(&self, ids: Range<u64>) -> bool {
        let next = self.changed.partition_point(|id| *id < ids.start);
        ids.end > self.index.last_id + 1 || self.changed.get(next).is_some_and(|id| *id < ids.end)
    }

    /// The rows of a chunk that are open.
    pub(super) fn open_rows(&self, chunk: &Chunk) -> Bitmap {
        let (Some(first), Some(last)) = (chunk.ids.first(), chunk.ids.last()) else { return Bitmap::NONE };
        let new = chunk.ids.partition_point(|id| *id <= self.index.last_id);
        let mut rows = Bitmap::range(new, chunk.len());
        let changed = self.changed.partition_point(|id| id < first)..self.changed.partition_point(|id| id <= last);
        self.changed[changed].iter().filter_map(|id| chunk.find(*id).ok()).for_each(|row| rows.set(row));
        rows
    }
}

/// Takes lines with the same name until they are enough; whether they are. `None` if they are too many.
fn first_enough<'l>(
    names: &mut dyn Iterator<Item = &'l [u32]>,
    take: &mut dyn FnMut(&[u32]) -> Option<bool>,
) -> Option<bool> {
    for lines in names {
        if take(lines)? {
            return Some(true);
        }
    }
    Some(false)
}

/// Matching contacts by id.
#[derive(Debug)]
pub(super) struct MatchesById {
    first_id: u64,
    last_id: u64,
    offsets: RankSet,
}

impl MatchesById {
    pub(super) fn of(index: &NameIndex, ranks: &RankSet) -> Self {
        let (first_id, ids) = index.ids();
        let mut offsets = RankSet::new(ids);
        for rank in ranks.iter() {
            offsets.set((index.id_of(rank) - first_id) as usize);
        }
        Self { first_id, last_id: index.last_id, offsets }
    }

    /// Whether a contact with one of these ids matches.
    pub(super) fn is_any_in(&self, ids: Range<u64>) -> bool {
        let offset = |id: u64| usize::try_from(id.saturating_sub(self.first_id)).unwrap_or(usize::MAX);
        self.offsets.has_any_in(offset(ids.start)..offset(ids.end))
    }

    /// The rows of a chunk that match; of those that are open, none.
    pub(super) fn rows(&self, chunk: &Chunk) -> Bitmap {
        let (Some(first), Some(last)) = (chunk.ids.first(), chunk.ids.last()) else { return Bitmap::NONE };
        if *first > self.last_id || *last < self.first_id {
            return Bitmap::NONE;
        }
        let is_gapless = (last - first) as usize + 1 == chunk.len();
        match first.checked_sub(self.first_id) {
            Some(offset) if is_gapless => Bitmap::from_words(|word| self.offsets.word_at(offset as usize + word * 64))
                .and(&Bitmap::range(0, chunk.len())),
            _ => Bitmap::range(0, chunk.len()).filter(|row| {
                let offset = chunk.id(row).checked_sub(self.first_id);
                offset.is_some_and(|offset| self.offsets.word_at(offset as usize) & 1 == 1)
            }),
        }
    }
}
