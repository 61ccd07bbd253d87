//! Changes of many contacts at once, as they are kept until they are in the rows of the contacts.
//!
//! Writing the rows of all contacts that join or leave a group would cost as much as the contacts are large. So the change
//! itself is written, a list of ids (table `bulk_changes`), and whoever reads the rows lays the lists over them: an entry
//! counts for a contact whose row has an earlier revision than the entry. A row that is written later has everything in
//! it, so that lists and rows may be read and written in any order. [`super::folding`] brings them together.

use std::ops::ControlFlow;

use ringbook_book::change::Effect;
use ringbook_book::id::{ContactId, CustomerId, GroupId, Revision};

use super::lists;
use super::rows::{self, column};
use super::sql::{BoundStatement, Row, Session, values};
use super::statements as sql;
use super::{Store, StoreError};

/// How many contacts one entry has at most.
pub(super) const ENTRY_CONTACTS_MAX: usize = 10_000;
/// A change that deletes fewer contacts deletes their rows itself.
pub(super) const BULK_DELETIONS_MIN: usize = 256;

const TABLE: &str = "bulk_changes";

/// What became of the contacts of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BulkKind {
    Join(GroupId),
    Leave(GroupId),
    Delete,
}

/// One row of the table.
#[derive(Debug)]
pub(super) struct BulkEntry {
    pub(super) revision: Revision,
    pub(super) position: i64,
    pub(super) kind: BulkKind,
    /// Ascending.
    pub(super) contacts: Vec<u64>,
}

impl BulkEntry {
    /// The statement that takes the entry away.
    pub(super) fn dropped(&self, customer: CustomerId) -> BoundStatement<'static> {
        let key = values![column(customer.number()), column(self.revision.0), self.position];
        BoundStatement::new(sql::DROP_BULK_CHANGE, key)
    }
}

/// The statements that keep what an effect makes of many contacts, from this position of the change on.
pub(super) fn entries(
    owner: i64,
    revision: i64,
    position: usize,
    kind: BulkKind,
    contacts: &[ContactId],
) -> impl Iterator<Item = BoundStatement<'static>> {
    let (kind, group) = match kind {
        BulkKind::Join(group) => ("join", Some(column(group.number()))),
        BulkKind::Leave(group) => ("leave", Some(column(group.number()))),
        BulkKind::Delete => ("delete", None),
    };
    // No effect has as many entries as there are contacts.
    let first = position as i64 * i64::from(u32::MAX);
    contacts.chunks(ENTRY_CONTACTS_MAX).zip(first..).map(move |(some, position)| {
        let ids = lists::write_ids(some.iter().map(|id| id.number()));
        BoundStatement::new(sql::PUT_BULK_CHANGE, values![owner, revision, position, kind, group, ids])
    })
}

/// The entries of a book that were made after a revision, in their order.
pub(super) fn entries_since(
    session: &dyn Session,
    customer: CustomerId,
    since: Option<Revision>,
) -> Result<Vec<BulkEntry>, StoreError> {
    let owner = column(customer.number());
    let mut found = Vec::new();
    let mut take = |row: &dyn Row| {
        let key = || format!("customer_id {customer}, {}", rows::key(row));
        found.push(entry(row).map_err(|cause| StoreError::unreadable(TABLE, key(), cause))?);
        Ok(ControlFlow::Continue(()))
    };
    match since {
        Some(since) => session.each(sql::BULK_CHANGES_SINCE, &values![owner, column(since.0)], &mut take)?,
        None => session.each(sql::BULK_CHANGES, &values![owner], &mut take)?,
    }
    Ok(found)
}

fn entry(row: &dyn Row) -> Result<BulkEntry, String> {
    let group = rows::optional_id(row.optional_number(3)?, GroupId::new)?;
    let kind = match (row.text(2)?, group) {
        ("join", Some(group)) => BulkKind::Join(group),
        ("leave", Some(group)) => BulkKind::Leave(group),
        ("delete", None) => BulkKind::Delete,
        (kind, _) => return Err(format!("kind {kind:?}")),
    };
    let mut contacts = Vec::new();
    lists::read_ids(row.text(4)?, &mut contacts)?;
    Ok(BulkEntry { revision: Revision(row.number(0)?.cast_unsigned()), position: row.number(1)?, kind, contacts })
}

/// The entries as effects, each with its revision, for a book in memory.
pub(super) fn effects(entries: Vec<BulkEntry>) -> Result<Vec<(Revision, Effect)>, StoreError> {
    let mut effects = Vec::with_capacity(entries.len());
    for BulkEntry { revision, position, kind, contacts } in entries {
        let ids: Result<Vec<ContactId>, _> = contacts.into_iter().map(ContactId::new).collect();
        let key = format_args!("revision {revision:?}, position {position}");
        let ids = ids.map_err(|_| StoreError::unreadable(TABLE, key, "names a contact that cannot be"))?;
        match kind {
            BulkKind::Join(group) => effects.push((revision, Effect::JoinGroup(group, ids.into()))),
            BulkKind::Leave(group) => effects.push((revision, Effect::LeaveGroup(group, ids.into()))),
            BulkKind::Delete => effects.extend(ids.into_iter().map(|id| (revision, Effect::DropContact(id)))),
        }
    }
    Ok(effects)
}

/// What became of one contact and one group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Membership {
    contact: u64,
    revision: u64,
    group: u64,
    is_joined: bool,
}

/// The entries of a book, to be laid over the rows of its contacts.
#[derive(Debug, Default)]
pub(super) struct Overlay {
    /// By contact, then by revision.
    memberships: Vec<Membership>,
    /// Deleted contacts whose rows may still be there, ascending, each with the revision of its deletion.
    deleted: Vec<(u64, Revision)>,
}

impl Overlay {
    pub(super) fn of(entries: &[BulkEntry]) -> Self {
        let mut overlay = Self::default();
        for entry in entries {
            let (group, is_joined) = match entry.kind {
                BulkKind::Join(group) => (group, true),
                BulkKind::Leave(group) => (group, false),
                BulkKind::Delete => {
                    overlay.deleted.extend(entry.contacts.iter().map(|id| (*id, entry.revision)));
                    continue;
                }
            };
            let (revision, group) = (entry.revision.0, group.number());
            let of = |contact: &u64| Membership { contact: *contact, revision, group, is_joined };
            overlay.memberships.extend(entry.contacts.iter().map(of));
        }
        overlay.memberships.sort_unstable();
        overlay.deleted.sort_unstable();
        overlay
    }

    /// Whether the contact was deleted, so that its row counts for nothing.
    pub(super) fn is_deleted(&self, contact: u64) -> bool {
        !self.deleted.is_empty() && self.deleted.binary_search_by_key(&contact, |(id, _)| *id).is_ok()
    }

    /// The deleted contacts whose rows may still be there.
    pub(super) fn deleted(&self) -> &[(u64, Revision)] {
        &self.deleted
    }

    /// How many memberships are not in the rows.
    pub(super) fn memberships_len(&self) -> usize {
        self.memberships.len()
    }

    /// The contacts whose rows lack something, ascending.
    pub(super) fn regrouped(&self) -> Vec<u64> {
        let mut contacts: Vec<u64> = self.memberships.iter().map(|entry| entry.contact).collect();
        contacts.dedup();
        contacts
    }

    /// Makes of the groups in a contact's row, ascending, those that it belongs to; answers the revision that made it so:
    /// the row's own if nothing has happened since.
    pub(super) fn apply(&self, contact: u64, row: Revision, groups: &mut Vec<u64>) -> Revision {
        if self.memberships.is_empty() {
            return row;
        }
        let from = self.memberships.partition_point(|entry| entry.contact < contact);
        let of_contact = self.memberships[from..].iter().take_while(|entry| entry.contact == contact);
        let mut revision = row;
        for entry in of_contact.filter(|entry| entry.revision > row.0) {
            match (groups.binary_search(&entry.group), entry.is_joined) {
                (Err(at), true) => groups.insert(at, entry.group),
                (Ok(at), false) => drop(groups.remove(at)),
                (Ok(_), true) | (Err(_), false) => {}
            }
            revision = Revision(entry.revision);
        }
        revision
    }
}

impl Store {
    /// How many memberships of a book its rows lack.
    #[cfg(test)]
    pub(crate) async fn memberships_pending(&self, customer: CustomerId) -> usize {
        let read = move |session: &dyn Session| {
            Ok(Overlay::of(&entries_since(session, customer, None)?).memberships_len())
        };
        self.read(read).await.expect("the entries")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(revision: u64, kind: BulkKind, contacts: &[u64]) -> BulkEntry {
        BulkEntry { revision: Revision(revision), position: 0, kind, contacts: contacts.into() }
    }

    #[test]
    fn entries_count_for_rows_that_are_older() {
        let group = |number| GroupId::new(number).expect("an id");
        let overlay = Overlay::of(&[
            entry(5, BulkKind::Join(group(2)), &[7, 8]),
            entry(6, BulkKind::Leave(group(1)), &[7]),
            entry(7, BulkKind::Join(group(1)), &[7]),
            entry(8, BulkKind::Delete, &[9, 3]),
        ]);
        let applied = |contact, row, groups: &[u64]| {
            let mut groups = groups.to_vec();
            let revision = overlay.apply(contact, Revision(row), &mut groups);
            (groups, revision.0)
        };
        assert_eq!(applied(7, 4, &[1, 3]), (vec![1, 2, 3], 7));
        assert_eq!(applied(7, 5, &[1]), (vec![1], 7), "the row has what was made at its revision");
        assert_eq!(applied(7, 7, &[]), (vec![], 7));
        assert_eq!(applied(8, 1, &[]), (vec![2], 5));
        assert_eq!(applied(6, 1, &[4]), (vec![4], 1));
        assert_eq!((overlay.is_deleted(3), overlay.is_deleted(7)), (true, false));
        assert_eq!((overlay.memberships_len(), overlay.regrouped()), (4, vec![7, 8]));
    }
}
