//! What has changed since a moment: the question of whoever keeps a mirror of the book.
//!
//! Everything that a contact shows has a revision: its own row, and the names of its organization, its manager and
//! its groups. The latest of these is the contact's place in the order of change; deletions are remembered with the
//! revision that deleted. So a mirror walks forward through one order in which every contact stands once, in its
//! present state: a contact that changes meanwhile moves to the end, and is never passed over.
//!
//! Deletions are not remembered for ever. A cursor that would need a forgotten one is refused.

use std::collections::BinaryHeap;

use super::Book;
use super::chunk::Links;
use super::view::ContactView;
use crate::id::{ContactId, ID_MAX};

/// How far a mirror has followed a book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The book's revision when the mirror began: what was deleted before, it has never seen.
    pub began: u64,
    /// The revision of the last thing seen.
    pub revision: u64,
    /// The id of the last thing seen, among those of that revision.
    pub id: u64,
}

/// Why a cursor cannot be followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CursorError {
    /// Deletions after it are forgotten.
    Forgotten,
    /// The book has not come so far: it was restored from a copy, or the cursor is somebody else's.
    Ahead,
}

/// One thing that is different.
#[derive(Clone, Copy)]
pub enum Changed<'b> {
    /// The contact reads like this now.
    Present(ContactView<'b>),
    /// The contact is gone.
    Gone(ContactId),
}

/// A page of the order of change.
pub struct Changes<'b> {
    /// How many things are different, those of later pages included.
    pub total: u64,
    /// What is different, in order.
    pub changed: Vec<Changed<'b>>,
    /// Where to go on.
    pub cursor: Cursor,
    /// Whether there is more now.
    pub has_more: bool,
    /// Where the question began.
    since: Cursor,
    /// The place of each of `changed` in the order of change.
    order: Vec<(u64, u64)>,
}

impl Changes<'_> {
    /// Where to go on when only the first `shown` things are passed on, and whether there is more then.
    pub fn cursor_after(&self, shown: usize) -> (Cursor, bool) {
        if shown >= self.changed.len() {
            return (self.cursor, self.has_more);
        }
        let last = shown.checked_sub(1).and_then(|last| self.order.get(last));
        let cursor = last.map_or(self.since, |(revision, id)| Cursor { revision: *revision, id: *id, ..self.since });
        (cursor, true)
    }
}

/// A place in the order of change, and where the contact stands; `None` for one that is gone.
type Found = (u64, u64, Option<(u32, u32)>);

/// The revisions of what contacts point to, by [`super::chunk::Link::index`].
#[derive(Default)]
struct Pointed {
    organizations: Vec<u64>,
    managers: Vec<u64>,
    groups: Vec<u64>,
}

impl Pointed {
    fn latest(&self, links: Links) -> u64 {
        let at = |list: &[u64], index: usize| list.get(index).copied().unwrap_or(0);
        at(&self.organizations, links.organization.index())
            .max(at(&self.managers, links.manager.index()))
            .max(at(&self.groups, links.groups.index()))
    }
}

impl Book {
    /// At most `limit` things that are different since the cursor, or since the book was born.
    ///
    /// # Errors
    ///
    /// The cursor needs what is forgotten, or is no cursor of this book.
    pub fn changes(&self, since: Option<Cursor>, limit: usize) -> Result<Changes<'_>, CursorError> {
        let present = self.revision.0;
        let since = since.unwrap_or(Cursor { began: present, revision: 0, id: 0 });
        self.judge(since)?;
        let (mut found, total) = self.found_since(since, limit);
        let has_more = found.len() > limit;
        found.truncate(limit);
        let cursor = match found.last() {
            Some((revision, id, _)) if has_more => Cursor { revision: *revision, id: *id, ..since },
            // There can be more only for a page of nothing.
            None if has_more => since,
            _ => Cursor { began: present, revision: present, id: ID_MAX },
        };
        let order = found.iter().map(|(revision, id, _)| (*revision, *id)).collect();
        let changed = found.into_iter().map(|found| self.changed(found)).collect();
        Ok(Changes { total, changed, cursor, has_more, since, order })
    }

    /// Whether answering a cursor means to look at many contacts.
    pub fn changed_much_since(&self, since: Option<Cursor>) -> bool {
        let seen = since.map_or(0, |cursor| cursor.revision);
        let names_moved = self.names_moved_at() >= seen;
        let newer = self.contacts.chunks.iter().filter(|chunk| names_moved || chunk.newest >= seen);
        newer.take(CHUNKS_AT_ONCE_MAX + 1).count() > CHUNKS_AT_ONCE_MAX
    }

    fn judge(&self, cursor: Cursor) -> Result<(), CursorError> {
        let (present, forgotten) = (self.revision.0, self.forgotten.0);
        if cursor.began > present || cursor.revision > present {
            return Err(CursorError::Ahead);
        }
        let passed = cursor.revision > forgotten || cursor.revision == forgotten && cursor.id >= ID_MAX;
        if cursor.began >= forgotten || passed { Ok(()) } else { Err(CursorError::Forgotten) }
    }

    /// The first `limit` and one more, in order; and how many there are.
    fn found_since(&self, cursor: Cursor, limit: usize) -> (Vec<Found>, u64) {
        let after = (cursor.revision, cursor.id);
        let mut first = First { heap: BinaryHeap::new(), room: limit + 1, after, total: 0 };
        let gone = self.deleted.from((cursor.revision, cursor.id.saturating_add(1)));
        // What was gone when the mirror began, it has never seen.
        for (revision, id) in gone.filter(|(revision, _)| *revision > cursor.began) {
            first.offer((revision, id, None));
        }
        let names_moved = self.names_moved_at() >= cursor.revision;
        let pointed = if names_moved { self.pointed() } else { Pointed::default() };
        for (at, chunk) in self.contacts.chunks.iter().enumerate() {
            if !names_moved && chunk.newest < cursor.revision {
                continue;
            }
            for (place, revision) in chunk.revisions.iter().enumerate() {
                let revision = if names_moved { pointed.latest(chunk.links(place)).max(*revision) } else { *revision };
                first.offer((revision, chunk.id(place), Some((at as u32, place as u32))));
            }
        }
        (first.heap.into_sorted_vec(), first.total)
    }

    /// The latest revision at which a name that contacts show has changed.
    fn names_moved_at(&self) -> u64 {
        self.organizations.latest().max(self.employees.latest()).max(self.groups.latest())
    }

    fn pointed(&self) -> Pointed {
        let revisions = |places: usize, at: &dyn Fn(usize) -> u64| {
            std::iter::once(0).chain((0..places).map(at)).collect::<Vec<u64>>()
        };
        let set = |place: usize| {
            let groups = self.group_sets.at(place).map_or(&[][..], |set| set);
            groups.iter().map(|group| self.groups.revision_at(*group as usize)).max().unwrap_or(0)
        };
        Pointed {
            organizations: revisions(self.organizations.places(), &|place| self.organizations.revision_at(place)),
            managers: revisions(self.employees.places(), &|place| self.employees.revision_at(place)),
            groups: revisions(self.group_sets.places(), &set),
        }
    }

    fn changed(&self, found: Found) -> Changed<'_> {
        match found {
            (_, _, Some((chunk, place))) => {
                Changed::Present(ContactView::new(self, &self.contacts.chunks[chunk as usize], place as usize))
            }
            (_, id, None) => Changed::Gone(ContactId::new(id).expect("only ids of contacts are remembered")),
        }
    }
}

/// So many chunks are looked at where that holds up nobody else.
const CHUNKS_AT_ONCE_MAX: usize = 32;

/// The first few in the order of change that come after a cursor.
struct First {
    heap: BinaryHeap<Found>,
    room: usize,
    after: (u64, u64),
    /// How many come after it.
    total: u64,
}

impl First {
    #[inline]
    fn offer(&mut self, found: Found) {
        if (found.0, found.1) <= self.after {
            return;
        }
        self.total += 1;
        if self.heap.len() < self.room {
            self.heap.push(found);
        } else if self.heap.peek().is_some_and(|last| found < *last) {
            self.heap.pop();
            self.heap.push(found);
        }
    }
}
