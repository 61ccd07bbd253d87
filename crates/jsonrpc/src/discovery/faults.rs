//! Which method can fail how.
//!
//! A match over all mnemonics, so that a new one has to be given its methods. In a method's list errors stand by code,
//! because there a code may occur only once; the components have each mnemonic on its own.

use serde_json::{Value, json};

use super::object;
use crate::method::{ACCESS_TOKEN, Admission, Form, Guarded, Method, Need, Open, Parameter, ResultKind, Spec};
use crate::mnemonic::Mnemonic;
use ringbook_app::access::Scope;

/// Every mnemonic, with its code and its message.
pub fn components() -> Value {
    let named = |(place, mnemonic): (usize, &Mnemonic)| {
        let before = &Mnemonic::ALL[..place];
        let name = match before.iter().any(|other| other.text() == mnemonic.text()) {
            true => format!("{}{}", mnemonic.text(), mnemonic.code()),
            false => mnemonic.text().to_owned(),
        };
        let error = json!({
            "code": mnemonic.code(),
            "message": mnemonic.message(),
            "data": {"mnemonic": mnemonic.text()},
        });
        (name, error)
    };
    object(Mnemonic::ALL.iter().enumerate().map(named))
}

/// How a method can fail, by code.
pub fn of(method: Method) -> Vec<Value> {
    let mut codes: Vec<(i32, Vec<Mnemonic>)> = Vec::new();
    for mnemonic in Mnemonic::ALL.iter().copied().filter(|mnemonic| can_fail(method, *mnemonic)) {
        match codes.iter_mut().find(|(code, _)| *code == mnemonic.code()) {
            Some((_, mnemonics)) => mnemonics.push(mnemonic),
            None => codes.push((mnemonic.code(), vec![mnemonic])),
        }
    }
    codes.into_iter().map(|(code, mnemonics)| of_code(code, &mnemonics)).collect()
}

fn of_code(code: i32, mnemonics: &[Mnemonic]) -> Value {
    let messages: Vec<&str> = mnemonics.iter().map(|mnemonic| mnemonic.message()).collect();
    let told = |mnemonic: &Mnemonic| json!({"mnemonic": mnemonic.text(), "message": mnemonic.message()});
    let mnemonics: Vec<Value> = mnemonics.iter().map(told).collect();
    json!({"code": code, "message": messages.join(" | "), "data": {"mnemonics": mnemonics}})
}

/// Whether a call of the method, once the method is known, can fail so.
fn can_fail(method: Method, mnemonic: Mnemonic) -> bool {
    let spec = method.spec();
    match mnemonic {
        // Of these no method is known yet, or none can be.
        Mnemonic::ParseError
        | Mnemonic::InvalidRequest
        | Mnemonic::MethodNotFound
        | Mnemonic::BatchOperationsNotSupported
        | Mnemonic::NotificationsNotSupported => false,
        Mnemonic::AccessTokenInvalid | Mnemonic::AccessTokenExpired | Mnemonic::AccessTokenBlocked => is_guarded(spec),
        Mnemonic::AuthError | Mnemonic::Error => method == Method::Open(Open::LoginUser),
        Mnemonic::IpNotWhitelisted | Mnemonic::AccountInactive | Mnemonic::LimitExceeded => {
            method != Method::Open(Open::Discover)
        }
        Mnemonic::Forbidden => can_be_forbidden(spec),
        // No part of the telephone system that has methods here can be switched off.
        Mnemonic::MethodComponentDisabled => false,
        Mnemonic::ParameterComponentDisabled => has_form(spec, |form| form == Form::Telephony),
        Mnemonic::InternalError | Mnemonic::DataTypeError | Mnemonic::UnexpectedParameters => true,
        Mnemonic::RequiredParameterMissed => spec.all_parameters().any(|parameter| parameter.need != Need::Optional),
        Mnemonic::InvalidParameterValue => own(spec).any(|parameter| is_judged(parameter.form)),
        Mnemonic::InvalidParametersCombination => {
            spec.takes("id") && spec.takes("ids") || matches!(spec.answer, ResultKind::Uploaded)
        }
        Mnemonic::SortProhibited => has_form(spec, |form| form == Form::Sort),
        Mnemonic::FilterProhibited => has_form(spec, |form| form == Form::Filter),
        Mnemonic::DateIntervalLimitReached => has_form(spec, |form| matches!(form, Form::IntervalEnd(_))),
        Mnemonic::EntityNotFound => has_form(spec, |form| matches!(form, Form::Id | Form::Ids(_) | Form::Uploads)),
        Mnemonic::DuplicateEntity => spec.takes("name") || matches!(spec.answer, ResultKind::MadeNumber),
        Mnemonic::DataLimitExceeded => {
            matches!(spec.answer, ResultKind::Made | ResultKind::MadeNumber | ResultKind::Uploaded)
                || spec.name.starts_with("update.")
        }
        // Nothing that another one can have is asked for by a value of its own.
        Mnemonic::AlreadyInUse => false,
        Mnemonic::DependencyError => {
            [Guarded::DeleteOrganization, Guarded::DeleteEmployee].map(Method::Guarded).contains(&method)
        }
        Mnemonic::SystemEntity => [Guarded::UpdateGroup, Guarded::DeleteGroup].map(Method::Guarded).contains(&method),
    }
}

fn is_guarded(spec: &Spec) -> bool {
    matches!(spec.admission, Admission::Callers { .. })
}

fn can_be_forbidden(spec: &Spec) -> bool {
    match spec.admission {
        Admission::Strangers => false,
        Admission::Callers { scope, right, .. } => right.is_some() || scope != Scope::AnySide,
    }
}

/// The parameters that are about the question or the change itself; the others are common ones, or passed over.
fn own(spec: &Spec) -> impl Iterator<Item = &'static Parameter> {
    spec.parameters.iter().filter(|parameter| parameter.name != ACCESS_TOKEN)
}

fn has_form(spec: &Spec, is_it: impl Fn(Form) -> bool) -> bool {
    own(spec).any(|parameter| is_it(parameter.form))
}

/// Whether a value of the right type can be wrong.
fn is_judged(form: Form) -> bool {
    match form {
        Form::Secret
        | Form::Text
        | Form::Comment
        | Form::Name
        | Form::Moment
        | Form::IntervalEnd(_)
        | Form::Whole(_)
        | Form::Ids(_)
        | Form::Phone
        | Form::Phones
        | Form::Email
        | Form::Emails
        | Form::EmployeePhones
        | Form::Uploads
        | Form::Expected
        | Form::OneOf(_)
        | Form::Filter
        | Form::Sort => true,
        Form::Id | Form::Fields | Form::Flag | Form::Telephony => false,
    }
}
