//! Serializes a book to bytes that can be read back at memory speed.
//!
//! An image is a cache for a fast start. The caller must verify that the bytes are unchanged and that the store still
//! holds the same book. An image consists of parts that several threads can read: the head (the tables), the phone
//! index and one part per chunk. All numbers are little-endian. [`LAYOUT`] is incremented with every change of the
//! format; other layouts cannot be read.

use std::sync::Arc;

use super::chunk::{Chunk, Link};
use super::mail_index::MailIndex;
use super::member_lists::MemberLists;
use super::name_index::NameIndexes;
use super::number_index::NumberIndexes;
use super::organization_text::OrganizationTexts;
use super::pairs::PairIndex;
use super::table::{Table, TableRow};
use super::text_hash::text_hash;
use super::{Book, ChunkList, EmployeeRow, GroupSet};
use crate::blacklist::{BlacklistEntry, BlacklistNumber};
use crate::employee::{Employee, EmployeePhone, PhoneStatus};
use crate::group::{Group, GroupOwner};
use crate::id::{BlacklistId, EmployeeId, GroupId, OrganizationId, Revision};
use crate::organization::Organization;
use crate::text::{Email, Name, Phone};

/// The version of the format.
pub const LAYOUT: u32 = 3;

/// The hash of this text must be what it was when the index of e-mail addresses was made.
const HASHED: &str = "anna@mail.example";

/// The bytes are not an image in this layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageError;

impl Book {
    /// The head of the image: everything but the contacts and the phone index.
    pub fn image_head(&self) -> Vec<u8> {
        let mut out = Encoder(Vec::new());
        out.number(self.revision.0);
        out.table(&self.organizations, |out, organization| {
            out.number(organization.id.number());
            out.text(organization.name.as_str());
        });
        out.table(&self.groups, |out, group| {
            out.number(group.id.number());
            out.text(group.name.as_str());
            out.number(u64::from(group.owner == GroupOwner::System));
        });
        out.table(&self.employees, |out, known| out.employee(&known.employee));
        out.table(&self.group_sets, |out, set| out.words(set));
        out.table(&self.blacklist, |out, number| out.blacklist_number(number));
        out.number(self.forgotten.0);
        out.pairs(&self.deleted);
        out.0
    }

    /// The indexes of phone numbers and e-mail addresses of the image.
    pub fn image_phones(&self) -> Vec<u8> {
        let mut out = Encoder(Vec::new());
        out.pairs(&self.phones);
        out.number(text_hash(HASHED));
        out.pairs(self.mails.pairs());
        out.0
    }

    /// The number of chunk parts.
    pub fn image_chunks_len(&self) -> usize {
        self.contacts.chunks.len()
    }

    /// The chunks of the image, one part each.
    pub fn image_chunks(&self) -> impl Iterator<Item = Vec<u8>> {
        self.contacts.chunks.iter().map(|chunk| chunk.image())
    }

    /// Reads a book from the parts of its image.
    ///
    /// # Errors
    ///
    /// The parts are not an image in this layout, or a contact refers to an organization that is not in the head.
    pub fn from_image(head: &[u8], phones: &[u8], chunks: Vec<Chunk>) -> Result<Self, ImageError> {
        let mut read = Decoder(head);
        let revision = Revision(read.number()?);
        let organizations = read.table(|read| {
            let id = OrganizationId::new(read.number()?).map_err(|_| ImageError)?;
            Ok(Organization { id, name: read.name()? })
        })?;
        let groups = read.table(|read| {
            let id = GroupId::new(read.number()?).map_err(|_| ImageError)?;
            let name = read.name()?;
            let owner = if read.number()? == 1 { GroupOwner::System } else { GroupOwner::User };
            Ok(Group { id, name, owner })
        })?;
        let employees = read.table(|read| Ok(Arc::new(EmployeeRow::new(read.employee()?))))?;
        let group_sets = read.table(|read| Ok(GroupSet::from(read.words()?)))?;
        let blacklist = read.table(Decoder::blacklist_number)?;
        let forgotten = Revision(read.number()?);
        let deleted = PairIndex::from_sorted(&read.pairs()?);
        let mut read = Decoder(phones);
        let phones = PairIndex::from_sorted(&read.pairs()?);
        if read.number()? != text_hash(HASHED) {
            return Err(ImageError);
        }
        let mails = read.pairs()?;
        let contacts = ChunkList::from_chunks(chunks.into_iter().map(Arc::new).collect());
        let is_known = |link: &Link| link.slot().is_none_or(|slot| slot < organizations.slots());
        if !contacts.chunks.iter().all(|chunk| chunk.organizations.iter().all(is_known)) {
            return Err(ImageError);
        }
        let contacts_len = contacts.len();
        let name_indexes = NameIndexes::of_loaded(revision, contacts.highest_id());
        let mut book = Self {
            revision,
            members: contacts.members(&organizations),
            contacts,
            organizations,
            groups,
            employees,
            blacklist,
            deleted,
            forgotten,
            group_sets,
            phones,
            mails: MailIndex::from_sorted(&mails, contacts_len),
            names_version: 0,
            name_indexes,
            number_indexes: NumberIndexes::of_loaded(revision),
            organization_names: PairIndex::default(),
            organization_texts: OrganizationTexts::default(),
            member_lists: MemberLists::default(),
        };
        book.index_organization_names();
        Ok(book)
    }
}

impl Chunk {
    fn image(&self) -> Vec<u8> {
        let mut out = Encoder(Vec::with_capacity(self.bytes()));
        out.numbers(&self.ids);
        out.numbers(&self.revisions);
        out.text(&self.names);
        out.words(&self.name_ends);
        out.halves(&self.last_bytes);
        out.halves(&self.first_bytes);
        out.numbers(&self.phones);
        out.halves(&self.phone_ends);
        out.text(&self.emails);
        out.words(&self.email_ends);
        for links in [&self.managers, &self.organizations, &self.groups] {
            let words: Vec<u32> = links.iter().map(|link| link.index() as u32).collect();
            out.words(&words);
        }
        out.0
    }

    /// Reads the part of one chunk.
    ///
    /// # Errors
    ///
    /// The bytes are not a chunk in this layout.
    pub fn from_image(part: &[u8]) -> Result<Self, ImageError> {
        let mut read = Decoder(part);
        let mut chunk = Self::default();
        chunk.ids = read.numbers()?;
        chunk.revisions = read.numbers()?;
        chunk.newest = chunk.revisions.iter().copied().max().unwrap_or(0);
        chunk.names = read.text()?.to_owned();
        chunk.name_ends = read.words()?;
        chunk.last_bytes = read.halves()?;
        chunk.first_bytes = read.halves()?;
        chunk.phones = read.numbers()?;
        chunk.phone_ends = read.halves()?;
        chunk.emails = read.text()?.to_owned();
        chunk.email_ends = read.words()?;
        let mut links = || Ok(read.words()?.into_iter().map(Link::from_index).collect());
        (chunk.managers, chunk.organizations, chunk.groups) = (links()?, links()?, links()?);
        let same = [
            chunk.revisions.len(),
            chunk.name_ends.len(),
            chunk.phone_ends.len(),
            chunk.email_ends.len(),
            chunk.groups.len(),
        ];
        if same.iter().all(|length| *length == chunk.ids.len()) { Ok(chunk) } else { Err(ImageError) }
    }
}

/// Appends values to a buffer.
struct Encoder(Vec<u8>);

impl Encoder {
    fn number(&mut self, number: u64) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
    }

    fn optional(&mut self, text: Option<&str>) {
        // No text of a record is empty, so an empty one stands for absence.
        self.text(text.unwrap_or_default());
    }

    fn numbers(&mut self, numbers: &[u64]) {
        self.number(numbers.len() as u64);
        self.0.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    }

    fn words(&mut self, words: &[u32]) {
        self.number(words.len() as u64);
        self.0.extend(words.iter().flat_map(|word| word.to_le_bytes()));
    }

    fn halves(&mut self, halves: &[u16]) {
        self.number(halves.len() as u64);
        self.0.extend(halves.iter().flat_map(|half| half.to_le_bytes()));
    }

    fn employee(&mut self, employee: &Employee) {
        self.number(employee.id.number());
        self.text(employee.last_name.as_str());
        self.optional(employee.first_name.as_ref().map(Name::as_str));
        self.optional(employee.patronymic.as_ref().map(Name::as_str));
        self.optional(employee.email.as_ref().map(Email::as_str));
        self.number(employee.phones.len() as u64);
        for phone in &employee.phones {
            self.number(phone.id);
            self.text(&phone.number);
            self.number(u64::from(phone.channels));
            self.number(u64::from(phone.dial_seconds));
            self.number(u64::from(phone.status == PhoneStatus::Active));
        }
    }

    fn blacklist_number(&mut self, number: &BlacklistNumber) {
        self.number(number.id.number());
        self.number(number.entry.phone.packed());
        self.text(&number.entry.added_by);
        self.optional(number.entry.comment.as_deref());
        self.number(number.entry.added_at.cast_unsigned());
    }

    fn pairs(&mut self, index: &PairIndex) {
        self.number(index.len() as u64);
        index.from((0, 0)).for_each(|(first, second)| {
            self.number(first);
            self.number(second);
        });
    }

    fn table<T: TableRow>(&mut self, table: &Table<T>, write: impl Fn(&mut Self, &T)) {
        self.number(table.slots() as u64);
        for slot in 0..table.slots() {
            let row = table.at(slot);
            self.number(table.revision_at(slot));
            self.number(u64::from(row.is_some()));
            if let Some(row) = row {
                write(self, row);
            }
        }
    }
}

/// Reads values from the front of a buffer.
struct Decoder<'a>(&'a [u8]);

impl<'a> Decoder<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], ImageError> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(ImageError)?;
        self.0 = rest;
        Ok(taken)
    }

    fn number(&mut self) -> Result<u64, ImageError> {
        self.take(8).map(word)
    }

    fn count(&mut self) -> Result<usize, ImageError> {
        usize::try_from(self.number()?).map_err(|_| ImageError)
    }

    fn list(&mut self, width: usize) -> Result<&'a [u8], ImageError> {
        let count = self.count()?;
        self.take(count.checked_mul(width).ok_or(ImageError)?)
    }

    fn text(&mut self) -> Result<&'a str, ImageError> {
        std::str::from_utf8(self.list(1)?).map_err(|_| ImageError)
    }

    fn numbers(&mut self) -> Result<Vec<u64>, ImageError> {
        Ok(self.list(8)?.chunks_exact(8).map(word).collect())
    }

    fn words(&mut self) -> Result<Vec<u32>, ImageError> {
        let words = self.list(4)?.as_chunks::<4>().0;
        Ok(words.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect())
    }

    fn halves(&mut self) -> Result<Vec<u16>, ImageError> {
        let halves = self.list(2)?.as_chunks::<2>().0;
        Ok(halves.iter().map(|bytes| u16::from_le_bytes(*bytes)).collect())
    }

    fn name(&mut self) -> Result<Name, ImageError> {
        Name::parse(self.text()?).map_err(|_| ImageError)
    }

    fn optional_name(&mut self) -> Result<Option<Name>, ImageError> {
        let text = self.text()?;
        if text.is_empty() { Ok(None) } else { Name::parse(text).map(Some).map_err(|_| ImageError) }
    }

    fn employee(&mut self) -> Result<Employee, ImageError> {
        let id = EmployeeId::new(self.number()?).map_err(|_| ImageError)?;
        let (last_name, first_name, patronymic) = (self.name()?, self.optional_name()?, self.optional_name()?);
        let email = Some(self.text()?).filter(|text| !text.is_empty());
        let email = email.map(Email::parse).transpose().map_err(|_| ImageError)?;
        let mut phones = Vec::new();
        for _ in 0..self.count()? {
            phones.push(EmployeePhone {
                id: self.number()?,
                number: self.text()?.into(),
                channels: u8::try_from(self.number()?).map_err(|_| ImageError)?,
                dial_seconds: u8::try_from(self.number()?).map_err(|_| ImageError)?,
                status: if self.number()? == 1 { PhoneStatus::Active } else { PhoneStatus::Inactive },
            });
        }
        Ok(Employee { id, last_name, first_name, patronymic, email, phones })
    }

    fn blacklist_number(&mut self) -> Result<BlacklistNumber, ImageError> {
        let id = BlacklistId::new(self.number()?).map_err(|_| ImageError)?;
        let phone = Phone::from_packed(self.number()?).ok_or(ImageError)?;
        let added_by = self.text()?.into();
        let comment = Some(self.text()?).filter(|text| !text.is_empty()).map(Into::into);
        let added_at = self.number()?.cast_signed();
        Ok(BlacklistNumber { id, entry: BlacklistEntry { phone, added_by, comment, added_at } })
    }

    fn pairs(&mut self) -> Result<Vec<(u64, u64)>, ImageError> {
        let pairs = self.list(16)?.chunks_exact(16);
        Ok(pairs.map(|pair| (word(&pair[..8]), word(&pair[8..]))).collect())
    }

    fn table<T: TableRow>(
        &mut self,
        read: impl Fn(&mut Self) -> Result<T, ImageError>,
    ) -> Result<Table<T>, ImageError> {
        let mut table = Table::default();
        for _ in 0..self.count()? {
            let revision = self.number()?;
            let row = if self.number()? == 1 { Some(read(self)?) } else { None };
            table.push(row, revision);
        }
        Ok(table)
    }
}

/// The number in eight bytes; callers never pass fewer.
fn word(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}
