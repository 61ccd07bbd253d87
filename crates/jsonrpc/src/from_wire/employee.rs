//! Employees as clients write them.
//!
//! What belongs to other parts of a telephone system is refused here whatever its value, unless it is null: typed
//! clients send every member they know.

use ringbook_book::command::{Command, EmployeeDraft, EmployeeEdit, PhoneDraft};
use ringbook_book::employee::{EMPLOYEE_PHONE_CHARS_MAX, PhoneStatus};
use ringbook_book::id::EmployeeId;
use ringbook_book::text::TextError;

use super::contact::{FIRST_NAME, LAST_NAME, PATRONYMIC};
use super::entry::id;
use super::validation::{ParamPath, Severity, Validation};
use crate::method::bounds::{CHANNELS, DIAL_SECONDS, EMPLOYEE_PHONES, PHONE_STATUS, Range};
use crate::method::{Form, Guarded};
use crate::mnemonic::RpcError;
use crate::reader::Reader;
use ringbook_json::{Json, Kind};

const EMAIL: ParamPath = ParamPath::of("email");
const PHONE_NUMBERS: ParamPath = ParamPath::of("phone_numbers");

const PHONE_MEMBERS: [&str; 4] = ["phone_number", "channels_count", "dial_time", "status"];

/// The part of a telephone system that is not here.
const TELEPHONY: &str = "telephony";

/// `create.employees`
pub fn add_employee(params: Reader<'_>) -> Result<Command, RpcError> {
    let mut findings = Validation::new(Guarded::CreateEmployee.spec());
    refuse_telephony(&mut findings, params);
    let last_name = findings.parameter(LAST_NAME, params.raw("last_name"), Validation::name);
    let first_name = findings.parameter(FIRST_NAME, params.raw("first_name"), Validation::name).value();
    let patronymic = findings.parameter(PATRONYMIC, params.raw("patronymic"), Validation::name).value();
    let email = findings.parameter(EMAIL, params.raw("email"), Validation::email).value();
    let phones = findings.parameter(PHONE_NUMBERS, params.raw("phone_numbers"), phones).value();
    let last_name = findings.end(last_name.value())?;
    let draft = EmployeeDraft { last_name, first_name, patronymic, email, phones: phones.unwrap_or_default() };
    Ok(Command::AddEmployees(vec![draft]))
}

/// `update.employees`
pub fn edit_employee(params: Reader<'_>) -> Result<Command, RpcError> {
    let mut findings = Validation::new(Guarded::UpdateEmployee.spec());
    refuse_telephony(&mut findings, params);
    let id = id(&mut findings, params, EmployeeId::new);
    let edit = EmployeeEdit {
        last_name: findings.parameter(LAST_NAME, params.raw("last_name"), Validation::name).edit(),
        first_name: findings.parameter(FIRST_NAME, params.raw("first_name"), Validation::name).optional_edit(),
        patronymic: findings.parameter(PATRONYMIC, params.raw("patronymic"), Validation::name).optional_edit(),
        email: findings.parameter(EMAIL, params.raw("email"), Validation::email).optional_edit(),
        phones: findings.parameter(PHONE_NUMBERS, params.raw("phone_numbers"), phones).list_edit(),
    };
    Ok(Command::EditEmployee(findings.end(id)?, edit))
}

fn refuse_telephony(findings: &mut Validation, params: Reader<'_>) {
    for parameter in findings.method().parameters.iter().filter(|parameter| parameter.form == Form::Telephony) {
        if let Some(value) = params.given(parameter.name) {
            let spot = ParamPath::of(parameter.name);
            findings.error_at(Severity::Disabled, spot, value, |fault| fault.with("components", TELEPHONY));
        }
    }
}

fn phones(findings: &mut Validation, spot: ParamPath, value: Json<'_>) -> Option<Vec<PhoneDraft>> {
    let mut numbers: Vec<Box<str>> = Vec::new();
    findings.each(spot, value, EMPLOYEE_PHONES, |findings, spot, value| {
        let (phone, sent) = phone(findings, spot, value)?;
        if numbers.contains(&phone.number) {
            findings.twice(spot.member("phone_number"), sent);
        } else if numbers.len() < EMPLOYEE_PHONES.max {
            numbers.push(phone.number.clone());
        }
        Some(phone)
    })
}

/// The members of a phone, found in one pass; the last of equal names counts.
#[derive(Debug, Clone, Copy, Default)]
struct PhoneMembers<'d> {
    phone_number: Option<Json<'d>>,
    channels_count: Option<Json<'d>>,
    dial_time: Option<Json<'d>>,
    status: Option<Json<'d>>,
    /// The first member that no phone has: name and value.
    unknown_member: Option<(Json<'d>, Json<'d>)>,
}

impl<'d> PhoneMembers<'d> {
    fn of(phone: Json<'d>) -> Self {
        let mut parts = PhoneMembers::default();
        for (name, value) in phone.members() {
            match name.text().as_deref() {
                Some("phone_number") => parts.phone_number = Some(value),
                Some("channels_count") => parts.channels_count = Some(value),
                Some("dial_time") => parts.dial_time = Some(value),
                Some("status") => parts.status = Some(value),
                _ => parts.unknown_member = parts.unknown_member.or(Some((name, value))),
            }
        }
        parts
    }
}

/// A phone, and its number as it was sent.
fn phone<'d>(findings: &mut Validation, spot: ParamPath, value: Json<'d>) -> Option<(PhoneDraft, Json<'d>)> {
    if value.kind() != Kind::Object {
        findings.error_at(Severity::Type, spot, value, |fault| fault.because("an object is expected"));
        return None;
    }
    let parts = PhoneMembers::of(value);
    if let Some(unknown_member) = parts.unknown_member {
        findings.unknown_member(Some(spot), unknown_member, PHONE_MEMBERS);
    }
    let small = |range: Range| {
        move |findings: &mut Validation, spot: ParamPath, value: Json<'_>| findings.small(spot, value, range)
    };
    let number = findings.required(spot.member("phone_number"), parts.phone_number, number);
    let channels = findings.optional(spot.member("channels_count"), parts.channels_count, small(CHANNELS));
    let dial_seconds = findings.optional(spot.member("dial_time"), parts.dial_time, small(DIAL_SECONDS));
    let status = findings.optional(spot.member("status"), parts.status, status);
    let phone = PhoneDraft {
        number: number?,
        channels: channels.unwrap_or(CHANNELS.default as u8),
        dial_seconds: dial_seconds.unwrap_or(DIAL_SECONDS.default as u8),
        status: status.unwrap_or(PhoneStatus::Active),
    };
    Some((phone, parts.phone_number?))
}

/// The number of a phone, which may carry an extension and is kept as it was written.
fn number(findings: &mut Validation, spot: ParamPath, value: Json<'_>) -> Option<Box<str>> {
    let text = findings.text(spot, value)?;
    let trimmed = text.trim();
    let judged = if text.chars().any(char::is_control) {
        Err(TextError::Control)
    } else if trimmed.is_empty() {
        Err(TextError::Empty)
    } else if trimmed.chars().count() > EMPLOYEE_PHONE_CHARS_MAX {
        Err(TextError::TooLong(EMPLOYEE_PHONE_CHARS_MAX))
    } else {
        Ok(trimmed.into())
    };
    findings.judged(spot, value, judged, "characters")
}

fn status(findings: &mut Validation, spot: ParamPath, value: Json<'_>) -> Option<PhoneStatus> {
    match &*findings.text(spot, value)? {
        "active" => Some(PhoneStatus::Active),
        "inactive" => Some(PhoneStatus::Inactive),
        _ => {
            findings.impossible(spot, value, &PHONE_STATUS.reason());
            None
        }
    }
}
