//! Makes an index of names from a state of a book.

use std::collections::HashMap;

use super::grams::{Grams, NotIndexed};
use super::orders::{by_collation, run_ends};
use super::{NONE, NameIndex, NameIndexUse};
use crate::book::state::Book;
use crate::runner::Runner;

/// An index is made if the text of the parts is at most this many quarters of the names.
const TEXT_QUARTERS_MAX: usize = 3;
/// An index is made if there are at most this many ids for each contact.
const IDS_PER_CONTACT_MAX: u64 = 8;

/// The distinct parts of one column, and which one each contact has.
#[derive(Default)]
struct Parts<'b> {
    numbers: HashMap<&'b str, u32>,
    texts: Vec<&'b str>,
    bytes: usize,
    /// The number of the part of each contact; [`NONE`] if it has none.
    of_contact: Vec<u32>,
}

impl<'b> Parts<'b> {
    fn push(&mut self, part: Option<&'b str>) {
        let Some(part) = part else { return self.of_contact.push(NONE) };
        let fresh = self.texts.len() as u32;
        let number = *self.numbers.entry(part).or_insert(fresh);
        if number == fresh {
            self.texts.push(part);
            self.bytes += part.len() + 1;
        }
        self.of_contact.push(number);
    }
}

/// The parts of all names of a book.
#[derive(Default)]
struct AllParts<'b> {
    last: Parts<'b>,
    first: Parts<'b>,
    patronymic: Parts<'b>,
    name_bytes: usize,
    ids: Vec<u64>,
}

impl NameIndex {
    /// The index of a state of a book; `None` if there would be no use of it, or the runner stops.
    pub(crate) fn build(book: &Book, runner: &dyn Runner, usage: NameIndexUse) -> Option<Self> {
        let parts = collect(book, runner, usage)?;
        let (first_id, last_id) = (*parts.ids.first()?, *parts.ids.last()?);
        let span = last_id - first_id + 1;
        let contacts = parts.ids.len();
        if span > (contacts as u64).saturating_mul(IDS_PER_CONTACT_MAX) || u32::try_from(span).is_err() {
            return None;
        }
        let order_of_lasts = by_collation(&parts.last.texts, runner)?;
        let lasts = order_of_lasts.len() as u32;
        let first_order = by_collation(&parts.first.texts, runner)?.into_iter().map(|number| lasts + number).collect();
        let mut line_of = vec![0; order_of_lasts.len()];
        order_of_lasts.iter().enumerate().for_each(|(line, number)| line_of[*number as usize] = line);
        let run_ends = run_ends(book, line_of.len(), |contact| line_of[parts.last.of_contact[contact] as usize]);
        let mut index = Self {
            revision: book.revision,
            first_id,
            last_id,
            usage,
            name_bytes: parts.name_bytes,
            text: String::with_capacity(parts.last.bytes + parts.first.bytes + parts.patronymic.bytes),
            ends: Vec::new(),
            last_starts: Vec::with_capacity(order_of_lasts.len() + 1),
            first_names: parts.first.texts.len(),
            members: Vec::new(),
            member_starts: vec![0],
            order: vec![0; contacts],
            ranks: vec![NONE; usize::try_from(span).ok()?],
            run_ends,
            first_order,
            grams: None,
        };
        let lasts = order_of_lasts.iter().map(|number| parts.last.texts[*number as usize]);
        let others = parts.first.texts.iter().chain(&parts.patronymic.texts).copied();
        for part in lasts.chain(others) {
            index.text.push_str(part);
            index.text.push('\n');
            index.ends.push(index.text.len() as u32);
        }
        index.number(&order_of_lasts, &parts);
        for column in [&parts.first, &parts.patronymic] {
            index.add_members(column, &parts.ids);
        }
        index.ends.shrink_to_fit();
        index.grams = match Grams::build(&index.text, &index.ends, contacts, runner) {
            Ok(grams) => Some(grams),
            Err(NotIndexed::TooDiverse) => None,
            Err(NotIndexed::Stopped) => return None,
        };
        Some(index)
    }

    /// Gives every contact its rank.
    fn number(&mut self, order_of_lasts: &[u32], parts: &AllParts<'_>) {
        let mut counts = vec![0u32; order_of_lasts.len()];
        parts.last.of_contact.iter().for_each(|number| counts[*number as usize] += 1);
        let mut next = vec![0u32; order_of_lasts.len()];
        let mut before = 0;
        for number in order_of_lasts {
            self.last_starts.push(before);
            next[*number as usize] = before;
            before += counts[*number as usize];
        }
        self.last_starts.push(before);
        for (number, id) in parts.last.of_contact.iter().zip(&parts.ids) {
            let rank = &mut next[*number as usize];
            let offset = (id - self.first_id) as usize;
            self.order[*rank as usize] = offset as u32;
            self.ranks[offset] = *rank;
            *rank += 1;
        }
    }

    /// Adds the ranks of those who have each part of a column.
    fn add_members(&mut self, column: &Parts<'_>, ids: &[u64]) {
        let begin = self.members.len() as u32;
        let mut starts = vec![0u32; column.texts.len() + 1];
        let present = |number: &&u32| **number != NONE;
        column.of_contact.iter().filter(present).for_each(|number| starts[*number as usize + 1] += 1);
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        self.member_starts.extend(starts[1..].iter().map(|start| begin + start));
        let mut column_of_rank = vec![NONE; self.order.len()];
        for (number, id) in column.of_contact.iter().zip(ids) {
            let rank = self.ranks[(id - self.first_id) as usize];
            column_of_rank[rank as usize] = *number;
        }
        self.members.resize(self.members.len() + starts[column.texts.len()] as usize, 0);
        for (rank, number) in column_of_rank.iter().enumerate().filter(|(_, number)| present(number)) {
            let next = &mut starts[*number as usize];
            self.members[(begin + *next) as usize] = rank as u32;
            *next += 1;
        }
    }
}

/// Divides all names into parts; `None` if too many are distinct, or the runner stops.
fn collect<'b>(book: &'b Book, runner: &dyn Runner, usage: NameIndexUse) -> Option<AllParts<'b>> {
    let mut parts = AllParts::default();
    for chunk in &book.contacts.chunks {
        if !runner.should_continue() {
            return None;
        }
        for row in 0..chunk.len() {
            let full = chunk.full_name(row);
            let last = chunk.last_name_bytes(row);
            let first = last + chunk.first_name(row).map_or(0, |first| 1 + first.len());
            // Each part with the spaces beside it.
            let after = |end: usize| full.len().min(end + 1);
            parts.last.push(Some(&full[..after(last)]));
            parts.first.push((first > last).then(|| &full[last..after(first)]));
            parts.patronymic.push((full.len() > first).then(|| &full[first..]));
            parts.name_bytes += full.len() + 1;
        }
        parts.ids.extend_from_slice(&chunk.ids);
    }
    let text = parts.last.bytes + parts.first.bytes + parts.patronymic.bytes;
    let is_useful = usage == NameIndexUse::Always || text <= parts.name_bytes / 4 * TEXT_QUARTERS_MAX;
    (is_useful && u32::try_from(text).is_ok()).then_some(parts)
}
