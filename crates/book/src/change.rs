//! What a decided command does to a book: the new state of everything it touches.
//!
//! A change says what is, not what was asked, so that the store, the memory of this node and the memory of
//! every other node can follow it without deciding anything again.

use std::sync::Arc;

use crate::blacklist::BlacklistNumber;
use crate::contact::Contact;
use crate::employee::Employee;
use crate::group::Group;
use crate::id::{BlacklistId, ContactId, EmployeeId, GroupId, OrganizationId, Revision};
use crate::organization::Organization;

/// One thing that is different now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// The contact is new, or reads like this now.
    PutContact(Contact),
    /// The contact is gone.
    DropContact(ContactId),
    /// These contacts, ascending, belong to the group, besides the groups that they belonged to before.
    JoinGroup(GroupId, Arc<[ContactId]>),
    /// These contacts, ascending, do not belong to the group any more.
    LeaveGroup(GroupId, Arc<[ContactId]>),
    /// The organization is new, or reads like this now.
    PutOrganization(Organization),
    /// The organization is gone; no contact has it any more.
    DropOrganization(OrganizationId),
    /// The group is new, or reads like this now.
    PutGroup(Group),
    /// The group is gone; its members were released by effects before this one.
    DropGroup(GroupId),
    /// The employee is new, or reads like this now.
    PutEmployee(Employee),
    /// The employee is gone; nobody's manager any more.
    DropEmployee(EmployeeId),
    /// The number is on the blacklist.
    PutBlacklistNumber(BlacklistNumber),
    /// The number is on the blacklist no more.
    DropBlacklistNumber(BlacklistId),
    /// What was deleted up to this revision is remembered no more.
    ForgetDeletions(Revision),
}

impl Effect {
    /// Whether it adds, replaces or removes a contact.
    pub(crate) fn is_of_contact(&self) -> bool {
        matches!(self, Self::PutContact(_) | Self::DropContact(_))
    }
}

/// Everything that one command does, made durable as a whole or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The revision of the book that the change was decided on.
    pub decided_on: Revision,
    /// How many contacts there are after it.
    pub contacts: u64,
    /// What is different, in an order in which it can be followed.
    pub effects: Vec<Effect>,
}

impl Change {
    /// The revision of the book after the change.
    pub fn revision(&self) -> Revision {
        self.decided_on.next()
    }
}
