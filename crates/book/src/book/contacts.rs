//! Applies changes of contacts to the chunks of a book.
//!
//! New contacts are appended to the last chunk. Other changes rebuild the chunks that they touch, each chunk once per
//! change, and split or drop it if its number of contacts requires that. A change of groups only is made in place.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

use super::GroupSet;
use super::chunk::{CHUNK_CONTACTS_MAX, Chunk, Link, Links};
use super::mail_index;
use super::view::ContactView;
use super::writer::BookWriter;
use crate::change::{Effect, MembershipChange};
use crate::contact::Contact;
use crate::id::{ContactId, GroupId, Revision};
use crate::text::Name;

/// The id of a contact and its new state with its links, or `None` if it is deleted.
type RowChange<'e> = (u64, Option<(&'e Contact, Links)>);

impl BookWriter {
    /// Applies effects on contacts; of several effects on one contact the last one counts.
    pub(super) fn apply_to_contacts(&mut self, effects: &[Effect], revision: Revision) {
        let mut latest: BTreeMap<u64, Option<&Contact>> = BTreeMap::new();
        for effect in effects {
            match effect {
                Effect::PutContact(contact) => latest.insert(contact.id.number(), Some(contact)),
                Effect::DropContact(id) => latest.insert(id.number(), None),
                _ => None,
            };
        }
        let last = self.book.contacts.highest_id();
        let appended = latest.split_off(&(last + 1));
        self.change_existing(latest, revision);
        let appended: Vec<&Contact> = appended.into_values().flatten().collect();
        for contact in &appended {
            self.append(contact, revision);
        }
        match appended[..] {
            [contact] => self.index(contact, &[], revision),
            _ => self.index_many(&appended, revision),
        }
    }

    /// Adds contacts to a group or removes them from it; contacts that are not in the book are skipped. The new set of
    /// groups is looked up once for all contacts that had the same set.
    pub(super) fn change_membership(
        &mut self,
        contacts: &[ContactId],
        group: GroupId,
        change: MembershipChange,
        revision: Revision,
    ) {
        let mut new_sets: HashMap<Option<usize>, Link> = HashMap::new();
        // Old sets are released at the end, so that no slot is taken by another set meanwhile.
        let mut old_sets = Vec::new();
        for contact in contacts {
            let Some((chunk, row)) = self.book.contacts.find(contact.number()) else {
                continue;
            };
            let before = self.book.contacts.chunks[chunk].links(row).groups;
            let after = match new_sets.get(&before.slot()) {
                Some(set) => self.share_set(*set),
                None => {
                    let groups = self.groups_after(before, group, change);
                    let set = self.acquire_set(&groups);
                    new_sets.insert(before.slot(), set);
                    set
                }
            };
            old_sets.push(before);
            Arc::make_mut(&mut self.book.contacts.chunks[chunk]).set_groups(row, after, revision.0);
            self.book.member_lists.note_change(contact.number(), revision);
        }
        for set in old_sets {
            self.release_set(set);
        }
    }

    /// The groups of a set, ascending, after a change of one membership.
    fn groups_after(&self, set: Link, group: GroupId, change: MembershipChange) -> Vec<GroupId> {
        let set = set.slot().and_then(|slot| self.book.group_sets.at(slot));
        let slots = set.map_or(&[][..], |set| set).iter();
        let mut groups: Vec<GroupId> =
            slots.filter_map(|slot| self.book.groups.at(*slot as usize)).map(|group| group.id).collect();
        groups.sort_unstable();
        match (groups.binary_search(&group), change) {
            (Err(at), MembershipChange::Join) => groups.insert(at, group),
            (Ok(at), MembershipChange::Leave) => drop(groups.remove(at)),
            (Ok(_), MembershipChange::Join) | (Err(_), MembershipChange::Leave) => {}
        }
        groups
    }

    /// The members of a group, by id.
    pub(super) fn members(&self, group: GroupId) -> impl Iterator<Item = ContactView<'_>> {
        let slot = self.groups.find(&group);
        let has = |set: &GroupSet| slot.is_some_and(|slot| set.contains(&slot));
        let slots = 0..self.book.group_sets.slots();
        let sets: Arc<[bool]> = slots.map(|slot| self.book.group_sets.at(slot).is_some_and(has)).collect();
        // A group without members, as most deleted groups are, needs no scan of the contacts.
        let chunks = if sets.contains(&true) { &self.book.contacts.chunks[..] } else { &[] };
        chunks.iter().flat_map(move |chunk| {
            let sets = Arc::clone(&sets);
            let belongs = move |row: &usize| chunk.groups[*row].slot().is_some_and(|set| sets[set]);
            (0..chunk.len()).filter(belongs).map(|row| ContactView::new(&self.book, chunk, row))
        })
    }

    fn append(&mut self, contact: &Contact, revision: Revision) {
        let links = self.links(&contact.draft);
        let id = contact.id.number();
        let contacts = &mut self.book.contacts;
        if !contacts.chunks.last().is_some_and(|chunk| chunk.has_room()) {
            let before = contacts.len();
            if let Some(full) = contacts.chunks.last_mut() {
                Arc::make_mut(full).shrink();
            }
            contacts.chunks.push(Arc::new(Chunk::default()));
            contacts.firsts.push(id);
            contacts.starts.insert(contacts.starts.len().saturating_sub(1), before);
            if contacts.starts.len() == 1 {
                contacts.starts.push(0);
            }
        }
        let last = contacts.chunks.last_mut().expect("a chunk was pushed above if there was none");
        Arc::make_mut(last).push_draft(id, &contact.draft, links, revision.0);
        *contacts.starts.last_mut().expect("it has one element more than there are chunks") += 1;
        self.book.name_indexes.note_appended(id, revision);
        self.book.member_lists.note_change(id, revision);
    }

    /// Adds a contact to the indexes; it had these packed numbers before.
    fn index(&mut self, contact: &Contact, had: &[u64], revision: Revision) {
        for phone in contact.draft.phones.as_slice() {
            let packed = phone.packed();
            if !had.contains(&packed) && self.book.phones.find(packed).next().is_none() {
                self.book.number_indexes.note_added(packed, revision);
            }
            self.book.phones.insert((packed, contact.id.number()));
        }
        for email in contact.draft.emails.as_slice() {
            self.book.mails.insert(email.as_str(), contact.id.number());
        }
        if let Some(organization) = contact.draft.organization {
            self.book.members.insert((organization.number(), contact.id.number()));
        }
    }

    /// Adds many new contacts to the indexes, each index in ascending order: pairs that are near each other are on pages that
    /// the processor has in its caches, and a page is copied once.
    fn index_many(&mut self, contacts: &[&Contact], revision: Revision) {
        let (mut phones, mut mails, mut members) = (Vec::with_capacity(contacts.len()), Vec::new(), Vec::new());
        for contact in contacts {
            let (draft, id) = (&contact.draft, contact.id.number());
            phones.extend(draft.phones.as_slice().iter().map(|phone| (phone.packed(), id)));
            mails.extend(draft.emails.as_slice().iter().map(|email| (mail_index::key(email.as_str()), id)));
            members.extend(draft.organization.map(|organization| (organization.number(), id)));
        }
        [&mut phones, &mut mails, &mut members].into_iter().for_each(|pairs| pairs.sort_unstable());
        for (packed, id) in phones {
            if self.book.phones.find(packed).next().is_none() {
                self.book.number_indexes.note_added(packed, revision);
            }
            self.book.phones.insert((packed, id));
        }
        mails.into_iter().for_each(|pair| self.book.mails.insert_pair(pair));
        members.into_iter().for_each(|pair| self.book.members.insert(pair));
    }

    /// Changes, deletes or inserts contacts whose ids are not above the last one.
    fn change_existing(&mut self, latest: BTreeMap<u64, Option<&Contact>>, revision: Revision) {
        let mut by_chunk: BTreeMap<usize, Vec<RowChange<'_>>> = BTreeMap::new();
        for (id, contact) in latest {
            let Some(chunk) = self.book.contacts.chunk_of(id) else {
                continue;
            };
            self.book.member_lists.note_change(id, revision);
            if self.is_renamed(chunk, id, contact) {
                self.book.name_indexes.note_change(id, revision);
            }
            let existed = self.remove_from_chunk(chunk, id);
            let before = Arc::clone(&self.book.contacts.chunks[chunk]);
            let had = before.find(id).map_or(&[][..], |row| before.phones_of(row));
            if contact.is_none() && existed {
                self.book.deleted.insert((revision.0, id));
            }
            let put = contact.map(|contact| (contact, self.links(&contact.draft)));
            if existed || put.is_some() {
                by_chunk.entry(chunk).or_default().push((id, put));
            }
            contact.into_iter().for_each(|contact| self.index(contact, had, revision));
        }
        let mut resized = false;
        // In descending order, so that the indexes of the chunks before stay valid.
        for (at, changes) in by_chunk.into_iter().rev() {
            resized |= self.rebuild_chunk(at, &changes, revision);
        }
        if resized {
            self.book.contacts.recount();
        }
    }

    /// Whether the names of a contact will be others than those of the row in its chunk, or either is missing.
    fn is_renamed(&self, chunk: usize, id: u64, contact: Option<&Contact>) -> bool {
        let chunk = &self.book.contacts.chunks[chunk];
        let (Ok(row), Some(contact)) = (chunk.find(id), contact) else { return true };
        let draft = &contact.draft;
        chunk.last_name(row) != draft.last_name.as_str()
            || chunk.first_name(row) != draft.first_name.as_ref().map(Name::as_str)
            || chunk.patronymic(row) != draft.patronymic.as_ref().map(Name::as_str)
    }

    /// Removes a contact of a chunk from the indexes and counts; false if the chunk does not contain it.
    fn remove_from_chunk(&mut self, chunk: usize, id: u64) -> bool {
        let chunk = Arc::clone(&self.book.contacts.chunks[chunk]);
        match chunk.find(id) {
            Ok(row) => self.remove_from_indexes(&chunk, row),
            Err(_) => return false,
        }
        true
    }

    /// Replaces a chunk by one, several or no chunks; true if rows have moved.
    fn rebuild_chunk(&mut self, at: usize, changes: &[RowChange<'_>], revision: Revision) -> bool {
        let old = Arc::clone(&self.book.contacts.chunks[at]);
        let mut after = ChunkSplitter::new(&old, changes);
        let mut from = 0;
        for (id, put) in changes {
            let (to, next) = match old.find(*id) {
                Ok(row) => (row, row + 1),
                Err(row) => (row, row),
            };
            after.keep(&old, from..to);
            if let Some((contact, links)) = put {
                after.chunk_with_room(&old).push_draft(*id, &contact.draft, *links, revision.0);
            }
            from = next;
        }
        after.keep(&old, from..old.len());
        let chunks = after.finish();
        let same_ids = matches!(&chunks[..], [only] if only.ids == old.ids);
        self.book.contacts.chunks.splice(at..=at, chunks);
        !same_ids
    }
}

/// Builds the chunks that replace one chunk: as few as can hold the contacts, equally full.
struct ChunkSplitter {
    done: Vec<Arc<Chunk>>,
    open: Chunk,
    /// Number of contacts per chunk.
    each: usize,
}

impl ChunkSplitter {
    fn new(old: &Chunk, changes: &[RowChange<'_>]) -> Self {
        let put = changes.iter().filter(|(_, put)| put.is_some()).count();
        let deleted = changes.iter().filter(|(id, _)| old.find(*id).is_ok()).count();
        let total = old.len() - deleted + put;
        let each = total.div_ceil(total.div_ceil(CHUNK_CONTACTS_MAX).max(1));
        Self { done: Vec::new(), open: Self::empty_chunk(old), each }
    }

    /// An empty chunk, with sort keys if the old chunk has them.
    fn empty_chunk(old: &Chunk) -> Chunk {
        let mut chunk = Chunk::default();
        chunk.extend(old, 0..0);
        chunk
    }

    /// The chunk to append the next contact to.
    fn chunk_with_room(&mut self, old: &Chunk) -> &mut Chunk {
        if self.open.len() >= self.each {
            let full = std::mem::replace(&mut self.open, Self::empty_chunk(old));
            self.close(full);
        }
        &mut self.open
    }

    fn keep(&mut self, old: &Chunk, mut range: Range<usize>) {
        while !range.is_empty() {
            let each = self.each;
            let open = self.chunk_with_room(old);
            let middle = range.end.min(range.start + each - open.len());
            open.extend(old, range.start..middle);
            range.start = middle;
        }
    }

    fn close(&mut self, mut chunk: Chunk) {
        if !chunk.is_empty() {
            chunk.shrink();
            self.done.push(Arc::new(chunk));
        }
    }

    fn finish(mut self) -> Vec<Arc<Chunk>> {
        let last = std::mem::take(&mut self.open);
        self.close(last);
        self.done
    }
}
