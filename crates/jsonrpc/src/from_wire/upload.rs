//! Contacts by the thousand.
//!
//! Each record is judged by itself: what is wrong with one is reported on its own, with the path inside the record. In
//! an upload that takes all or none the first wrong record is the whole call's fault.

use ringbook_book::command::{Command, OnError, Upload};
use ringbook_book::text::{Name, NumberRule};

use super::contact::ContactMembers;
use super::validation::{ParamPath, Severity, Validation};
use crate::method::Guarded;
use crate::method::bounds::{CONTACTS_TO_UPLOAD, GROUPS_OF_CONTACT, ON_ERROR as CHOICE};
use crate::mnemonic::{Mnemonic, RpcError};
use crate::reader::Reader;
use ringbook_json::{Json, Kind};

const CONTACTS: ParamPath = ParamPath::of("contacts");
const ON_ERROR: ParamPath = ParamPath::of("on_error");
const ORGANIZATION_NAME: ParamPath = ParamPath::of("organization_name");
const GROUP_NAMES: ParamPath = ParamPath::of("group_names");

/// An upload that was read.
#[derive(Debug)]
pub struct Batch<'d> {
    /// The records, as they were sent.
    pub sent: Vec<Json<'d>>,
    /// Positions of the good ones, ascending.
    pub good: Vec<usize>,
    /// The good ones.
    pub uploads: Vec<Upload>,
    /// Position and fault of the others, ascending.
    pub wrong: Vec<(usize, RpcError)>,
    /// What is to become of the wrong ones.
    pub on_error: OnError,
}

/// `upload.contacts`
pub fn upload(params: Reader<'_>) -> Result<Batch<'_>, RpcError> {
    let mut findings = Validation::new(Guarded::UploadContacts.spec());
    let list =
        findings.parameter(CONTACTS, params.raw("contacts"), |to, spot, list| to.list(spot, list, CONTACTS_TO_UPLOAD));
    let list = list.value();
    let on_error = findings.parameter(ON_ERROR, params.raw("on_error"), on_error).value();
    let sent: Vec<_> = findings.end(list)?.collect();
    let on_error = on_error.unwrap_or_default();
    let mut batch = Batch { good: Vec::new(), uploads: Vec::new(), wrong: Vec::new(), sent, on_error };
    for (place, record) in batch.sent.iter().enumerate() {
        match (read(*record, params.numbers()), on_error) {
            (Ok(upload), _) => {
                batch.good.push(place);
                batch.uploads.push(upload);
            }
            (Err(fault), OnError::Reject) => return Err(fault.inside(&path(place))),
            (Err(fault), OnError::Skip) => batch.wrong.push((place, fault)),
        }
    }
    Ok(batch)
}

impl Batch<'_> {
    /// What is asked of the book, which leaves nothing to be uploaded here.
    pub fn command(&mut self) -> Command {
        Command::Upload(std::mem::take(&mut self.uploads), self.on_error)
    }
}

/// The dotted path of a record.
pub fn path(place: usize) -> String {
    CONTACTS.element(place).to_string()
}

fn on_error(findings: &mut Validation, spot: ParamPath, value: Json<'_>) -> Option<OnError> {
    match &*findings.text(spot, value)? {
        "reject" => Some(OnError::Reject),
        "skip" => Some(OnError::Skip),
        _ => {
            findings.impossible(spot, value, &CHOICE.reason());
            None
        }
    }
}

fn read(record: Json<'_>, numbers: NumberRule) -> Result<Upload, RpcError> {
    if record.kind() != Kind::Object {
        let fault = RpcError::new(Mnemonic::DataTypeError).sent(Some(record));
        return Err(fault.because("an object is expected"));
    }
    let mut findings = Validation::new(Guarded::CreateContacts.spec()).with_numbers(numbers);
    let parts = ContactMembers::of(Some(record));
    if let Some(unknown_member) = parts.unknown_member {
        let allowed = Guarded::CreateContacts.spec().parameters.iter().map(|parameter| parameter.name);
        findings.unknown_member(None, unknown_member, allowed.chain(["organization_name", "group_names"]));
    }
    let draft = parts.draft(&mut findings);
    let organization_name = findings.optional(ORGANIZATION_NAME, parts.organization_name, Validation::name);
    let group_names = findings.optional(GROUP_NAMES, parts.group_names, names);
    let has_id = parts.organization_id.is_some_and(|id| !id.is_null());
    if let Some(name) = parts.organization_name.filter(|name| has_id && !name.is_null()) {
        findings.error_at(Severity::Combination, ORGANIZATION_NAME, name, |fault| {
            fault.because("either organization_id or organization_name, not both")
        });
    }
    let draft = findings.end(draft)?;
    let group_names = group_names.unwrap_or_default();
    if draft.groups.len() + group_names.len() > GROUPS_OF_CONTACT.max {
        let error = RpcError::at(Mnemonic::InvalidParameterValue, "group_names").sent(parts.group_names);
        let reason = format!("at most {} groups, those of the member groups included", GROUPS_OF_CONTACT.max);
        return Err(error.because(reason).with("max", GROUPS_OF_CONTACT.max as u64));
    }
    Ok(Upload { draft, organization_name, group_names })
}

fn names(findings: &mut Validation, spot: ParamPath, value: Json<'_>) -> Option<Vec<Name>> {
    findings.each(spot, value, GROUPS_OF_CONTACT, Validation::name)
}
