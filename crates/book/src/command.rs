//! Commands: the requests to change a book, their outcome and their errors.
//!
//! A command holds validated values only: the form of texts and lists is checked when they are parsed. Whether the
//! command is allowed in the current state of the book is decided in [`crate::book::decide`].

use crate::blacklist::BlacklistEntry;
use crate::contact::ContactDraft;
use crate::employee::PhoneStatus;
use crate::id::{BlacklistId, ContactId, EmployeeId, GroupId, OrganizationId};
use crate::text::{Email, Emails, Name, Phone, Phones};

/// Maximum number of contacts that one command adds or deletes.
pub const CONTACTS_AT_ONCE_MAX: usize = 10_000;
/// Maximum number of groups of a contact. With the longest name of a group it bounds the text of a contact.
pub const GROUPS_PER_CONTACT_MAX: usize = 1_000;
/// Maximum number of members that a command gives to a group.
pub const MEMBERS_PER_COMMAND_MAX: usize = 100_000;
/// Maximum number of phones of an employee.
pub const EMPLOYEE_PHONES_MAX: usize = 100;

/// The change of one member of a record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Edit<T> {
    /// Keep the current value.
    #[default]
    Keep,
    /// Replace it by this value.
    Set(T),
}

impl<T> Edit<T> {
    /// The value after the edit, given the `old` one.
    pub fn or(self, old: T) -> T {
        match self {
            Self::Keep => old,
            Self::Set(new) => new,
        }
    }
}

/// The change of a contact; lists are replaced as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContactEdit {
    /// Last name.
    pub last_name: Edit<Name>,
    /// First name.
    pub first_name: Edit<Option<Name>>,
    /// Patronymic.
    pub patronymic: Edit<Option<Name>>,
    /// Phone numbers; never empty.
    pub phones: Edit<Phones>,
    /// What these numbers are without the number rule, for each of them whose text was digits only. A number that the
    /// contact has in this form is kept: clients send back what they were answered with.
    pub phones_as_written: Vec<Option<Phone>>,
    /// E-mail addresses.
    pub emails: Edit<Emails>,
    /// Personal manager.
    pub manager: Edit<Option<EmployeeId>>,
    /// Organization.
    pub organization: Edit<Option<OrganizationId>>,
    /// Groups, ascending, without duplicates; at most [`GROUPS_PER_CONTACT_MAX`].
    pub groups: Edit<Vec<GroupId>>,
    /// The values that the contact must have for the edit to be made; [`Edit::Keep`] demands nothing of a member.
    pub expected: Option<Box<ContactEdit>>,
}

/// A phone of an employee without its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneDraft {
    /// The number, optionally with an extension.
    pub number: Box<str>,
    /// Maximum number of simultaneous calls, 1 to 150.
    pub channels: u8,
    /// Ringing time in seconds, 1 to 100.
    pub dial_seconds: u8,
    /// Whether calls are sent to it.
    pub status: PhoneStatus,
}

/// An employee without its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmployeeDraft {
    /// Last name.
    pub last_name: Name,
    /// First name.
    pub first_name: Option<Name>,
    /// Patronymic.
    pub patronymic: Option<Name>,
    /// E-mail address.
    pub email: Option<Email>,
    /// Phones; at most [`EMPLOYEE_PHONES_MAX`], without duplicate numbers.
    pub phones: Vec<PhoneDraft>,
}

/// The change of an employee.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EmployeeEdit {
    /// Last name.
    pub last_name: Edit<Name>,
    /// First name.
    pub first_name: Edit<Option<Name>>,
    /// Patronymic.
    pub patronymic: Edit<Option<Name>>,
    /// E-mail address.
    pub email: Edit<Option<Email>>,
    /// Phones; a phone whose number the employee already has keeps its id.
    pub phones: Edit<Vec<PhoneDraft>>,
}

/// One contact of an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// The contact; `draft.organization` is `None` if `organization_name` is given.
    pub draft: ContactDraft,
    /// Name of its organization, which is created if it does not exist.
    pub organization_name: Option<Name>,
    /// Names of groups in addition to those in the draft; they are created if they do not exist.
    pub group_names: Vec<Name>,
}

/// How an upload handles a contact that cannot be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnError {
    /// Add no contact at all.
    #[default]
    Reject,
    /// Add the others.
    Skip,
}

/// A request to change a book.
#[derive(Debug, Clone)]
pub enum Command {
    /// Add these contacts, all or none.
    AddContacts(Vec<ContactDraft>),
    /// Add these contacts and create the organizations and groups that they name; at most [`CONTACTS_AT_ONCE_MAX`].
    Upload(Vec<Upload>, OnError),
    /// Edit a contact.
    EditContact(ContactId, ContactEdit),
    /// Delete these contacts, all or none; at most [`CONTACTS_AT_ONCE_MAX`], duplicates are ignored.
    DropContacts(Vec<ContactId>),
    /// Add organizations of these names, all or none.
    AddOrganizations(Vec<Name>),
    /// Rename an organization.
    RenameOrganization(OrganizationId, Name),
    /// Delete an organization that no contact belongs to.
    DropOrganization(OrganizationId),
    /// Add groups of these names, all or none.
    AddGroups(Vec<Name>),
    /// Add a group with these members; duplicates are ignored.
    AddGroup(Name, Vec<ContactId>),
    /// Rename a group, replace its members, or both; duplicates are ignored.
    EditGroup(GroupId, Edit<Name>, Edit<Vec<ContactId>>),
    /// Remove the members of a group and delete it.
    DropGroup(GroupId),
    /// Add these employees.
    AddEmployees(Vec<EmployeeDraft>),
    /// Edit an employee.
    EditEmployee(EmployeeId, EmployeeEdit),
    /// Delete an employee who is the personal manager of no contact.
    DropEmployee(EmployeeId),
    /// Add a number to the blacklist.
    AddBlacklistNumber(BlacklistEntry),
    /// Delete an entry of the blacklist.
    DropBlacklistNumber(BlacklistId),
}

impl Command {
    /// Whether the command only deletes records.
    pub const fn only_deletes(&self) -> bool {
        matches!(
            self,
            Self::DropContacts(_)
                | Self::DropOrganization(_)
                | Self::DropGroup(_)
                | Self::DropEmployee(_)
                | Self::DropBlacklistNumber(_)
        )
    }
}

/// The result of a command that was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// Ids of the records created, in the order of the command; `None` for elements that were skipped.
    pub created: Vec<Option<u64>>,
    /// The errors of skipped elements, in the order of the command.
    pub skipped: Vec<CommandError>,
}

/// The reason why a command, or one element of it, is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommandError {
    /// Position of the element in the command; 0 if the command has no list.
    pub index: usize,
    /// The part of the element that is wrong.
    pub subject: CommandSubject,
    /// What is wrong with it.
    pub kind: CommandErrorKind,
}

/// The part of a command that an error is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandSubject {
    /// The record with this id that was to be edited or deleted.
    Target(u64),
    /// An organization that the element refers to.
    Organization(OrganizationId),
    /// An employee that it refers to as the personal manager.
    Manager(EmployeeId),
    /// A group that it refers to.
    Group(GroupId),
    /// A contact that it refers to as a member.
    Member(ContactId),
    /// The name that it sets.
    Name,
    /// The phone number that it sets.
    PhoneNumber,
    /// The member, by its name in [`crate::query::field::CONTACT`], whose value is another one than expected.
    Expected(&'static str),
    /// The number of records of a kind in the book.
    Count,
}

/// What is wrong with the subject of a [`CommandError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandErrorKind {
    /// The book contains no such record.
    NotFound,
    /// Another record has this name or number.
    AlreadyExists,
    /// The group belongs to the system.
    SystemOwned,
    /// A contact still refers to it.
    Referenced,
    /// It has another value than the command expects.
    Changed,
    /// The book would contain more than this number of records.
    LimitReached(u64),
    /// The book takes at least this number of bytes of memory, and is not to grow.
    BytesReached(u64),
}
