//! A chunk: up to [`CHUNK_CONTACTS_MAX`] contacts, stored column by column.
//!
//! A book is a list of chunks shared by reference count: a change copies only the chunks that it touches. Each text
//! column is one contiguous string, so that a scan for a substring or a pattern runs over one piece of memory. Full
//! names are separated by line feeds, which no name can contain; last and first names are prefixes of the full name
//! and are stored as lengths.
//!
//! A chunk refers to organizations, employees and sets of groups by their slots in the tables of the book.

use std::ops::Range;
use std::sync::OnceLock;

use crate::collation::{self, SortKey};
use crate::contact::ContactDraft;
use crate::text::{Email, Name, Phone};

/// Maximum number of contacts in a chunk, and so the number of contacts that a change of one contact copies.
pub const CHUNK_CONTACTS_MAX: usize = 1024;

/// Terminates every text of a text column.
const END: char = '\n';

/// Up to this distance in bytes, counting line feeds is faster than a binary search.
const COUNTED_BYTES_MAX: usize = 4096;

/// The slot of a row in a table of the book, or none.
///
/// Stored as the slot plus one, so that absence needs no extra space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Link(u32);

impl Link {
    /// No slot.
    pub const NONE: Self = Self(0);

    /// A link to `slot`.
    pub fn to(slot: u32) -> Self {
        Self(slot + 1)
    }

    /// The slot, if there is one.
    pub fn slot(self) -> Option<usize> {
        (self.0 != 0).then(|| self.0 as usize - 1)
    }

    /// The inverse of [`Link::index`].
    pub(crate) fn from_index(index: u32) -> Self {
        Self(index)
    }

    /// 0 for none, otherwise the slot plus one: an index into a table whose first entry stands for "none".
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The links of a contact to the tables of the book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Links {
    /// Personal manager, in the table of employees.
    pub manager: Link,
    /// Organization, in the table of organizations.
    pub organization: Link,
    /// Set of groups, in the table of group sets.
    pub groups: Link,
}

/// The columns of one contact except phones and e-mails, to be appended to a chunk.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// The contact's id.
    pub id: u64,
    /// Last name.
    pub last_name: &'a str,
    /// First name.
    pub first_name: Option<&'a str>,
    /// Patronymic.
    pub patronymic: Option<&'a str>,
    /// Its links.
    pub links: Links,
    /// The revision of its last change.
    pub revision: u64,
}

/// Sort keys of the three sortable columns, by row.
#[derive(Debug, Clone, Default)]
pub struct SortKeys {
    /// Of `last_name`.
    pub last: Vec<SortKey>,
    /// Of `first_name`.
    pub first: Vec<SortKey>,
    /// Of `full_name`.
    pub full: Vec<SortKey>,
}

/// Contacts, ascending by id; a contact is a row.
#[derive(Debug, Clone, Default)]
pub struct Chunk {
    pub(crate) ids: Vec<u64>,
    /// The revision of the last change of each contact.
    pub(crate) revisions: Vec<u64>,
    /// The maximum of `revisions`, or more.
    pub(crate) newest: u64,
    pub(crate) names: String,
    /// The end of each full name, its line feed included.
    pub(crate) name_ends: Vec<u32>,
    pub(crate) last_bytes: Vec<u16>,
    /// Length of the first name; 0 if absent, since no name is empty.
    pub(crate) first_bytes: Vec<u16>,
    pub(crate) phones: Vec<u64>,
    pub(crate) phone_ends: Vec<u16>,
    pub(crate) emails: String,
    pub(crate) email_ends: Vec<u32>,
    pub(crate) managers: Vec<Link>,
    pub(crate) organizations: Vec<Link>,
    pub(crate) groups: Vec<Link>,
    keys: OnceLock<SortKeys>,
}

impl Chunk {
    /// An empty chunk with capacity for [`CHUNK_CONTACTS_MAX`] contacts with texts of common length.
    pub fn with_capacity() -> Self {
        let rows = CHUNK_CONTACTS_MAX;
        Self {
            ids: Vec::with_capacity(rows),
            revisions: Vec::with_capacity(rows),
            newest: 0,
            names: String::with_capacity(rows * 48),
            name_ends: Vec::with_capacity(rows),
            last_bytes: Vec::with_capacity(rows),
            first_bytes: Vec::with_capacity(rows),
            phones: Vec::with_capacity(rows * 2),
            phone_ends: Vec::with_capacity(rows),
            emails: String::with_capacity(rows * 48),
            email_ends: Vec::with_capacity(rows),
            managers: Vec::with_capacity(rows),
            organizations: Vec::with_capacity(rows),
            groups: Vec::with_capacity(rows),
            keys: OnceLock::new(),
        }
    }

    /// The number of contacts.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether it holds no contact.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Whether one more contact fits.
    pub fn has_room(&self) -> bool {
        self.len() < CHUNK_CONTACTS_MAX
    }

    /// The smallest id; 0 if empty, which no chunk of a book is.
    pub fn first_id(&self) -> u64 {
        self.ids.first().copied().unwrap_or(0)
    }

    /// The row of the contact with this id, or the row at which it would be inserted.
    pub fn find(&self, id: u64) -> Result<usize, usize> {
        self.find_from(self.first_id(), id)
    }

    /// The same for a caller that knows the smallest id, which saves an access to memory.
    pub(crate) fn find_from(&self, first: u64, id: u64) -> Result<usize, usize> {
        // Ids are allocated consecutively, so there is usually no gap before this one.
        let guess = id.saturating_sub(first) as usize;
        if self.ids.get(guess) == Some(&id) { Ok(guess) } else { self.ids.binary_search(&id) }
    }

    /// Appends a contact.
    pub fn push<'a>(
        &mut self,
        row: Row<'_>,
        phones: impl Iterator<Item = Phone>,
        emails: impl Iterator<Item = &'a str>,
    ) {
        self.ids.push(row.id);
        self.revisions.push(row.revision);
        self.newest = self.newest.max(row.revision);
        self.names.push_str(row.last_name);
        for part in [row.first_name, row.patronymic].into_iter().flatten() {
            self.names.push(' ');
            self.names.push_str(part);
        }
        self.names.push(END);
        self.name_ends.push(self.names.len() as u32);
        self.last_bytes.push(row.last_name.len() as u16);
        self.first_bytes.push(row.first_name.map_or(0, str::len) as u16);
        self.phones.extend(phones.map(Phone::packed));
        self.phone_ends.push(self.phones.len() as u16);
        for email in emails {
            self.emails.push_str(email);
            self.emails.push(END);
        }
        self.email_ends.push(self.emails.len() as u32);
        self.managers.push(row.links.manager);
        self.organizations.push(row.links.organization);
        self.groups.push(row.links.groups);
        self.push_keys();
    }

    /// Appends a contact in its owned form.
    pub fn push_draft(&mut self, id: u64, draft: &ContactDraft, links: Links, revision: u64) {
        let row = Row {
            id,
            last_name: draft.last_name.as_str(),
            first_name: draft.first_name.as_ref().map(Name::as_str),
            patronymic: draft.patronymic.as_ref().map(Name::as_str),
            links,
            revision,
        };
        let emails = draft.emails.as_slice().iter().map(Email::as_str);
        self.push(row, draft.phones.as_slice().iter().copied(), emails);
    }

    /// Appends the rows `range` of another chunk.
    pub fn extend(&mut self, other: &Self, range: Range<usize>) {
        self.ids.extend_from_slice(&other.ids[range.clone()]);
        self.revisions.extend_from_slice(&other.revisions[range.clone()]);
        self.newest = other.revisions[range.clone()].iter().copied().fold(self.newest, u64::max);
        self.last_bytes.extend_from_slice(&other.last_bytes[range.clone()]);
        self.first_bytes.extend_from_slice(&other.first_bytes[range.clone()]);
        self.managers.extend_from_slice(&other.managers[range.clone()]);
        self.organizations.extend_from_slice(&other.organizations[range.clone()]);
        self.groups.extend_from_slice(&other.groups[range.clone()]);
        for row in range.clone() {
            self.names.push_str(&other.names[other.name_range(row).start..other.name_ends[row] as usize]);
            self.name_ends.push(self.names.len() as u32);
            self.phones.extend_from_slice(other.phones_of(row));
            self.phone_ends.push(self.phones.len() as u16);
            self.emails.push_str(&other.emails[other.email_range(row)]);
            self.email_ends.push(self.emails.len() as u32);
        }
        self.extend_keys(other, range);
    }

    /// Frees unused capacity; for chunks that will not grow.
    pub fn shrink(&mut self) {
        self.ids.shrink_to_fit();
        self.revisions.shrink_to_fit();
        self.names.shrink_to_fit();
        self.name_ends.shrink_to_fit();
        self.last_bytes.shrink_to_fit();
        self.first_bytes.shrink_to_fit();
        self.phones.shrink_to_fit();
        self.phone_ends.shrink_to_fit();
        self.emails.shrink_to_fit();
        self.email_ends.shrink_to_fit();
        self.managers.shrink_to_fit();
        self.organizations.shrink_to_fit();
        self.groups.shrink_to_fit();
    }

    /// Replaces the set of groups of a contact.
    pub(crate) fn set_groups(&mut self, row: usize, groups: Link, revision: u64) {
        self.groups[row] = groups;
        self.revisions[row] = revision;
        self.newest = self.newest.max(revision);
    }

    /// The id of the contact in this row.
    pub fn id(&self, row: usize) -> u64 {
        self.ids[row]
    }

    /// The bytes of the full name in the column of names.
    pub(crate) fn name_range(&self, row: usize) -> Range<usize> {
        start_of(&self.name_ends, row)..self.name_ends[row] as usize - END.len_utf8()
    }

    /// The full name.
    pub fn full_name(&self, row: usize) -> &str {
        &self.names[self.name_range(row)]
    }

    /// The last name.
    pub fn last_name(&self, row: usize) -> &str {
        &self.full_name(row)[..usize::from(self.last_bytes[row])]
    }

    /// Bytes of the last name.
    pub(crate) fn last_name_bytes(&self, row: usize) -> usize {
        usize::from(self.last_bytes[row])
    }

    /// The first name.
    pub fn first_name(&self, row: usize) -> Option<&str> {
        let (last, first) = (usize::from(self.last_bytes[row]), usize::from(self.first_bytes[row]));
        (first != 0).then(|| &self.full_name(row)[last + 1..][..first])
    }

    /// The patronymic.
    pub fn patronymic(&self, row: usize) -> Option<&str> {
        let before = match (usize::from(self.last_bytes[row]), usize::from(self.first_bytes[row])) {
            (last, 0) => last,
            (last, first) => last + 1 + first,
        };
        self.full_name(row).get(before + 1..)
    }

    /// The packed phone numbers.
    pub fn phones_of(&self, row: usize) -> &[u64] {
        let start = if row == 0 { 0 } else { self.phone_ends[row - 1] };
        &self.phones[usize::from(start)..usize::from(self.phone_ends[row])]
    }

    fn email_range(&self, row: usize) -> Range<usize> {
        start_of(&self.email_ends, row)..self.email_ends[row] as usize
    }

    /// The e-mail addresses.
    pub fn emails_of(&self, row: usize) -> impl Iterator<Item = &str> + Clone {
        self.emails[self.email_range(row)].split_terminator(END)
    }

    /// The e-mail addresses, each terminated by a line feed.
    pub fn email_lines(&self, row: usize) -> &str {
        &self.emails[self.email_range(row)]
    }

    /// Whether the contact has no e-mail address.
    pub fn has_no_email(&self, row: usize) -> bool {
        self.email_range(row).is_empty()
    }

    /// The links of the contact.
    pub fn links(&self, row: usize) -> Links {
        Links { manager: self.managers[row], organization: self.organizations[row], groups: self.groups[row] }
    }

    /// Whether the sort keys have been computed.
    pub fn has_keys(&self) -> bool {
        self.keys.get().is_some()
    }

    /// The sort keys, computed at the first call: about 1 ms for a full chunk.
    pub fn keys(&self) -> &SortKeys {
        self.keys.get_or_init(|| {
            let mut keys = SortKeys::default();
            for row in 0..self.len() {
                self.append_keys(row, &mut keys);
            }
            keys
        })
    }

    /// The row whose full name contains byte `at` of the column of names; `from` is a row not after it.
    pub(crate) fn row_of_name_byte(&self, at: usize, from: usize) -> usize {
        let start = start_of(&self.name_ends, from);
        // Counting line feeds runs at memory speed without branches; over long distances a binary search is faster.
        match self.names.as_bytes().get(start..at).filter(|between| between.len() <= COUNTED_BYTES_MAX) {
            Some(between) => from + memchr::memchr_iter(END as u8, between).count(),
            None => from + self.name_ends[from..].partition_point(|end| *end as usize <= at),
        }
    }

    /// The row whose e-mail addresses contain byte `at` of their column, past the last row if none does; `from` is a row not
    /// after it.
    pub(crate) fn row_of_email_byte(&self, at: usize, from: usize) -> usize {
        // A scan passes each row once, so that counting them takes no longer than the column has rows.
        from + self.email_ends[from..].iter().take_while(|end| **end as usize <= at).count()
    }

    /// Bytes of memory that the chunk takes.
    pub fn bytes(&self) -> usize {
        let keys = self.keys.get().map_or(0, |keys| {
            (keys.last.capacity() + keys.first.capacity() + keys.full.capacity()) * size_of::<SortKey>()
        });
        let per_contact = 2 * size_of::<u64>() + 2 * size_of::<u32>() + 3 * size_of::<u16>() + size_of::<Links>();
        size_of::<Self>()
            + self.ids.capacity() * per_contact
            + self.names.capacity()
            + self.emails.capacity()
            + self.phones.capacity() * size_of::<u64>()
            + keys
    }

    fn append_keys(&self, row: usize, keys: &mut SortKeys) {
        keys.last.push(collation::sort_key(Some(self.last_name(row))));
        keys.first.push(collation::sort_key(self.first_name(row)));
        keys.full.push(collation::sort_key(Some(self.full_name(row))));
    }

    /// Extends sort keys that have been computed by those of the last row.
    fn push_keys(&mut self) {
        if let Some(mut keys) = self.keys.take() {
            self.append_keys(self.len() - 1, &mut keys);
            self.keys = OnceLock::from(keys);
        }
    }

    fn extend_keys(&mut self, other: &Self, range: Range<usize>) {
        let was_empty = self.len() == range.len();
        let mine = if was_empty { Some(SortKeys::default()) } else { self.keys.take() };
        if let (Some(mut keys), Some(theirs)) = (mine, other.keys.get()) {
            keys.last.extend_from_slice(&theirs.last[range.clone()]);
            keys.first.extend_from_slice(&theirs.first[range.clone()]);
            keys.full.extend_from_slice(&theirs.full[range]);
            self.keys = OnceLock::from(keys);
        } else {
            self.keys = OnceLock::new();
        }
    }
}

fn start_of(ends: &[u32], row: usize) -> usize {
    if row == 0 { 0 } else { ends[row - 1] as usize }
}
