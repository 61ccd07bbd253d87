//! Judges a command against a book and says what it would do. Pure: nothing is changed here.

use super::desk::Desk;
use crate::change::{Change, Effect};
use crate::command::{Command, EmployeeDraft};
use crate::contact::{Contact, ContactDraft};
use crate::employee::Employee;
use crate::group::{Group, Origin};
use crate::id::{ContactId, EmployeeId, GroupId, ID_MAX, OrganizationId};
use crate::organization::Organization;
use crate::text::Name;

/// The kinds of ids that a command can use up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IdKind {
    /// Of contacts.
    Contact,
    /// Of organizations.
    Organization,
    /// Of groups.
    Group,
    /// Of employees.
    Employee,
}

/// Gives out ids that were never given out before on this server.
pub trait IdSource {
    /// A fresh number.
    fn next(&mut self, kind: IdKind) -> u64;
}

/// Why a command is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Element `at` names an organization that is not in this book.
    NoSuchOrganization {
        /// Position in the command.
        at: usize,
        /// What it names.
        id: OrganizationId,
    },
    /// Element `at` names an employee who is not in this book.
    NoSuchEmployee {
        /// Position in the command.
        at: usize,
        /// Whom it names.
        id: EmployeeId,
    },
    /// Element `at` names a group that is not in this book.
    NoSuchGroup {
        /// Position in the command.
        at: usize,
        /// What it names.
        id: GroupId,
    },
    /// Element `at` has a name that another one has.
    NameTaken {
        /// Position in the command.
        at: usize,
    },
}

impl Command {
    /// How many ids of which kind the command uses up if it is accepted.
    pub fn ids_needed(&self) -> (IdKind, u64) {
        match self {
            Self::AddContacts(drafts) => (IdKind::Contact, drafts.len() as u64),
            Self::AddOrganizations(names) => (IdKind::Organization, names.len() as u64),
            Self::AddGroups(names) => (IdKind::Group, names.len() as u64),
            Self::AddEmployees(drafts) => (IdKind::Employee, drafts.len() as u64),
        }
    }
}

impl Desk {
    /// What the command would do to the book, or why it must not.
    pub fn decide(&self, command: Command, ids: &mut impl IdSource) -> Result<Change, Refusal> {
        let effects = match command {
            Command::AddContacts(drafts) => self.add_contacts(drafts, ids)?,
            Command::AddOrganizations(names) => self.add_organizations(names, ids)?,
            Command::AddGroups(names) => self.add_groups(names, ids)?,
            Command::AddEmployees(drafts) => add_employees(drafts, ids),
        };
        Ok(Change { decided_on: self.book().revision(), effects })
    }

    fn add_contacts(&self, drafts: Vec<ContactDraft>, ids: &mut impl IdSource) -> Result<Vec<Effect>, Refusal> {
        for (at, draft) in drafts.iter().enumerate() {
            self.judge_links(at, draft)?;
        }
        let mut put = |draft| {
            let id = ContactId::new(ids.next(IdKind::Contact)).expect(FRESH);
            Effect::PutContact(Contact { id, draft })
        };
        Ok(drafts.into_iter().map(&mut put).collect())
    }

    fn judge_links(&self, at: usize, draft: &ContactDraft) -> Result<(), Refusal> {
        if let Some(id) = draft.organization.filter(|id| !self.has_organization(*id)) {
            return Err(Refusal::NoSuchOrganization { at, id });
        }
        if let Some(id) = draft.manager.filter(|id| !self.has_employee(*id)) {
            return Err(Refusal::NoSuchEmployee { at, id });
        }
        match draft.groups.iter().find(|id| !self.has_group(**id)) {
            Some(id) => Err(Refusal::NoSuchGroup { at, id: *id }),
            None => Ok(()),
        }
    }

    fn add_organizations(&self, names: Vec<Name>, ids: &mut impl IdSource) -> Result<Vec<Effect>, Refusal> {
        judge_names(&names, |name| self.organization_named(name).is_some())?;
        let mut put = |name| {
            let id = OrganizationId::new(ids.next(IdKind::Organization)).expect(FRESH);
            Effect::PutOrganization(Organization { id, name })
        };
        Ok(names.into_iter().map(&mut put).collect())
    }

    fn add_groups(&self, names: Vec<Name>, ids: &mut impl IdSource) -> Result<Vec<Effect>, Refusal> {
        judge_names(&names, |name| self.group_named(name).is_some())?;
        let mut put = |name| {
            let id = GroupId::new(ids.next(IdKind::Group)).expect(FRESH);
            Effect::PutGroup(Group { id, name, origin: Origin::User })
        };
        Ok(names.into_iter().map(&mut put).collect())
    }
}

const FRESH: &str = "an id source counts up from one and would need centuries to pass the largest id";
const _: () = assert!(ID_MAX > 1 << 62);

fn add_employees(drafts: Vec<EmployeeDraft>, ids: &mut impl IdSource) -> Vec<Effect> {
    let mut put = |draft: EmployeeDraft| {
        let id = EmployeeId::new(ids.next(IdKind::Employee)).expect(FRESH);
        let EmployeeDraft { last_name, first_name, patronymic, email, phones } = draft;
        Effect::PutEmployee(Employee { id, last_name, first_name, patronymic, email, phones })
    };
    drafts.into_iter().map(&mut put).collect()
}

/// Refuses a name that is taken already, in the book or earlier in the list.
fn judge_names(names: &[Name], taken: impl Fn(&Name) -> bool) -> Result<(), Refusal> {
    let mut seen = std::collections::HashSet::new();
    match names.iter().position(|name| !seen.insert(name) || taken(name)) {
        Some(at) => Err(Refusal::NameTaken { at }),
        None => Ok(()),
    }
}
