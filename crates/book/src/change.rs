//! The result of a decided command: the new state of every record that it touches.
//!
//! A change lists new states, not the request, so that the store, this server and every other server apply it without
//! deciding the command again.

use std::sync::Arc;

use crate::blacklist::BlacklistNumber;
use crate::contact::Contact;
use crate::employee::Employee;
use crate::group::Group;
use crate::id::{BlacklistId, ContactId, EmployeeId, GroupId, OrganizationId, Revision};
use crate::organization::Organization;

/// The new state of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Insert the contact, or replace the one with this id.
    PutContact(Contact),
    /// Delete the contact.
    DropContact(ContactId),
    /// Add these contacts, ascending by id, to the group; their other groups stay.
    JoinGroup(GroupId, Arc<[ContactId]>),
    /// Remove these contacts, ascending by id, from the group; their other groups stay.
    LeaveGroup(GroupId, Arc<[ContactId]>),
    /// Insert the organization, or replace the one with this id.
    PutOrganization(Organization),
    /// Delete the organization; no contact refers to it.
    DropOrganization(OrganizationId),
    /// Insert the group, or replace the one with this id.
    PutGroup(Group),
    /// Delete the group; effects before this one removed its members.
    DropGroup(GroupId),
    /// Insert the employee, or replace the one with this id.
    PutEmployee(Employee),
    /// Delete the employee; no contact refers to it.
    DropEmployee(EmployeeId),
    /// Insert the entry of the blacklist, or replace the one with this id.
    PutBlacklistNumber(BlacklistNumber),
    /// Delete the entry of the blacklist.
    DropBlacklistNumber(BlacklistId),
    /// Forget the deletions up to and including this revision.
    ForgetDeletions(Revision),
}

impl Effect {
    /// Whether it inserts, replaces or deletes a contact.
    pub(crate) fn is_of_contact(&self) -> bool {
        matches!(self, Self::PutContact(_) | Self::DropContact(_))
    }
}

/// The effects of one command, committed as a whole or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The revision of the book that the change was decided on.
    pub decided_on: Revision,
    /// Number of contacts after the change.
    pub contacts: u64,
    /// The effects, in an order in which they can be applied.
    pub effects: Vec<Effect>,
}

impl Change {
    /// The revision of the book after the change.
    pub fn revision(&self) -> Revision {
        self.decided_on.next()
    }
}

/// How a change alters the membership of a contact in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MembershipChange {
    /// The contact becomes a member.
    Join,
    /// The contact is a member no longer.
    Leave,
}
