//! `/client/account`: users, keys, addresses, time zone and country of the own account, for users with the right `account:manage`.
//!
//! A request is `{"operation":"add_key","user":3,"name":"CRM","confirm":"the own password"}`; the answer is
//! `{"result":{…}}` or a refusal. These operations are for people: they take the session of a browser and never a key.
//! What gives somebody a way in (a user, a password, rights, a key) needs the own password once more.

use std::sync::Arc;

use ringbook_app::access::administration::{AccountChange, AdministrationError, Made, UserDraft};
use ringbook_app::access::{
    AccessError, BrowserSessionError, PasswordError, Requirement, Right, Rights, Scope, Secret,
};
use ringbook_app::admitted::Admitted;
use ringbook_app::application::{Application, Frontend as Door};
use ringbook_app::audit::Sent;
use ringbook_app::call::{Call, Ending};
use ringbook_app::renumbering::{EFFECTS_PER_REQUEST, NamedContact, NumbersPreview};
use ringbook_http::{Frontend, Request, Response, StatusCode, TransportError};
use ringbook_store::Dialing;
use serde_json::{Value, json};

use super::cookies;
use super::forgery::{Content, Guard};
use super::params::{Params, WrongParam};
use super::refusals::{json_response, refused, respond_access_error, respond_app_error, respond_session_error};

/// Fewest characters of a password.
const PASSWORD_CHARS_MIN: usize = 8;
/// The code of a refusal in the request report, as of other parameters that are refused.
const REFUSED: i32 = -32602;

pub(crate) struct AccountFrontend {
    app: Arc<Application>,
    guard: Arc<Guard>,
}

/// An operation: its name on the wire, its name in the request report, and whether it needs the own password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    View,
    AddUser,
    SetUser,
    RemoveUser,
    AddKey,
    BlockKey,
    RemoveKey,
    AddBlock,
    RemoveBlock,
    SetTimezone,
    PreviewCountry,
    SetCountry,
}

impl Operation {
    const ALL: [Self; 12] = [
        Self::View,
        Self::AddUser,
        Self::SetUser,
        Self::RemoveUser,
        Self::AddKey,
        Self::BlockKey,
        Self::RemoveKey,
        Self::AddBlock,
        Self::RemoveBlock,
        Self::SetTimezone,
        Self::PreviewCountry,
        Self::SetCountry,
    ];

    /// Its name in the request report: the part behind the point is the name on the wire.
    const fn name(self) -> &'static str {
        match self {
            Self::View => "account.view",
            Self::AddUser => "account.add_user",
            Self::SetUser => "account.set_user",
            Self::RemoveUser => "account.remove_user",
            Self::AddKey => "account.add_key",
            Self::BlockKey => "account.block_key",
            Self::RemoveKey => "account.remove_key",
            Self::AddBlock => "account.add_block",
            Self::RemoveBlock => "account.remove_block",
            Self::SetTimezone => "account.set_timezone",
            Self::PreviewCountry => "account.preview_country",
            Self::SetCountry => "account.set_country",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operation| operation.name().strip_prefix("account.") == Some(name))
    }

    fn needs_password(self, params: &Params<'_>) -> bool {
        match self {
            Self::AddUser | Self::AddKey => true,
            Self::SetUser => params.has("password") || params.has("rights"),
            Self::View
            | Self::RemoveUser
            | Self::BlockKey
            | Self::RemoveKey
            | Self::AddBlock
            | Self::RemoveBlock
            | Self::SetTimezone
            | Self::PreviewCountry
            | Self::SetCountry => false,
        }
    }
}

/// Why an operation was not carried out.
enum Refusal {
    Param(WrongParam),
    Access(AccessError),
    Administration(AdministrationError),
    App(ringbook_app::app_error::AppError),
}

impl From<WrongParam> for Refusal {
    fn from(error: WrongParam) -> Self {
        Self::Param(error)
    }
}

impl From<AccessError> for Refusal {
    fn from(error: AccessError) -> Self {
        Self::Access(error)
    }
}

impl From<AdministrationError> for Refusal {
    fn from(error: AdministrationError) -> Self {
        Self::Administration(error)
    }
}

impl From<ringbook_app::app_error::AppError> for Refusal {
    fn from(error: ringbook_app::app_error::AppError) -> Self {
        Self::App(error)
    }
}

impl AccountFrontend {
    pub(crate) fn new(app: Arc<Application>, guard: Arc<Guard>) -> Self {
        Self { app, guard }
    }

    async fn answer(&self, request: &Request) -> Response {
        let mut call = self.app.begin(Door::ClientArea, request.peer, request.traceparent);
        let Some(token) = cookies::token(request) else {
            return respond_session_error(&BrowserSessionError::Over, request.peer);
        };
        if let Err(error) = call.authenticate_browser(token.expose()).await {
            return respond_session_error(&error, request.peer);
        }
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let operation = body.get("operation").and_then(Value::as_str).and_then(Operation::named);
        let (Some(operation), Some(members)) = (operation, body.as_object()) else {
            return refused(StatusCode::BAD_REQUEST, "invalid_request", &[]);
        };
        call.name(operation.name());
        let params = Params::new(members);
        let outcome = carry_out(&mut call, operation, &params).await;
        let response = match outcome {
            Ok(result) => json_response(StatusCode::OK, &json!({"result": result})),
            Err(refusal) => respond_refusal(&call, &refusal),
        };
        if operation != Operation::View {
            let ending = match response.status.is_success() {
                true => Ending::Success,
                false => Ending::Failure { code: REFUSED, mnemonic: "account_refused" },
            };
            call.audit(ending, "null", Sent::Whole(&params.without_secrets()));
        }
        response
    }
}

impl Frontend for AccountFrontend {
    async fn handle(&self, request: Request) -> Response {
        if !self.guard.admits(&request, Content::Json) {
            return refused(StatusCode::FORBIDDEN, "cross_site", &[]);
        }
        self.answer(&request).await
    }

    fn refuse(&self, error: &TransportError) -> Response {
        refused(error.status(), "transport", &[])
    }
}

async fn carry_out(call: &mut Call<'_>, operation: Operation, params: &Params<'_>) -> Result<Value, Refusal> {
    let user_id = params.number("user_id")?;
    if operation.needs_password(params) {
        // The right goes first: who lacks it learns nothing of passwords.
        drop(call.admit(NEEDS, user_id)?);
        call.confirm_password(Secret::new(params.required_text("confirm")?.to_owned())).await?;
    }
    let mut admitted = call.admit(NEEDS, user_id)?;
    let result = run(&mut admitted, operation, params).await?;
    admitted.succeed();
    Ok(result)
}

/// What every operation asks of its caller.
const NEEDS: Requirement = Requirement { scope: Scope::CustomerMethod, right: Some(Right::AccountManage) };

async fn run(admitted: &mut Admitted<'_, '_>, operation: Operation, params: &Params<'_>) -> Result<Value, Refusal> {
    let change = match operation {
        Operation::View => {
            params.only(&[])?;
            return Ok(view(admitted));
        }
        Operation::AddUser => AccountChange::AddUser(draft(admitted, params, &[]).await?),
        Operation::SetUser => {
            let user = params.required_number("user")?;
            AccountChange::SetUser { user, draft: draft(admitted, params, &["user"]).await? }
        }
        Operation::RemoveUser => AccountChange::RemoveUser { user: params.only(&["user"])?.required_number("user")? },
        Operation::AddKey => {
            params.only(&["user", "name", "expires_at"])?;
            AccountChange::AddKey {
                user: params.required_number("user")?,
                name: params.required_text("name")?.to_owned(),
                expires_at: params.moment("expires_at")?,
            }
        }
        Operation::BlockKey => {
            params.only(&["key", "blocked"])?;
            AccountChange::BlockKey {
                key: params.required_number("key")?,
                is_blocked: params.required_truth("blocked")?,
            }
        }
        Operation::RemoveKey => AccountChange::RemoveKey { key: params.only(&["key"])?.required_number("key")? },
        Operation::AddBlock => AccountChange::AddBlock(params.only(&["block"])?.required_text("block")?.to_owned()),
        Operation::RemoveBlock => {
            AccountChange::RemoveBlock(params.only(&["block"])?.required_text("block")?.to_owned())
        }
        Operation::SetTimezone => {
            AccountChange::SetTimezone(params.only(&["timezone"])?.required_text("timezone")?.to_owned())
        }
        Operation::PreviewCountry => {
            let preview = admitted.preview_numbers(&dialing(params)?).await?;
            return Ok(numbers_preview(&preview));
        }
        Operation::SetCountry => {
            let has_more = admitted.set_dialing(dialing(params)?).await?;
            return Ok(json!({"has_more": has_more, "at_once": EFFECTS_PER_REQUEST}));
        }
    };
    let Made { id, token } = admitted.change_account(change).await?;
    Ok(json!({"id": id, "token": token.as_ref().map(Secret::expose)}))
}

/// A user as the parameters have it, with the password hashed.
async fn draft(admitted: &Admitted<'_, '_>, params: &Params<'_>, more: &[&str]) -> Result<UserDraft, Refusal> {
    params.only(&[more, &["login", "name", "description", "rights", "password"]].concat())?;
    let rights = params.texts("rights")?.map(|names| Rights::parse(&names.join(",")));
    let rights = rights.transpose().map_err(|_| WrongParam { field: "rights", reason: "unknown" })?;
    let password_hash = match params.text("password")? {
        None => None,
        Some(password) if password.chars().count() < PASSWORD_CHARS_MIN => {
            return Err(WrongParam { field: "password", reason: "too_short" }.into());
        }
        Some(password) => {
            let hash = admitted.hash_password(Secret::new(password.to_owned())).await?;
            Some(hash.map_err(|error| match error {
                PasswordError::Empty => WrongParam { field: "password", reason: "too_short" },
                PasswordError::TooLong | PasswordError::RngUnavailable => {
                    WrongParam { field: "password", reason: "too_long" }
                }
            })?)
        }
    };
    let text = |name| params.text(name).map(|text| text.map(str::to_owned));
    Ok(UserDraft {
        login: text("login")?,
        name: text("name")?,
        description: text("description")?,
        rights,
        password_hash,
    })
}

/// The country, area code and prefix of the parameters; what is missing is none.
fn dialing(params: &Params<'_>) -> Result<Dialing, WrongParam> {
    params.only(&["country", "area_code", "outside_prefix"])?;
    let text = |name| params.text(name).map(|text| text.map(str::to_owned));
    Ok(Dialing { country: text("country")?, area_code: text("area_code")?, outside_prefix: text("outside_prefix")? })
}

fn numbers_preview(preview: &NumbersPreview) -> Value {
    let named = |contact: &NamedContact| json!({"id": contact.id, "name": contact.name});
    let changes = preview.changes.iter().map(|change| {
        json!({"contact": change.contact.as_ref().map(named), "before": change.before, "after": change.after,
            "is_dropped": change.is_dropped})
    });
    let shared = preview.shared.iter().map(
        |(number, contacts)| json!({"number": number, "contacts": contacts.iter().map(named).collect::<Vec<_>>()}),
    );
    json!({
        "contacts": preview.contacts,
        "numbers": preview.numbers,
        "changed_contacts": preview.changed_contacts,
        "changed_numbers": preview.changed_numbers,
        "changed_on_blacklist": preview.changed_on_blacklist,
        "changes": changes.collect::<Vec<_>>(),
        "shared_count": preview.shared_count,
        "shared": shared.collect::<Vec<_>>(),
    })
}

fn view(admitted: &Admitted<'_, '_>) -> Value {
    let view = admitted.account_view();
    let users = view.users.iter().map(|user| {
        let held = user.rights.map(|rights| {
            Right::ALL.into_iter().filter(|right| rights.holds(*right)).map(Right::name).collect::<Vec<_>>()
        });
        json!({"id": user.id, "login": user.login, "name": user.name, "description": user.description, "rights": held})
    });
    let keys = view.keys.iter().map(|key| {
        json!({"id": key.id, "user": key.user, "name": key.name, "expires_at": key.expires_at.map(|at| at.to_string()),
            "blocked": key.is_blocked})
    });
    json!({
        "users": users.collect::<Vec<_>>(),
        "keys": keys.collect::<Vec<_>>(),
        "blocks": view.blocks.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "timezone": view.timezone,
        "country": view.dialing.country,
        "area_code": view.dialing.area_code,
        "outside_prefix": view.dialing.outside_prefix,
        "countries": view.countries,
        "rights": Right::ALL.map(Right::name),
    })
}

fn respond_refusal(call: &Call<'_>, refusal: &Refusal) -> Response {
    let wrong = |field: &str, reason: &str| {
        let params = [("field", json!(field)), ("reason", json!(reason))];
        refused(StatusCode::UNPROCESSABLE_ENTITY, "invalid_parameter_value", &params)
    };
    match refusal {
        Refusal::Param(WrongParam { field, reason }) => wrong(field, reason),
        // A session that is over has the status 401; a wrong password must not look like one.
        Refusal::Access(AccessError::LoginWrong) => refused(StatusCode::FORBIDDEN, "auth_error", &[]),
        Refusal::Access(error) => respond_access_error(call, error, None),
        Refusal::App(error) => respond_app_error(call, error),
        Refusal::Administration(error) => match error {
            AdministrationError::Value { field, reason } => wrong(field, reason),
            AdministrationError::NotFound { .. } => refused(StatusCode::NOT_FOUND, "entity_not_found", &[]),
            AdministrationError::LoginTaken => refused(StatusCode::CONFLICT, "login_taken", &[]),
            AdministrationError::TooMany { max } => refused(StatusCode::CONFLICT, "too_many", &[("max", json!(max))]),
            AdministrationError::OwnAccess => refused(StatusCode::CONFLICT, "own_access", &[]),
            AdministrationError::Overtaken => refused(StatusCode::CONFLICT, "overtaken", &[]),
            AdministrationError::Book(error) => respond_app_error(call, error),
            AdministrationError::Unavailable(cause) => {
                call.log_internal_error(&cause.to_string());
                refused(StatusCode::SERVICE_UNAVAILABLE, "internal_error", &[])
            }
        },
    }
}
