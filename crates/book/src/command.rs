//! What can be asked to be changed in a book.
//!
//! A command holds judged values only: what a text or a list may look like was decided when it was read. Whether
//! the command fits the present state of the book is decided in [`crate::book::decide`].

use crate::blacklist::BlacklistEntry;
use crate::contact::ContactDraft;
use crate::employee::PhoneStatus;
use crate::id::{BlacklistId, ContactId, EmployeeId, GroupId, OrganizationId};
use crate::text::{Email, Emails, Name, Phones};

/// Most contacts that one command adds or removes.
pub const CONTACTS_AT_ONCE_MAX: usize = 10_000;
/// Most groups of a contact. With the longest name of a group it bounds the text of a contact.
pub const GROUPS_PER_CONTACT_MAX: usize = 1_000;
/// Most members that a command gives to a group.
pub const MEMBERS_PER_COMMAND_MAX: usize = 100_000;
/// Most phones of an employee.
pub const EMPLOYEE_PHONES_MAX: usize = 100;

/// What becomes of one member of a record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Edit<T> {
    /// It stays as it is.
    #[default]
    Keep,
    /// It is this from now on.
    Set(T),
}

impl<T> Edit<T> {
    /// What it is from now on, when it was `old`.
    pub fn or(self, old: T) -> T {
        match self {
            Self::Keep => old,
            Self::Set(new) => new,
        }
    }
}

/// What becomes of a contact; lists are replaced as a whole.
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
    /// E-mail addresses.
    pub emails: Edit<Emails>,
    /// Personal manager.
    pub manager: Edit<Option<EmployeeId>>,
    /// Organization.
    pub organization: Edit<Option<OrganizationId>>,
    /// Groups, ascending, none twice; at most [`GROUPS_PER_CONTACT_MAX`].
    pub groups: Edit<Vec<GroupId>>,
}

/// A phone of an employee that has no id yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneDraft {
    /// The number, with an extension perhaps.
    pub number: Box<str>,
    /// Calls at once, 1 to 150.
    pub channels: u8,
    /// Seconds to ring, 1 to 100.
    pub dial_seconds: u8,
    /// Whether it is rung.
    pub status: PhoneStatus,
}

/// Everything about an employee but the id.
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
    /// Phones; at most [`EMPLOYEE_PHONES_MAX`], no number twice.
    pub phones: Vec<PhoneDraft>,
}

/// What becomes of an employee.
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
    /// Phones; one whose number was there before keeps its id.
    pub phones: Edit<Vec<PhoneDraft>>,
}

/// A contact to be uploaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// The contact; `draft.organization` is absent when there is a name.
    pub draft: ContactDraft,
    /// Name of its organization, which is made if it is missing.
    pub organization_name: Option<Name>,
    /// Names of groups besides those in the draft, which are made if they are missing.
    pub group_names: Vec<Name>,
}

/// What an upload does about a contact that cannot be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnError {
    /// It adds none at all.
    #[default]
    Reject,
    /// It adds the others.
    Skip,
}

/// A change that somebody wants.
#[derive(Debug, Clone)]
pub enum Command {
    /// Add these contacts, all or none.
    AddContacts(Vec<ContactDraft>),
    /// Add these contacts with their organizations and groups; at most [`CONTACTS_AT_ONCE_MAX`].
    Upload(Vec<Upload>, OnError),
    /// Change a contact.
    EditContact(ContactId, ContactEdit),
    /// Remove these contacts, all or none; at most [`CONTACTS_AT_ONCE_MAX`], repetitions are harmless.
    DropContacts(Vec<ContactId>),
    /// Add organizations of these names, all or none.
    AddOrganizations(Vec<Name>),
    /// Rename an organization.
    RenameOrganization(OrganizationId, Name),
    /// Remove an organization that no contact has.
    DropOrganization(OrganizationId),
    /// Add groups of these names, all or none.
    AddGroups(Vec<Name>),
    /// Add a group with these members; repetitions are harmless.
    AddGroup(Name, Vec<ContactId>),
    /// Rename a group, give it these members and no others, or both; repetitions are harmless.
    EditGroup(GroupId, Edit<Name>, Edit<Vec<ContactId>>),
    /// Release a group's members and remove it.
    DropGroup(GroupId),
    /// Add these employees.
    AddEmployees(Vec<EmployeeDraft>),
    /// Change an employee.
    EditEmployee(EmployeeId, EmployeeEdit),
    /// Remove an employee who is nobody's personal manager.
    DropEmployee(EmployeeId),
    /// Put a number on the blacklist.
    AddBlacklistNumber(BlacklistEntry),
    /// Take a number off the blacklist.
    DropBlacklistNumber(BlacklistId),
}

/// What a command that was carried out has made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// Ids of what was made, in the order of the command; `None` for what was left out.
    pub made: Vec<Option<u64>>,
    /// What was left out, and why, in the order of the command.
    pub left_out: Vec<Refusal>,
}

/// Why a command, or one element of it, is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// Position of the element in the command; 0 where there is only one.
    pub at: usize,
    /// What is to blame.
    pub blame: Blame,
    /// Why.
    pub why: Why,
}

/// What a refusal blames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// The thing with this number that was to be changed or removed.
    Target(u64),
    /// An organization that the element names.
    Organization(OrganizationId),
    /// An employee whom it names as the manager.
    Manager(EmployeeId),
    /// A group that it names.
    Group(GroupId),
    /// A contact that it names as a member.
    Member(ContactId),
    /// The name that it gives.
    Name,
    /// The phone number that it gives.
    PhoneNumber,
    /// That there would be more of its kind than a book can hold.
    Kind,
}

/// Why a refusal blames it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It is not in this book.
    Missing,
    /// Another one has it already.
    Taken,
    /// It belongs to the system.
    System,
    /// A contact still points to it.
    StillNeeded,
    /// There can be at most so many.
    Full(u64),
}
