//! A borrowed view of one contact of a snapshot: a row of a chunk. Nothing is copied.

use std::ops::Range;

use super::Book;
use super::chunk::Chunk;
use crate::contact::{Contact, ContactDraft};
use crate::employee::Employee;
use crate::id::{ContactId, EmployeeId, GroupId, OrganizationId};
use crate::text::{Email, Emails, Name, Phone, Phones};

/// A contact of a snapshot.
#[derive(Clone, Copy)]
pub struct ContactView<'a> {
    book: &'a Book,
    chunk: &'a Chunk,
    row: usize,
}

impl Book {
    /// The contact with this id.
    pub fn contact(&self, id: ContactId) -> Option<ContactView<'_>> {
        let (chunk, row) = self.contacts.find(id.number())?;
        Some(ContactView::new(self, self.chunk(chunk), row))
    }

    /// All contacts, ascending by id.
    pub fn iter(&self) -> impl Iterator<Item = ContactView<'_>> {
        let rows = move |chunk: usize| self.views(chunk, 0..self.chunk(chunk).len());
        (0..self.contacts.chunks.len()).flat_map(rows)
    }

    /// The contacts of the chunk with this index in these rows.
    pub fn views(&self, chunk: usize, rows: Range<usize>) -> impl Iterator<Item = ContactView<'_>> {
        let chunk = self.chunk(chunk);
        rows.map(move |row| ContactView::new(self, chunk, row))
    }
}

impl<'a> ContactView<'a> {
    pub(crate) fn new(book: &'a Book, chunk: &'a Chunk, row: usize) -> Self {
        Self { book, chunk, row }
    }

    /// Prefetches the memory of all members at once, so that reading them one by one does not wait for each.
    pub(crate) fn fetch(self) {
        let first = |text: &str| text.as_bytes().first().copied().unwrap_or(0);
        let (manager, organization) = (self.manager(), self.organization());
        let touched = [
            first(self.full_name()),
            first(self.chunk.email_lines(self.row)),
            self.packed_phones().first().map_or(0, |phone| *phone as u8),
            manager.map_or(0, |(_, name)| first(name)),
            organization.map_or(0, |(_, name)| first(name)),
            self.groups().next().map_or(0, |(_, name)| first(name)),
            self.chunk.last_name_bytes(self.row) as u8,
        ];
        std::hint::black_box(touched);
    }

    /// Its id.
    pub fn id(self) -> ContactId {
        ContactId::new(self.chunk.id(self.row)).expect("a chunk holds valid ids only")
    }

    /// Last name.
    pub fn last_name(self) -> &'a str {
        self.chunk.last_name(self.row)
    }

    /// First name.
    pub fn first_name(self) -> Option<&'a str> {
        self.chunk.first_name(self.row)
    }

    /// Patronymic.
    pub fn patronymic(self) -> Option<&'a str> {
        self.chunk.patronymic(self.row)
    }

    /// The parts of the name joined by one space.
    pub fn full_name(self) -> &'a str {
        self.chunk.full_name(self.row)
    }

    /// E-mail addresses, in the order given.
    pub fn emails(self) -> impl Iterator<Item = &'a str> {
        self.chunk.emails_of(self.row)
    }

    /// Phone numbers, in the order given.
    pub fn phone_numbers(self) -> impl Iterator<Item = Phone> + 'a {
        let packed = self.chunk.phones_of(self.row).iter();
        packed.map(|packed| Phone::from_packed(*packed).expect("a chunk holds valid phones only"))
    }

    /// The packed phone numbers, in the order given.
    pub fn packed_phones(self) -> &'a [u64] {
        self.chunk.phones_of(self.row)
    }

    /// Slot of the personal manager in the table of employees.
    pub fn manager_slot(self) -> Option<usize> {
        self.chunk.links(self.row).manager.slot()
    }

    /// Slot of the organization in its table.
    pub fn organization_slot(self) -> Option<usize> {
        self.chunk.links(self.row).organization.slot()
    }

    /// Slot of the set of groups in its table.
    pub fn group_set_slot(self) -> Option<usize> {
        self.chunk.links(self.row).groups.slot()
    }

    /// The personal manager: id and full name.
    pub fn manager(self) -> Option<(EmployeeId, &'a str)> {
        let known = self.book.employees.at(self.manager_slot()?)?;
        Some((known.employee.id, &known.full_name))
    }

    /// The personal manager with all members.
    pub fn manager_record(self) -> Option<&'a Employee> {
        self.book.employees.at(self.manager_slot()?).map(|known| &known.employee)
    }

    /// The organization: id and name.
    pub fn organization(self) -> Option<(OrganizationId, &'a str)> {
        let organization = self.book.organizations.at(self.organization_slot()?)?;
        Some((organization.id, organization.name.as_str()))
    }

    /// The groups: id and name, ascending by id.
    pub fn groups(self) -> impl Iterator<Item = (GroupId, &'a str)> {
        let book = self.book;
        let set = self.group_set_slot().and_then(|slot| book.group_sets.at(slot));
        let slots = set.map_or(&[][..], |set| set);
        slots.iter().filter_map(move |slot| {
            let group = book.groups.at(*slot as usize)?;
            Some((group.id, group.name.as_str()))
        })
    }

    /// The owned form.
    pub fn to_contact(self) -> Contact {
        const PROOF: &str = "a book holds validated values only";
        let name = |text: &str| Name::stored(text).expect(PROOF);
        let emails = self.emails().map(|text| Email::parse(text).expect(PROOF)).collect();
        let draft = ContactDraft {
            last_name: name(self.last_name()),
            first_name: self.first_name().map(name),
            patronymic: self.patronymic().map(name),
            phones: Phones::new(self.phone_numbers().collect(), |phone| *phone).expect(PROOF),
            emails: Emails::new(emails, Email::folded).expect(PROOF),
            manager: self.manager().map(|(id, _)| id),
            organization: self.organization().map(|(id, _)| id),
            groups: self.groups().map(|(id, _)| id).collect(),
        };
        Contact { id: self.id(), draft }
    }
}
