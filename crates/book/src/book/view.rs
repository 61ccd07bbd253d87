//! A contact as it is read: a place in a chunk of a snapshot. Nothing is copied.

use super::Book;
use super::chunk::Chunk;
use crate::contact::{Contact, ContactDraft};
use crate::id::{ContactId, EmployeeId, GroupId, OrganizationId};
use crate::text::{Email, Emails, Name, Phone, Phones};

/// A contact of a snapshot.
#[derive(Clone, Copy)]
pub struct ContactView<'a> {
    book: &'a Book,
    chunk: &'a Chunk,
    place: usize,
}

impl<'a> ContactView<'a> {
    pub(crate) fn new(book: &'a Book, chunk: &'a Chunk, place: usize) -> Self {
        Self { book, chunk, place }
    }

    /// Has everything of the contact brought from memory at once: whoever reads it member by member afterwards does not
    /// wait for each by itself.
    pub(crate) fn fetch(self) {
        let first = |text: &str| text.as_bytes().first().copied().unwrap_or(0);
        let (manager, organization) = (self.manager(), self.organization());
        let touched = [
            first(self.full_name()),
            first(self.chunk.email_lines(self.place)),
            self.packed_phones().first().map_or(0, |phone| *phone as u8),
            manager.map_or(0, |(_, name)| first(name)),
            organization.map_or(0, |(_, name)| first(name)),
            self.groups().next().map_or(0, |(_, name)| first(name)),
            self.chunk.last_name_bytes(self.place) as u8,
        ];
        std::hint::black_box(touched);
    }

    /// Its id.
    pub fn id(self) -> ContactId {
        ContactId::new(self.chunk.id(self.place)).expect("only ids are put into a chunk")
    }

    /// Last name.
    pub fn last_name(self) -> &'a str {
        self.chunk.last_name(self.place)
    }

    /// First name.
    pub fn first_name(self) -> Option<&'a str> {
        self.chunk.first_name(self.place)
    }

    /// Patronymic.
    pub fn patronymic(self) -> Option<&'a str> {
        self.chunk.patronymic(self.place)
    }

    /// The parts of the name joined by one space.
    pub fn full_name(self) -> &'a str {
        self.chunk.full_name(self.place)
    }

    /// E-mail addresses, in the order given.
    pub fn emails(self) -> impl Iterator<Item = &'a str> {
        self.chunk.emails_of(self.place)
    }

    /// Phone numbers, in the order given.
    pub fn phone_numbers(self) -> impl Iterator<Item = Phone> + 'a {
        let packed = self.chunk.phones_of(self.place).iter();
        packed.map(|packed| Phone::from_packed(*packed).expect("only phones are put into a chunk"))
    }

    /// The packed phone numbers, in the order given.
    pub fn packed_phones(self) -> &'a [u64] {
        self.chunk.phones_of(self.place)
    }

    /// The place of the personal manager in the table of employees.
    pub fn manager_place(self) -> Option<usize> {
        self.chunk.links(self.place).manager.place()
    }

    /// The place of the organization in its table.
    pub fn organization_place(self) -> Option<usize> {
        self.chunk.links(self.place).organization.place()
    }

    /// The place of the set of groups in its table.
    pub fn group_set_place(self) -> Option<usize> {
        self.chunk.links(self.place).groups.place()
    }

    /// The personal manager: id and full name.
    pub fn manager(self) -> Option<(EmployeeId, &'a str)> {
        let known = self.book.employees.at(self.manager_place()?)?;
        Some((known.employee.id, &known.full_name))
    }

    /// The organization: id and name.
    pub fn organization(self) -> Option<(OrganizationId, &'a str)> {
        let organization = self.book.organizations.at(self.organization_place()?)?;
        Some((organization.id, organization.name.as_str()))
    }

    /// The groups: id and name, ascending by id.
    pub fn groups(self) -> impl Iterator<Item = (GroupId, &'a str)> {
        let book = self.book;
        let set = self.group_set_place().and_then(|place| book.group_sets.at(place));
        let places = set.map_or(&[][..], |set| set);
        places.iter().filter_map(move |place| {
            let group = book.groups.at(*place as usize)?;
            Some((group.id, group.name.as_str()))
        })
    }

    /// The owned form.
    pub fn to_contact(self) -> Contact {
        const PROOF: &str = "what is in a book was judged on its way in";
        let name = |text: &str| Name::parse(text).expect(PROOF);
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
