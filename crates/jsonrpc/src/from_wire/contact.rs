//! Contacts as clients write them: added, changed, removed.

use ringbook_book::command::{Command, ContactEdit};
use ringbook_book::contact::ContactDraft;
use ringbook_book::id::{ContactId, EmployeeId, GroupId, OrganizationId};

use super::entry::id;
use super::validation::{ParamPath, Severity, Validation};
use crate::method::bounds::{CONTACTS_TO_DELETE, GROUPS_OF_CONTACT};
use crate::method::{EXPECTED, Guarded};
use crate::mnemonic::RpcError;
use crate::reader::Reader;
use ringbook_json::{Json, Kind};

pub const LAST_NAME: ParamPath = ParamPath::of("last_name");
pub const FIRST_NAME: ParamPath = ParamPath::of("first_name");
pub const PATRONYMIC: ParamPath = ParamPath::of("patronymic");
const EMAILS: ParamPath = ParamPath::of("emails");
const PHONE_NUMBERS: ParamPath = ParamPath::of("phone_numbers");
const MANAGER: ParamPath = ParamPath::of("personal_manager_id");
const ORGANIZATION: ParamPath = ParamPath::of("organization_id");
const GROUPS: ParamPath = ParamPath::of("groups");
const IDS: ParamPath = ParamPath::of("ids");

/// `create.contacts`
pub fn add_contact(params: Reader<'_>) -> Result<Command, RpcError> {
    let mut findings = Validation::new(Guarded::CreateContacts.spec()).with_numbers(params.numbers());
    let draft = ContactMembers::of(params.object()).draft(&mut findings);
    Ok(Command::AddContacts(vec![findings.end(draft)?]))
}

/// `update.contacts`
pub fn edit_contact(params: Reader<'_>) -> Result<Command, RpcError> {
    let mut findings = Validation::new(Guarded::UpdateContacts.spec()).with_numbers(params.numbers());
    let id = id(&mut findings, params, ContactId::new);
    let edit = ContactMembers::of(params.object()).edit(&mut findings);
    let expected = params.given(EXPECTED);
    if let Some(value) = expected.filter(|value| value.kind() != Kind::Object) {
        findings
            .error_at(Severity::Type, ParamPath::of(EXPECTED), value, |fault| fault.because("an object is expected"));
    }
    let id = findings.end(id)?;
    let expected = expected.map(|value| expectation(value, params)).transpose();
    let expected = expected.map_err(|fault| fault.inside(EXPECTED))?;
    Ok(Command::EditContact(id, ContactEdit { expected: expected.map(Box::new), ..edit }))
}

/// The values that a contact must have for an edit to be made, spelled as those that it gets.
fn expectation(members: Json<'_>, params: Reader<'_>) -> Result<ContactEdit, RpcError> {
    let mut findings = Validation::new(Guarded::UpdateContacts.spec()).with_numbers(params.numbers());
    if let Some(unknown) = members.members().find(|(name, _)| !editable().any(|known| name.is_text(known))) {
        findings.unknown_member(None, unknown, editable());
    }
    let edit = ContactMembers::of(Some(members)).edit(&mut findings);
    findings.end(Some(edit))
}

/// The members of a contact that an edit can set, and expect.
pub fn editable() -> impl Iterator<Item = &'static str> {
    let names = Guarded::UpdateContacts.spec().parameters.iter().map(|parameter| parameter.name);
    names.filter(|name| *name != "id" && *name != EXPECTED)
}

/// `delete.contacts`
pub fn drop_contacts(params: Reader<'_>) -> Result<Command, RpcError> {
    let mut findings = Validation::new(Guarded::DeleteContacts.spec());
    let (one, several) = (params.given("id"), params.given("ids"));
    let id = id(&mut findings, params, ContactId::new);
    let ids =
        findings.parameter(IDS, several, |to, spot, value| to.ids(spot, value, CONTACTS_TO_DELETE, ContactId::new));
    let ids = ids.value();
    match (one, several) {
        (Some(_), Some(several)) => {
            findings.error_at(Severity::Combination, IDS, several, |fault| fault.because("either id or ids, not both"))
        }
        (None, None) => findings.missed(ParamPath::of("id")),
        (Some(_), None) | (None, Some(_)) => {}
    }
    Ok(Command::DropContacts(findings.end(ids.or_else(|| Some(vec![id?])))?))
}

/// The members of a contact, found in one pass; the last of equal names counts.
#[derive(Debug, Clone, Copy, Default)]
pub struct ContactMembers<'d> {
    last_name: Option<Json<'d>>,
    first_name: Option<Json<'d>>,
    patronymic: Option<Json<'d>>,
    emails: Option<Json<'d>>,
    phone_numbers: Option<Json<'d>>,
    personal_manager_id: Option<Json<'d>>,
    pub organization_id: Option<Json<'d>>,
    groups: Option<Json<'d>>,
    /// Of an upload only, and so is `group_names`.
    pub organization_name: Option<Json<'d>>,
    pub group_names: Option<Json<'d>>,
    /// The first member that no contact has: name and value.
    pub unknown_member: Option<(Json<'d>, Json<'d>)>,
}

impl<'d> ContactMembers<'d> {
    pub fn of(contact: Option<Json<'d>>) -> Self {
        let mut parts = ContactMembers::default();
        for (name, value) in contact.into_iter().flat_map(Json::members) {
            match name.text().as_deref() {
                Some("last_name") => parts.last_name = Some(value),
                Some("first_name") => parts.first_name = Some(value),
                Some("patronymic") => parts.patronymic = Some(value),
                Some("emails") => parts.emails = Some(value),
                Some("phone_numbers") => parts.phone_numbers = Some(value),
                Some("personal_manager_id") => parts.personal_manager_id = Some(value),
                Some("organization_id") => parts.organization_id = Some(value),
                Some("groups") => parts.groups = Some(value),
                Some("organization_name") => parts.organization_name = Some(value),
                Some("group_names") => parts.group_names = Some(value),
                _ => parts.unknown_member = parts.unknown_member.or(Some((name, value))),
            }
        }
        parts
    }

    /// A contact to be added.
    pub fn draft(&self, findings: &mut Validation) -> Option<ContactDraft> {
        let last_name = findings.parameter(LAST_NAME, self.last_name, Validation::name);
        let first_name = findings.parameter(FIRST_NAME, self.first_name, Validation::name);
        let patronymic = findings.parameter(PATRONYMIC, self.patronymic, Validation::name);
        let emails = findings.parameter(EMAILS, self.emails, Validation::emails);
        let phones = findings.parameter(PHONE_NUMBERS, self.phone_numbers, Validation::phones);
        let manager = findings.parameter(MANAGER, self.personal_manager_id, manager);
        let organization = findings.parameter(ORGANIZATION, self.organization_id, organization);
        let groups = findings.parameter(GROUPS, self.groups, groups);
        Some(ContactDraft {
            last_name: last_name.value()?,
            first_name: first_name.value(),
            patronymic: patronymic.value(),
            phones: phones.value()?,
            emails: emails.value().unwrap_or_default(),
            manager: manager.value(),
            organization: organization.value(),
            groups: groups.value().unwrap_or_default(),
        })
    }

    /// What becomes of a contact.
    fn edit(&self, findings: &mut Validation) -> ContactEdit {
        ContactEdit {
            last_name: findings.parameter(LAST_NAME, self.last_name, Validation::name).edit(),
            first_name: findings.parameter(FIRST_NAME, self.first_name, Validation::name).optional_edit(),
            patronymic: findings.parameter(PATRONYMIC, self.patronymic, Validation::name).optional_edit(),
            emails: findings.parameter(EMAILS, self.emails, Validation::emails).list_edit(),
            phones: findings.parameter(PHONE_NUMBERS, self.phone_numbers, Validation::phones).edit(),
            phones_as_written: self.phone_numbers.map(Validation::phones_as_written).unwrap_or_default(),
            manager: findings.parameter(MANAGER, self.personal_manager_id, manager).optional_edit(),
            organization: findings.parameter(ORGANIZATION, self.organization_id, organization).optional_edit(),
            groups: findings.parameter(GROUPS, self.groups, groups).list_edit(),
            expected: None,
        }
    }
}

fn manager(findings: &mut Validation, spot: ParamPath, value: Json<'_>) -> Option<EmployeeId> {
    findings.id(spot, value, EmployeeId::new)
}

fn organization(findings: &mut Validation, spot: ParamPath, value: Json<'_>) -> Option<OrganizationId> {
    findings.id(spot, value, OrganizationId::new)
}

fn groups(findings: &mut Validation, spot: ParamPath, value: Json<'_>) -> Option<Vec<GroupId>> {
    let mut groups = findings.ids(spot, value, GROUPS_OF_CONTACT, GroupId::new)?;
    groups.sort_unstable();
    groups.dedup();
    Some(groups)
}
