//! Groups, organizations and numbers on the blacklist as clients write them: little more than a name.

use ringbook_book::blacklist::{BlacklistEntry, COMMENT_CHARS_MAX};
use ringbook_book::command::Command;
use ringbook_book::id::{ContactId, GroupId, IdError, OrganizationId};
use ringbook_book::text::TextError;

use super::validation::{ParamPath, Validation};
use crate::method::Guarded;
use crate::method::bounds::MEMBERS_OF_GROUP;
use crate::mnemonic::RpcError;
use crate::reader::Reader;
use ringbook_json::Json;

const ID: ParamPath = ParamPath::of("id");
const NAME: ParamPath = ParamPath::of("name");
const MEMBERS: ParamPath = ParamPath::of("members");
const PHONE_NUMBER: ParamPath = ParamPath::of("phone_number");
const COMMENT: ParamPath = ParamPath::of("add_comment");

/// The `id` of what is to be changed or removed, where nothing else is asked for.
pub fn the_id<T>(params: Reader<'_>, method: Guarded, make: fn(u64) -> Result<T, IdError>) -> Result<T, RpcError> {
    let mut findings = Validation::new(method.spec());
    let id = id(&mut findings, params, make);
    findings.end(id)
}

/// `create.group_contacts`
pub fn add_group(params: Reader<'_>) -> Result<Command, RpcError> {
    let mut findings = Validation::new(Guarded::CreateGroup.spec());
    let name = findings.parameter(NAME, params.raw("name"), Validation::name).value();
    let members = findings.parameter(MEMBERS, params.raw("members"), members).value();
    Ok(Command::AddGroup(findings.end(name)?, members.unwrap_or_default()))
}

/// `update.group_contacts`
pub fn edit_group(params: Reader<'_>) -> Result<Command, RpcError> {
    let mut findings = Validation::new(Guarded::UpdateGroup.spec());
    let id = id(&mut findings, params, GroupId::new);
    let name = findings.parameter(NAME, params.raw("name"), Validation::name).edit();
    let members = findings.parameter(MEMBERS, params.raw("members"), members).list_edit();
    Ok(Command::EditGroup(findings.end(id)?, name, members))
}

/// `create.contact_organizations`
pub fn add_organization(params: Reader<'_>) -> Result<Command, RpcError> {
    let mut findings = Validation::new(Guarded::CreateOrganization.spec());
    let name = findings.parameter(NAME, params.raw("name"), Validation::name).value();
    Ok(Command::AddOrganizations(vec![findings.end(name)?]))
}

/// `update.contact_organizations`
pub fn rename_organization(params: Reader<'_>) -> Result<Command, RpcError> {
    let mut findings = Validation::new(Guarded::UpdateOrganization.spec());
    let id = id(&mut findings, params, OrganizationId::new);
    let name = findings.parameter(NAME, params.raw("name"), Validation::name).value();
    let (id, name) = findings.end(id.zip(name))?;
    Ok(Command::RenameOrganization(id, name))
}

/// `create.phone_number_to_blacklist`, by this user at this moment (seconds since 1970).
pub fn blacklist_entry(params: Reader<'_>, added_by: &str, added_at: i64) -> Result<BlacklistEntry, RpcError> {
    let mut findings = Validation::new(Guarded::CreateBlacklistNumber.spec());
    let phone = findings.parameter(PHONE_NUMBER, params.raw("phone_number"), Validation::phone).value();
    let comment = findings.parameter(COMMENT, params.raw("add_comment"), comment).value();
    let phone = findings.end(phone)?;
    Ok(BlacklistEntry { phone, added_by: added_by.into(), comment: comment.filter(|text| !text.is_empty()), added_at })
}

pub fn id<T>(findings: &mut Validation, params: Reader<'_>, make: fn(u64) -> Result<T, IdError>) -> Option<T> {
    findings.parameter(ID, params.raw("id"), |to, spot, value| to.id(spot, value, make)).value()
}

fn members(findings: &mut Validation, spot: ParamPath, value: Json<'_>) -> Option<Vec<ContactId>> {
    findings.ids(spot, value, MEMBERS_OF_GROUP, ContactId::new)
}

/// Text of several lines perhaps.
fn comment(findings: &mut Validation, spot: ParamPath, value: Json<'_>) -> Option<Box<str>> {
    let text = findings.text(spot, value)?;
    let trimmed = text.trim();
    let judged = match trimmed.contains('\0') {
        true => Err(TextError::Control),
        false if trimmed.chars().count() > COMMENT_CHARS_MAX => Err(TextError::TooLong(COMMENT_CHARS_MAX)),
        false => Ok(trimmed.into()),
    };
    findings.judged(spot, value, judged, "characters")
}
