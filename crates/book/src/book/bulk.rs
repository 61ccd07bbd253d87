//! Decides uploads: many contacts at once, with organizations and groups that are made where they are missing.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::decide::{CONTACTS_MAX, Decided, FRESH, IdKind, IdSource, THINGS_MAX, refuse};
use super::writer::BookWriter;
use crate::change::Effect;
use crate::command::{Blame, OnError, Outcome, Refusal, Upload, Why};
use crate::contact::{Contact, ContactDraft};
use crate::group::{Group, Origin};
use crate::id::{ContactId, GroupId, OrganizationId};
use crate::organization::Organization;
use crate::text::Name;

/// How many ids of which kind these uploads use up at most.
pub(super) fn ids_needed(uploads: &[Upload]) -> Vec<(IdKind, u64)> {
    let organizations: HashSet<&Name> = uploads.iter().filter_map(|upload| upload.organization_name.as_ref()).collect();
    let groups: HashSet<&Name> = uploads.iter().flat_map(|upload| &upload.group_names).collect();
    vec![
        (IdKind::Contact, uploads.len() as u64),
        (IdKind::Organization, organizations.len() as u64),
        (IdKind::Group, groups.len() as u64),
    ]
}

/// What one upload makes besides its contacts.
#[derive(Default)]
struct Fresh {
    organizations: HashMap<Name, OrganizationId>,
    groups: HashMap<Name, GroupId>,
    effects: Vec<Effect>,
}

impl BookWriter {
    /// Adds the contacts, or all but those that are wrong.
    pub(super) fn upload(&self, uploads: Vec<Upload>, on_error: OnError, ids: &mut impl IdSource) -> Decided {
        self.judge_room(self.book().contacts_len(), uploads.len(), CONTACTS_MAX)?;
        let mut fresh = Fresh::default();
        let mut contacts = Vec::with_capacity(uploads.len());
        let mut outcome = Outcome { made: Vec::with_capacity(uploads.len()), left_out: Vec::new() };
        for (at, upload) in uploads.into_iter().enumerate() {
            match self.complete(upload, &mut fresh, ids).map_err(|refusal| Refusal { at, ..refusal }) {
                Ok(draft) => {
                    let number = ids.next(IdKind::Contact);
                    let id = ContactId::new(number).expect(FRESH);
                    contacts.push(Effect::PutContact(Contact { id, draft }));
                    outcome.made.push(Some(number));
                }
                Err(refusal) if on_error == OnError::Reject => return Err(refusal),
                Err(refusal) => {
                    outcome.left_out.push(refusal);
                    outcome.made.push(None);
                }
            }
        }
        fresh.effects.append(&mut contacts);
        Ok((fresh.effects, outcome))
    }

    /// The contact with the ids of everything that it names; what is missing is made, once nothing can be wrong.
    fn complete(&self, upload: Upload, fresh: &mut Fresh, ids: &mut impl IdSource) -> Result<ContactDraft, Refusal> {
        let Upload { mut draft, organization_name, group_names } = upload;
        self.judge_links(&draft)?;
        self.judge_rest(fresh, &organization_name, &group_names)?;
        if let Some(name) = organization_name {
            draft.organization = Some(self.organization_for(name, fresh, ids));
        }
        if !group_names.is_empty() {
            let mut groups: BTreeSet<GroupId> = draft.groups.into_iter().collect();
            groups.extend(group_names.into_iter().map(|name| self.group_for(name, fresh, ids)));
            draft.groups = groups.into_iter().collect();
        }
        Ok(draft)
    }

    /// Whether there is room for what may have to be made.
    fn judge_rest(&self, fresh: &Fresh, organization: &Option<Name>, groups: &[Name]) -> Result<(), Refusal> {
        let full = |have: usize, more: usize| (have + more) as u64 > THINGS_MAX;
        let more = usize::from(organization.is_some());
        if full(self.organizations.len() + fresh.organizations.len(), more)
            || full(self.groups.len() + fresh.groups.len(), groups.len())
        {
            return refuse(Blame::Kind, Why::Full(THINGS_MAX));
        }
        Ok(())
    }

    fn organization_for(&self, name: Name, fresh: &mut Fresh, ids: &mut impl IdSource) -> OrganizationId {
        if let Some(id) = self.organization_named(&name).or_else(|| fresh.organizations.get(&name).copied()) {
            return id;
        }
        let id = OrganizationId::new(ids.next(IdKind::Organization)).expect(FRESH);
        fresh.effects.push(Effect::PutOrganization(Organization { id, name: name.clone() }));
        fresh.organizations.insert(name, id);
        id
    }

    fn group_for(&self, name: Name, fresh: &mut Fresh, ids: &mut impl IdSource) -> GroupId {
        if let Some(id) = self.group_named(&name).or_else(|| fresh.groups.get(&name).copied()) {
            return id;
        }
        let id = GroupId::new(ids.next(IdKind::Group)).expect(FRESH);
        fresh.effects.push(Effect::PutGroup(Group { id, name: name.clone(), origin: Origin::User }));
        fresh.groups.insert(name, id);
        id
    }
}
