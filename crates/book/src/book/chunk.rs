//! A run of up to [`CHUNK_CONTACTS_MAX`] contacts, laid out column by column.
//!
//! A book is a list of chunks shared by reference count: a change copies the chunk that it touches and no
//! other. Inside a chunk every text column is laid end to end, so that a scan for a substring or a pattern
//! runs over one piece of memory instead of jumping from record to record. Full names are joined by a line
//! feed, which no name can hold; last and first names are told apart by their lengths, for they are parts of
//! the full name.
//!
//! A chunk knows neither organizations nor employees nor groups: it holds their places in the book's tables.

use std::ops::Range;
use std::sync::OnceLock;

use crate::contact::ContactDraft;
use crate::query::order::{self, SortKey};
use crate::text::{Email, Name, Phone};

/// Most contacts in a chunk: a change copies at most so many.
pub const CHUNK_CONTACTS_MAX: usize = 1024;

/// Ends every text in a joined column.
const END: char = '\n';

/// Up to so many bytes of names, counting their ends is quicker than searching.
const COUNTED_BYTES_MAX: usize = 4096;

/// The place of something in a table of the book, or none.
///
/// One more than the place, so that absence needs no room of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Link(u32);

impl Link {
    /// No place.
    pub const NONE: Self = Self(0);

    /// A link to `place`.
    pub fn to(place: u32) -> Self {
        Self(place + 1)
    }

    /// The place, if there is one.
    pub fn place(self) -> Option<usize> {
        (self.0 != 0).then(|| self.0 as usize - 1)
    }

    /// The link whose [`Link::index`] is this.
    pub(crate) fn from_index(index: u32) -> Self {
        Self(index)
    }

    /// 0 for none, else one more than the place: an index into a table that begins with "none".
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The places that a contact points to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Links {
    /// Personal manager, in the table of employees.
    pub manager: Link,
    /// Organization, in the table of organizations.
    pub organization: Link,
    /// Set of groups, in the table of group sets.
    pub groups: Link,
}

/// The texts and numbers of one contact on their way into a chunk.
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
    /// Where it points to.
    pub links: Links,
    /// The revision of the book that made it what it is.
    pub revision: u64,
}

/// Sort keys of the three sortable columns, in the order of the contacts.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    /// Of `last_name`.
    pub last: Vec<SortKey>,
    /// Of `first_name`.
    pub first: Vec<SortKey>,
    /// Of `full_name`.
    pub full: Vec<SortKey>,
}

/// A run of contacts, ascending by id.
#[derive(Debug, Clone, Default)]
pub struct Chunk {
    pub(crate) ids: Vec<u64>,
    /// The revision of the book that made each contact what it is.
    pub(crate) revisions: Vec<u64>,
    /// None of those is above it.
    pub(crate) newest: u64,
    pub(crate) names: String,
    /// Where the next full name starts, one entry per contact.
    pub(crate) name_ends: Vec<u32>,
    pub(crate) last_bytes: Vec<u16>,
    /// 0 for an absent first name: a name is never empty.
    pub(crate) first_bytes: Vec<u16>,
    pub(crate) phones: Vec<u64>,
    pub(crate) phone_ends: Vec<u16>,
    pub(crate) emails: String,
    pub(crate) email_ends: Vec<u32>,
    pub(crate) managers: Vec<Link>,
    pub(crate) organizations: Vec<Link>,
    pub(crate) groups: Vec<Link>,
    keys: OnceLock<Keys>,
}

impl Chunk {
    /// An empty chunk with room for all the contacts that it can hold, and for texts of common length.
    pub fn with_room() -> Self {
        let room = CHUNK_CONTACTS_MAX;
        Self {
            ids: Vec::with_capacity(room),
            revisions: Vec::with_capacity(room),
            newest: 0,
            names: String::with_capacity(room * 48),
            name_ends: Vec::with_capacity(room),
            last_bytes: Vec::with_capacity(room),
            first_bytes: Vec::with_capacity(room),
            phones: Vec::with_capacity(room * 2),
            phone_ends: Vec::with_capacity(room),
            emails: String::with_capacity(room * 48),
            email_ends: Vec::with_capacity(room),
            managers: Vec::with_capacity(room),
            organizations: Vec::with_capacity(room),
            groups: Vec::with_capacity(room),
            keys: OnceLock::new(),
        }
    }

    /// How many contacts.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Whether there is room for one more.
    pub fn has_room(&self) -> bool {
        self.len() < CHUNK_CONTACTS_MAX
    }

    /// The smallest id; chunks of a book are never empty.
    pub fn first_id(&self) -> u64 {
        self.ids.first().copied().unwrap_or(0)
    }

    /// The place of the contact with this id, or where it would stand.
    pub fn find(&self, id: u64) -> Result<usize, usize> {
        self.find_from(self.first_id(), id)
    }

    /// The same for somebody who knows the smallest id, so that the chunk need not be asked for it.
    pub(crate) fn find_from(&self, first: u64, id: u64) -> Result<usize, usize> {
        // Ids are given out one after another, so most often there is no gap before it.
        let guess = id.saturating_sub(first) as usize;
        if self.ids.get(guess) == Some(&id) { Ok(guess) } else { self.ids.binary_search(&id) }
    }

    /// Appends a contact; its phones and e-mails follow in the same call.
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

    /// Appends the contacts of another chunk that stand in `range`.
    pub fn extend(&mut self, other: &Self, range: Range<usize>) {
        self.ids.extend_from_slice(&other.ids[range.clone()]);
        self.revisions.extend_from_slice(&other.revisions[range.clone()]);
        self.newest = other.revisions[range.clone()].iter().copied().fold(self.newest, u64::max);
        self.last_bytes.extend_from_slice(&other.last_bytes[range.clone()]);
        self.first_bytes.extend_from_slice(&other.first_bytes[range.clone()]);
        self.managers.extend_from_slice(&other.managers[range.clone()]);
        self.organizations.extend_from_slice(&other.organizations[range.clone()]);
        self.groups.extend_from_slice(&other.groups[range.clone()]);
        for place in range.clone() {
            self.names.push_str(&other.names[other.name_range(place).start..other.name_ends[place] as usize]);
            self.name_ends.push(self.names.len() as u32);
            self.phones.extend_from_slice(other.phones_of(place));
            self.phone_ends.push(self.phones.len() as u16);
            self.emails.push_str(&other.emails[other.email_range(place)]);
            self.email_ends.push(self.emails.len() as u32);
        }
        self.extend_keys(other, range);
    }

    /// Gives back the room that growing left over; for chunks that will stay as they are.
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

    /// Gives the contact at `place` another set of groups.
    pub(crate) fn regroup(&mut self, place: usize, groups: Link, revision: u64) {
        self.groups[place] = groups;
        self.revisions[place] = revision;
        self.newest = self.newest.max(revision);
    }

    /// The id of the contact at `place`.
    pub fn id(&self, place: usize) -> u64 {
        self.ids[place]
    }

    /// Where the full name of the contact at `place` stands in the joined names.
    pub(crate) fn name_range(&self, place: usize) -> Range<usize> {
        start_of(&self.name_ends, place)..self.name_ends[place] as usize - END.len_utf8()
    }

    /// The full name.
    pub fn full_name(&self, place: usize) -> &str {
        &self.names[self.name_range(place)]
    }

    /// The last name.
    pub fn last_name(&self, place: usize) -> &str {
        &self.full_name(place)[..usize::from(self.last_bytes[place])]
    }

    /// Bytes of the last name.
    pub(crate) fn last_name_bytes(&self, place: usize) -> usize {
        usize::from(self.last_bytes[place])
    }

    /// The first name.
    pub fn first_name(&self, place: usize) -> Option<&str> {
        let (last, first) = (usize::from(self.last_bytes[place]), usize::from(self.first_bytes[place]));
        (first != 0).then(|| &self.full_name(place)[last + 1..][..first])
    }

    /// The patronymic.
    pub fn patronymic(&self, place: usize) -> Option<&str> {
        let before = match (usize::from(self.last_bytes[place]), usize::from(self.first_bytes[place])) {
            (last, 0) => last,
            (last, first) => last + 1 + first,
        };
        self.full_name(place).get(before + 1..)
    }

    /// The packed phone numbers.
    pub fn phones_of(&self, place: usize) -> &[u64] {
        let start = if place == 0 { 0 } else { self.phone_ends[place - 1] };
        &self.phones[usize::from(start)..usize::from(self.phone_ends[place])]
    }

    fn email_range(&self, place: usize) -> Range<usize> {
        start_of(&self.email_ends, place)..self.email_ends[place] as usize
    }

    /// The e-mail addresses.
    pub fn emails_of(&self, place: usize) -> impl Iterator<Item = &str> + Clone {
        self.emails[self.email_range(place)].split_terminator(END)
    }

    /// The e-mail addresses, each ended by a line feed.
    pub fn email_lines(&self, place: usize) -> &str {
        &self.emails[self.email_range(place)]
    }

    /// Whether the contact has no e-mail address.
    pub fn has_no_email(&self, place: usize) -> bool {
        self.email_range(place).is_empty()
    }

    /// Where the contact points to.
    pub fn links(&self, place: usize) -> Links {
        Links { manager: self.managers[place], organization: self.organizations[place], groups: self.groups[place] }
    }

    /// Whether the sort keys are made already.
    pub fn has_keys(&self) -> bool {
        self.keys.get().is_some()
    }

    /// The sort keys, made when they are first asked for.
    pub fn keys(&self) -> &Keys {
        self.keys.get_or_init(|| {
            let mut keys = Keys::default();
            for place in 0..self.len() {
                self.append_keys(place, &mut keys);
            }
            keys
        })
    }

    /// The place of the contact whose joined name covers byte `at`, not before `from`.
    pub(crate) fn place_of_name_byte(&self, at: usize, from: usize) -> usize {
        let start = start_of(&self.name_ends, from);
        // Counting line feeds runs at memory speed and guesses no branch; far away a search is still quicker.
        match self.names.as_bytes().get(start..at).filter(|between| between.len() <= COUNTED_BYTES_MAX) {
            Some(between) => from + memchr::memchr_iter(END as u8, between).count(),
            None => from + self.name_ends[from..].partition_point(|end| *end as usize <= at),
        }
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

    fn append_keys(&self, place: usize, keys: &mut Keys) {
        keys.last.push(order::sort_key(Some(self.last_name(place))));
        keys.first.push(order::sort_key(self.first_name(place)));
        keys.full.push(order::sort_key(Some(self.full_name(place))));
    }

    /// Keeps keys that were made already in step with the contacts.
    fn push_keys(&mut self) {
        if let Some(mut keys) = self.keys.take() {
            self.append_keys(self.len() - 1, &mut keys);
            self.keys = OnceLock::from(keys);
        }
    }

    fn extend_keys(&mut self, other: &Self, range: Range<usize>) {
        let was_empty = self.len() == range.len();
        let mine = if was_empty { Some(Keys::default()) } else { self.keys.take() };
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

fn start_of(ends: &[u32], place: usize) -> usize {
    if place == 0 { 0 } else { ends[place - 1] as usize }
}
