//! Change tracking: the contacts that have changed since a cursor, for clients that keep a copy of the book.
//!
//! Everything that a contact shows has a revision: its own row, and the names of its organization, its manager and its
//! groups. The latest of them is the position of the contact in the order of change; deletions are remembered with
//! their revision. A client walks forward through this order, in which every contact occurs once, in its current
//! state: a contact that changes meanwhile moves to the end and is not missed.
//!
//! Deletions are remembered up to a bound. A cursor that needs a forgotten deletion is rejected.

use std::collections::BinaryHeap;

use super::Book;
use super::chunk::Links;
use super::view::ContactView;
use crate::id::{ContactId, ID_MAX};

/// A position in the order of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The revision of the book when the client started: it has never seen contacts deleted before.
    pub began: u64,
    /// The revision of the last change seen.
    pub revision: u64,
    /// The contact id of the last change seen among those of that revision.
    pub id: u64,
}

/// The reason why a cursor is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CursorError {
    /// Deletions after it have been forgotten.
    Forgotten,
    /// The cursor is beyond the current revision: the book was restored from a backup, or the cursor is of another book.
    Ahead,
}

/// A contact that has changed.
#[derive(Clone, Copy)]
pub enum Changed<'b> {
    /// The contact in its current state.
    Present(ContactView<'b>),
    /// The contact was deleted.
    Deleted(ContactId),
}

/// A page of the order of change.
pub struct Changes<'b> {
    /// The number of changed contacts, those of later pages included.
    pub total: u64,
    /// Changed contacts, in the order of change.
    pub changed: Vec<Changed<'b>>,
    /// The position after this page.
    pub cursor: Cursor,
    /// Whether more changes follow.
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

/// Revision, contact id, and chunk and row of the contact, `None` if it was deleted.
type ChangedRow = (u64, u64, Option<(u32, u32)>);

/// The revisions of the records that contacts refer to, by [`super::chunk::Link::index`].
#[derive(Default)]
struct LinkRevisions {
    organizations: Vec<u64>,
    managers: Vec<u64>,
    groups: Vec<u64>,
}

impl LinkRevisions {
    /// The latest revision of the records that a contact refers to.
    fn latest(&self, links: Links) -> u64 {
        let at = |list: &[u64], index: usize| list.get(index).copied().unwrap_or(0);
        at(&self.organizations, links.organization.index())
            .max(at(&self.managers, links.manager.index()))
            .max(at(&self.groups, links.groups.index()))
    }
}

impl Book {
    /// At most `limit` contacts that have changed since the cursor; without a cursor, all contacts.
    ///
    /// # Errors
    ///
    /// The cursor needs a forgotten deletion, or is not a cursor of this book.
    pub fn changes(&self, since: Option<Cursor>, limit: usize) -> Result<Changes<'_>, CursorError> {
        let present = self.revision.0;
        let since = since.unwrap_or(Cursor { began: present, revision: 0, id: 0 });
        self.check_cursor(since)?;
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

    /// Whether answering a cursor reads more than [`CHUNKS_AT_ONCE_MAX`] chunks.
    pub fn changed_much_since(&self, since: Option<Cursor>) -> bool {
        let seen = since.map_or(0, |cursor| cursor.revision);
        let names_changed = self.names_changed_at() >= seen;
        let newer = self.contacts.chunks.iter().filter(|chunk| names_changed || chunk.newest >= seen);
        newer.take(CHUNKS_AT_ONCE_MAX + 1).count() > CHUNKS_AT_ONCE_MAX
    }

    fn check_cursor(&self, cursor: Cursor) -> Result<(), CursorError> {
        let (current, forgotten) = (self.revision.0, self.forgotten.0);
        if cursor.began > current || cursor.revision > current {
            return Err(CursorError::Ahead);
        }
        let passed = cursor.revision > forgotten || cursor.revision == forgotten && cursor.id >= ID_MAX;
        if cursor.began >= forgotten || passed { Ok(()) } else { Err(CursorError::Forgotten) }
    }

    /// The first `limit` + 1 changes after the cursor, in order, and the number of all changes after it.
    fn found_since(&self, cursor: Cursor, limit: usize) -> (Vec<ChangedRow>, u64) {
        let after = (cursor.revision, cursor.id);
        let mut oldest = OldestChanges { heap: BinaryHeap::new(), keep: limit + 1, after, total: 0 };
        let deleted = self.deleted.from((cursor.revision, cursor.id.saturating_add(1)));
        // The client has never seen contacts that were deleted before it started.
        for (revision, id) in deleted.filter(|(revision, _)| *revision > cursor.began) {
            oldest.offer((revision, id, None));
        }
        let names_changed = self.names_changed_at() >= cursor.revision;
        let link_revisions = if names_changed { self.link_revisions() } else { LinkRevisions::default() };
        for (at, chunk) in self.contacts.chunks.iter().enumerate() {
            if !names_changed && chunk.newest < cursor.revision {
                continue;
            }
            for (row, revision) in chunk.revisions.iter().enumerate() {
                let revision =
                    if names_changed { link_revisions.latest(chunk.links(row)).max(*revision) } else { *revision };
                oldest.offer((revision, chunk.id(row), Some((at as u32, row as u32))));
            }
        }
        (oldest.heap.into_sorted_vec(), oldest.total)
    }

    /// The latest revision at which a name that contacts show has changed.
    fn names_changed_at(&self) -> u64 {
        self.organizations.latest().max(self.employees.latest()).max(self.groups.latest())
    }

    fn link_revisions(&self) -> LinkRevisions {
        let revisions = |slots: usize, at: &dyn Fn(usize) -> u64| {
            std::iter::once(0).chain((0..slots).map(at)).collect::<Vec<u64>>()
        };
        let set = |slot: usize| {
            let groups = self.group_sets.at(slot).map_or(&[][..], |set| set);
            groups.iter().map(|group| self.groups.revision_at(*group as usize)).max().unwrap_or(0)
        };
        LinkRevisions {
            organizations: revisions(self.organizations.slots(), &|slot| self.organizations.revision_at(slot)),
            managers: revisions(self.employees.slots(), &|slot| self.employees.revision_at(slot)),
            groups: revisions(self.group_sets.slots(), &set),
        }
    }

    fn changed(&self, found: ChangedRow) -> Changed<'_> {
        match found {
            (_, _, Some((chunk, row))) => {
                Changed::Present(ContactView::new(self, &self.contacts.chunks[chunk as usize], row as usize))
            }
            (_, id, None) => Changed::Deleted(ContactId::new(id).expect("deletions are remembered by valid ids")),
        }
    }
}

/// Number of chunks that are read without leaving the thread of the caller.
const CHUNKS_AT_ONCE_MAX: usize = 32;

/// Collects the first changes after a cursor, in the order of change.
struct OldestChanges {
    heap: BinaryHeap<ChangedRow>,
    /// Number of changes to keep.
    keep: usize,
    after: (u64, u64),
    /// Number of changes offered that come after the cursor.
    total: u64,
}

impl OldestChanges {
    #[inline]
    fn offer(&mut self, found: ChangedRow) {
        if (found.0, found.1) <= self.after {
            return;
        }
        self.total += 1;
        if self.heap.len() < self.keep {
            self.heap.push(found);
        } else if self.heap.peek().is_some_and(|last| found < *last) {
            self.heap.pop();
            self.heap.push(found);
        }
    }
}
