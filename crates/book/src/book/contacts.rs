//! How a desk lays changed contacts into chunks.
//!
//! New contacts are appended to the last chunk. Every other change makes the chunks that it touches anew, each of
//! them once, however many of its contacts are changed, added or removed. What only gets another set of groups
//! keeps its place.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

use super::GroupSet;
use super::chunk::{CHUNK_CONTACTS_MAX, Chunk, Link, Links};
use super::view::ContactView;
use super::writer::BookWriter;
use crate::change::Effect;
use crate::contact::Contact;
use crate::id::{ContactId, GroupId, Revision};

/// What became of a contact and a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Membership {
    Joined,
    Left,
}

/// What a contact is from now on: this, pointing there, or gone.
type Amended<'e> = (u64, Option<(&'e Contact, Links)>);

impl BookWriter {
    /// Follows effects on contacts; the last one about a contact counts.
    pub(super) fn follow_contacts(&mut self, effects: &[Effect], revision: Revision) {
        let mut wanted: BTreeMap<u64, Option<&Contact>> = BTreeMap::new();
        for effect in effects {
            match effect {
                Effect::PutContact(contact) => wanted.insert(contact.id.number(), Some(contact)),
                Effect::DropContact(id) => wanted.insert(id.number(), None),
                _ => None,
            };
        }
        let last = self.book.contacts.chunks.last().and_then(|chunk| chunk.ids.last().copied()).unwrap_or(0);
        let appended = wanted.split_off(&(last + 1));
        self.amend(wanted, revision);
        for contact in appended.into_values().flatten() {
            self.append(contact, revision);
        }
    }

    /// Lets contacts join a group or leave it; those that are not there are passed over. Contacts that had the same
    /// groups before have the same set of groups afterwards, which is made once.
    pub(super) fn regroup(
        &mut self,
        contacts: &[ContactId],
        group: GroupId,
        membership: Membership,
        revision: Revision,
    ) {
        let mut after: HashMap<Option<usize>, Link> = HashMap::new();
        // Sets are released at the end, so that the place of a set means the same set throughout.
        let mut released = Vec::new();
        for contact in contacts {
            let Some((chunk, place)) = self.book.contacts.find(contact.number()) else {
                continue;
            };
            let before = self.book.contacts.chunks[chunk].links(place).groups;
            let link = match after.get(&before.place()) {
                Some(link) => self.share_set(*link),
                None => {
                    let groups = self.groups_with(before, group, membership);
                    let link = self.take_set(&groups);
                    after.insert(before.place(), link);
                    link
                }
            };
            released.push(before);
            Arc::make_mut(&mut self.book.contacts.chunks[chunk]).regroup(place, link, revision.0);
        }
        released.into_iter().for_each(|set| self.release_set(set));
    }

    /// The groups of a set, ascending, with one more or less.
    fn groups_with(&self, set: Link, group: GroupId, membership: Membership) -> Vec<GroupId> {
        let set = set.place().and_then(|place| self.book.group_sets.at(place));
        let places = set.map_or(&[][..], |set| set).iter();
        let mut groups: Vec<GroupId> =
            places.filter_map(|place| self.book.groups.at(*place as usize)).map(|group| group.id).collect();
        match (groups.binary_search(&group), membership) {
            (Err(at), Membership::Joined) => groups.insert(at, group),
            (Ok(at), Membership::Left) => drop(groups.remove(at)),
            (Ok(_), Membership::Joined) | (Err(_), Membership::Left) => {}
        }
        groups
    }

    /// The members of a group, by id.
    pub(super) fn members(&self, group: GroupId) -> impl Iterator<Item = ContactView<'_>> {
        let place = self.groups.find(&group);
        let has = |set: &GroupSet| place.is_some_and(|place| set.contains(&place));
        let places = 0..self.book.group_sets.places();
        let sets: Arc<[bool]> = places.map(|at| self.book.group_sets.at(at).is_some_and(has)).collect();
        // A group that nobody belongs to, as most are that are deleted, costs no look at the contacts.
        let chunks = if sets.contains(&true) { &self.book.contacts.chunks[..] } else { &[] };
        chunks.iter().flat_map(move |chunk| {
            let sets = Arc::clone(&sets);
            let belongs = move |place: &usize| chunk.groups[*place].place().is_some_and(|set| sets[set]);
            (0..chunk.len()).filter(belongs).map(|place| ContactView::new(&self.book, chunk, place))
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
        let last = contacts.chunks.last_mut().expect("one was pushed above if there was none");
        Arc::make_mut(last).push_draft(id, &contact.draft, links, revision.0);
        *contacts.starts.last_mut().expect("as many as chunks, and one more") += 1;
        self.index(contact);
    }

    fn index(&mut self, contact: &Contact) {
        for phone in contact.draft.phones.as_slice() {
            self.book.phones.insert((phone.packed(), contact.id.number()));
        }
        if let Some(organization) = contact.draft.organization {
            self.book.members.insert((organization.number(), contact.id.number()));
        }
    }

    /// Changes, removes or puts in between contacts up to the last one.
    fn amend(&mut self, wanted: BTreeMap<u64, Option<&Contact>>, revision: Revision) {
        let mut by_chunk: BTreeMap<usize, Vec<Amended<'_>>> = BTreeMap::new();
        for (id, contact) in wanted {
            let Some(chunk) = self.book.contacts.chunk_of(id) else {
                continue;
            };
            let there = self.take_out(chunk, id);
            if contact.is_none() && there {
                self.book.deleted.insert((revision.0, id));
            }
            let put = contact.map(|contact| (contact, self.links(&contact.draft)));
            if there || put.is_some() {
                by_chunk.entry(chunk).or_default().push((id, put));
            }
            contact.into_iter().for_each(|contact| self.index(contact));
        }
        let mut resized = false;
        // From the last one on, so that the places of those before stay what they are.
        for (at, amended) in by_chunk.into_iter().rev() {
            resized |= self.make_anew(at, &amended, revision);
        }
        if resized {
            self.book.contacts.recount();
        }
    }

    /// Takes the contact out of the index and the counts; whether it was there.
    fn take_out(&mut self, chunk: usize, id: u64) -> bool {
        let chunk = Arc::clone(&self.book.contacts.chunks[chunk]);
        match chunk.find(id) {
            Ok(place) => self.forget(&chunk, place),
            Err(_) => return false,
        }
        true
    }

    /// Makes a chunk anew, or several out of it, or none; whether any contact stands elsewhere now.
    fn make_anew(&mut self, at: usize, amended: &[Amended<'_>], revision: Revision) -> bool {
        let old = Arc::clone(&self.book.contacts.chunks[at]);
        let mut after = Parts::new(old.len(), &old, amended);
        let mut from = 0;
        for (id, put) in amended {
            let (to, next) = match old.find(*id) {
                Ok(place) => (place, place + 1),
                Err(place) => (place, place),
            };
            after.keep(&old, from..to);
            if let Some((contact, links)) = put {
                after.room(&old).push_draft(*id, &contact.draft, *links, revision.0);
            }
            from = next;
        }
        after.keep(&old, from..old.len());
        let parts = after.finish();
        let same = matches!(&parts[..], [only] if only.ids == old.ids);
        self.book.contacts.chunks.splice(at..=at, parts);
        !same
    }
}

/// The chunks that one chunk becomes: as few as can hold the contacts, equally full.
struct Parts {
    done: Vec<Arc<Chunk>>,
    open: Chunk,
    each: usize,
}

impl Parts {
    fn new(before: usize, old: &Chunk, amended: &[Amended<'_>]) -> Self {
        let put = amended.iter().filter(|(_, put)| put.is_some()).count();
        let gone = amended.iter().filter(|(id, _)| old.find(*id).is_ok()).count();
        let total = before - gone + put;
        let each = total.div_ceil(total.div_ceil(CHUNK_CONTACTS_MAX).max(1));
        Self { done: Vec::new(), open: Self::fresh(old), each }
    }

    /// An empty chunk that keeps sort keys if the old one has them.
    fn fresh(old: &Chunk) -> Chunk {
        let mut chunk = Chunk::default();
        chunk.extend(old, 0..0);
        chunk
    }

    /// The chunk that the next contact goes to.
    fn room(&mut self, old: &Chunk) -> &mut Chunk {
        if self.open.len() >= self.each {
            let full = std::mem::replace(&mut self.open, Self::fresh(old));
            self.close(full);
        }
        &mut self.open
    }

    fn keep(&mut self, old: &Chunk, mut range: Range<usize>) {
        while !range.is_empty() {
            let each = self.each;
            let open = self.room(old);
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
