//! Decides uploads: many contacts in one command, which creates the organizations and groups that do not exist.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::decision::{CONTACTS_MAX, Decided, ID_PROOF, IdKind, IdSource, TABLE_ROWS_MAX, reject};
use super::writer::BookWriter;
use crate::change::Effect;
use crate::command::{CommandError, CommandErrorKind, CommandSubject, OnError, Outcome, Upload};
use crate::contact::{Contact, ContactDraft};
use crate::group::{Group, GroupOwner};
use crate::id::{ContactId, GroupId, OrganizationId};
use crate::organization::Organization;
use crate::text::Name;

/// Maximum number of ids of each kind that these uploads allocate.
pub(super) fn ids_needed(uploads: &[Upload]) -> Vec<(IdKind, u64)> {
    let organizations: HashSet<&Name> = uploads.iter().filter_map(|upload| upload.organization_name.as_ref()).collect();
    let groups: HashSet<&Name> = uploads.iter().flat_map(|upload| &upload.group_names).collect();
    vec![
        (IdKind::Contact, uploads.len() as u64),
        (IdKind::Organization, organizations.len() as u64),
        (IdKind::Group, groups.len() as u64),
    ]
}

/// Organizations and groups created by an upload.
#[derive(Default)]
struct NewRecords {
    organizations: HashMap<Name, OrganizationId>,
    groups: HashMap<Name, GroupId>,
    effects: Vec<Effect>,
}

impl BookWriter {
    /// Decides an upload; with [`OnError::Skip`] invalid contacts are skipped.
    pub(super) fn upload(&self, uploads: Vec<Upload>, on_error: OnError, ids: &mut impl IdSource) -> Decided {
        self.check_capacity(self.book().contacts_len(), uploads.len(), CONTACTS_MAX)?;
        let mut new = NewRecords::default();
        let mut contacts = Vec::with_capacity(uploads.len());
        let mut outcome = Outcome { created: Vec::with_capacity(uploads.len()), skipped: Vec::new() };
        for (index, upload) in uploads.into_iter().enumerate() {
            match self.complete(upload, &mut new, ids).map_err(|error| CommandError { index, ..error }) {
                Ok(draft) => {
                    let number = ids.next(IdKind::Contact);
                    let id = ContactId::new(number).expect(ID_PROOF);
                    contacts.push(Effect::PutContact(Contact { id, draft }));
                    outcome.created.push(Some(number));
                }
                Err(error) if on_error == OnError::Reject => return Err(error),
                Err(error) => {
                    outcome.skipped.push(error);
                    outcome.created.push(None);
                }
            }
        }
        new.effects.append(&mut contacts);
        Ok((new.effects, outcome))
    }

    /// Replaces names by ids. Missing organizations and groups are created after all checks have passed.
    fn complete(
        &self,
        upload: Upload,
        new: &mut NewRecords,
        ids: &mut impl IdSource,
    ) -> Result<ContactDraft, CommandError> {
        let Upload { mut draft, organization_name, group_names } = upload;
        self.check_references(&draft)?;
        self.check_new_records(new, &organization_name, &group_names)?;
        if let Some(name) = organization_name {
            draft.organization = Some(self.organization_for(name, new, ids));
        }
        if !group_names.is_empty() {
            let mut groups: BTreeSet<GroupId> = draft.groups.into_iter().collect();
            groups.extend(group_names.into_iter().map(|name| self.group_for(name, new, ids)));
            draft.groups = groups.into_iter().collect();
        }
        Ok(draft)
    }

    /// Checks the size limits for organizations and groups that may have to be created.
    fn check_new_records(
        &self,
        new: &NewRecords,
        organization: &Option<Name>,
        groups: &[Name],
    ) -> Result<(), CommandError> {
        let is_full = |present: usize, added: usize| (present + added) as u64 > TABLE_ROWS_MAX;
        let added = usize::from(organization.is_some());
        if is_full(self.organizations.len() + new.organizations.len(), added)
            || is_full(self.groups.len() + new.groups.len(), groups.len())
        {
            return reject(CommandSubject::Count, CommandErrorKind::LimitReached(TABLE_ROWS_MAX));
        }
        Ok(())
    }

    fn organization_for(&self, name: Name, new: &mut NewRecords, ids: &mut impl IdSource) -> OrganizationId {
        if let Some(id) = self.organization_named(&name).or_else(|| new.organizations.get(&name).copied()) {
            return id;
        }
        let id = OrganizationId::new(ids.next(IdKind::Organization)).expect(ID_PROOF);
        new.effects.push(Effect::PutOrganization(Organization { id, name: name.clone() }));
        new.organizations.insert(name, id);
        id
    }

    fn group_for(&self, name: Name, new: &mut NewRecords, ids: &mut impl IdSource) -> GroupId {
        if let Some(id) = self.group_named(&name).or_else(|| new.groups.get(&name).copied()) {
            return id;
        }
        let id = GroupId::new(ids.next(IdKind::Group)).expect(ID_PROOF);
        new.effects.push(Effect::PutGroup(Group { id, name: name.clone(), owner: GroupOwner::User }));
        new.groups.insert(name, id);
        id
    }
}
