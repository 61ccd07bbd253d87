//! Bulk changes: lists of contact ids that are stored in place of the rows of the contacts.
//!
//! Writing the rows of all contacts that join or leave a group costs as much as the contacts are large. Therefore such a
//! change is stored as a list of ids (table `bulk_changes`), and readers of the rows merge the lists into them
//! ([`Overlay`]). An entry applies to a contact whose row has an earlier revision than the entry; a row that is written
//! later contains the effect of the entry already. [`super::folding`] writes the lists into the rows in the background.

use std::ops::ControlFlow;

use ringbook_book::change::{Change, Effect};
use ringbook_book::id::{ContactId, CustomerId, GroupId, Revision};

use super::StoreError;
use super::lists;
use super::rows::{self, column};
use super::sql::{BoundStatement, Row, Session, values};
use super::statements as sql;

/// Maximum number of contacts in one entry.
pub(super) const ENTRY_CONTACTS_MAX: usize = 10_000;
/// A change that deletes fewer contacts than this deletes their rows in its transaction.
pub(super) const BULK_DELETIONS_MIN: usize = 256;

const TABLE: &str = "bulk_changes";

/// What a bulk change does to its contacts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BulkKind {
    /// They become members of the group.
    Join(GroupId),
    /// They are removed from the group.
    Leave(GroupId),
    /// They are deleted.
    Delete,
}

/// One row of the table `bulk_changes`.
#[derive(Debug)]
pub(super) struct BulkEntry {
    pub(super) revision: Revision,
    pub(super) position: i64,
    pub(super) kind: BulkKind,
    /// Ascending.
    pub(super) contacts: Vec<u64>,
}

impl BulkEntry {
    /// The statement that deletes the entry.
    pub(super) fn dropped(&self, customer: CustomerId) -> BoundStatement<'static> {
        let key = values![column(customer.number()), column(self.revision.0), self.position];
        BoundStatement::new(sql::DROP_BULK_CHANGE, key)
    }
}

/// The statements that store an effect on many contacts; `position` is the place of the effect in its change.
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
    // An effect has fewer entries than this factor, because a book has fewer contacts.
    let first = position as i64 * i64::from(u32::MAX);
    contacts.chunks(ENTRY_CONTACTS_MAX).zip(first..).map(move |(some, position)| {
        let ids = lists::write_ids(some.iter().map(|id| id.number()));
        BoundStatement::new(sql::PUT_BULK_CHANGE, values![owner, revision, position, kind, group, ids])
    })
}

/// The ids of the contacts that a change deletes, ascending; `None` if they are too few to be stored as a list.
pub(super) fn deleted_in_bulk(change: &Change) -> Option<Vec<ContactId>> {
    let dropped = |effect: &Effect| match effect {
        Effect::DropContact(id) => Some(*id),
        _ => None,
    };
    let mut ids: Vec<ContactId> = change.effects.iter().filter_map(dropped).collect();
    ids.sort_unstable();
    (ids.len() >= BULK_DELETIONS_MIN).then_some(ids)
}

/// The statements that store the lists of a change: of memberships, and of deletions if these are many.
pub(super) fn entries_of_change(owner: i64, change: &Change) -> Vec<BoundStatement<'static>> {
    let revision = column(change.revision().0);
    let mut all = Vec::new();
    for (position, effect) in change.effects.iter().enumerate() {
        match effect {
            Effect::JoinGroup(group, contacts) => {
                all.extend(entries(owner, revision, position, BulkKind::Join(*group), contacts));
            }
            Effect::LeaveGroup(group, contacts) => {
                all.extend(entries(owner, revision, position, BulkKind::Leave(*group), contacts));
            }
            _ => {}
        }
    }
    if let Some(ids) = deleted_in_bulk(change) {
        all.extend(entries(owner, revision, change.effects.len(), BulkKind::Delete, &ids));
    }
    all
}

/// The entries of a book in order of revision and position: all, or those after the revision `since`; none after `until`.
pub(super) fn entries_since(
    session: &dyn Session,
    customer: CustomerId,
    since: Option<Revision>,
    until: Revision,
) -> Result<Vec<BulkEntry>, StoreError> {
    let owner = column(customer.number());
    let mut found = Vec::new();
    let mut take = |row: &dyn Row| {
        let key = || format!("customer_id {customer}, {}", rows::key(row));
        let entry = entry(row).map_err(|cause| StoreError::unreadable(TABLE, key(), cause))?;
        if entry.revision > until {
            return Ok(ControlFlow::Break(()));
        }
        found.push(entry);
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

/// Converts entries to effects on a book in memory, each with its revision.
pub(super) fn effects(entries: Vec<BulkEntry>) -> Result<Vec<(Revision, Effect)>, StoreError> {
    let mut effects = Vec::with_capacity(entries.len());
    for BulkEntry { revision, position, kind, contacts } in entries {
        let ids: Result<Vec<ContactId>, _> = contacts.into_iter().map(ContactId::new).collect();
        let key = format_args!("revision {revision:?}, position {position}");
        let ids = ids.map_err(|_| StoreError::unreadable(TABLE, key, "has an invalid contact id"))?;
        match kind {
            BulkKind::Join(group) => effects.push((revision, Effect::JoinGroup(group, ids.into()))),
            BulkKind::Leave(group) => effects.push((revision, Effect::LeaveGroup(group, ids.into()))),
            BulkKind::Delete => effects.extend(ids.into_iter().map(|id| (revision, Effect::DropContact(id)))),
        }
    }
    Ok(effects)
}

/// The membership of one contact in one group since a revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Membership {
    contact: u64,
    revision: u64,
    group: u64,
    is_joined: bool,
}

/// The entries of a book, arranged for merging into the rows of its contacts.
#[derive(Debug, Default)]
pub(super) struct Overlay {
    /// Ordered by contact, then by revision.
    memberships: Vec<Membership>,
    /// Deleted contacts whose rows may still be there, ascending, each with the revision of its deletion.
    deleted: Vec<(u64, Revision)>,
}

impl Overlay {
    /// Arranges entries.
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

    /// Whether the contact is deleted, so that its row is ignored.
    pub(super) fn is_deleted(&self, contact: u64) -> bool {
        !self.deleted.is_empty() && self.deleted.binary_search_by_key(&contact, |(id, _)| *id).is_ok()
    }

    /// Deleted contacts whose rows may still exist, ascending, each with the revision of its deletion.
    pub(super) fn deleted(&self) -> &[(u64, Revision)] {
        &self.deleted
    }

    /// Number of memberships that are not in the rows yet.
    pub(super) fn memberships_len(&self) -> usize {
        self.memberships.len()
    }

    /// The contacts whose rows lack a membership, ascending.
    pub(super) fn regrouped(&self) -> Vec<u64> {
        let mut contacts: Vec<u64> = self.memberships.iter().map(|entry| entry.contact).collect();
        contacts.dedup();
        contacts
    }

    /// Updates `groups`, the groups in a contact's row in ascending order, by the entries that are newer than the row.
    /// Returns the revision of the last such entry, or that of the row.
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
