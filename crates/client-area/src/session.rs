//! `/client/session`: `POST` signs in, `GET` says who is signed in, `DELETE` signs out; `DELETE /client/sessions` ends all
//! sessions of the user.

use std::sync::Arc;

use bytes::Bytes;
use ringbook_app::access::{
    AccessError, Account, Acting, BROWSER_IDLE_SECONDS, BrowserSessionError, PASSWORD_BYTES_MAX, Right, Secret,
    browser_session_end,
};
use ringbook_app::application::{Application, Frontend as Door};
use ringbook_app::call::Call;
use ringbook_http::header::SET_COOKIE;
use ringbook_http::{Frontend, Method, Request, Response, StatusCode, TransportError};
use ringbook_store::AccountId;
use serde_json::{Value, json};

use super::SESSIONS_PATH;
use super::cookies;
use super::forgery::{Content, Guard};
use super::refusals::{json_response, refused, respond_access_error, respond_session_error};

/// Longest login, in bytes.
const LOGIN_BYTES_MAX: usize = 1024;

pub(crate) struct SessionFrontend {
    app: Arc<Application>,
    guard: Arc<Guard>,
}

impl SessionFrontend {
    pub(crate) fn new(app: Arc<Application>, guard: Arc<Guard>) -> Self {
        Self { app, guard }
    }

    async fn sign_in(&self, request: &Request) -> Response {
        let Some((login, password)) = credentials(&request.body) else {
            return refused(StatusCode::BAD_REQUEST, "invalid_request", &[]);
        };
        let mut call = self.begin(request);
        match call.sign_in(&login, password).await {
            Ok(session) => {
                let mut response = json_response(StatusCode::OK, &json!({}));
                response.headers.insert(SET_COOKIE, cookies::set(request, &session.token));
                response
            }
            Err(error) => {
                let account = call.identity().map(|identity| identity.account().id);
                respond_access_error(&call, &error, account)
            }
        }
    }

    /// The session, or null; a caller without one gets no error.
    async fn show(&self, request: &Request) -> Response {
        let call = match self.authenticated(request).await {
            Ok(call) => call,
            Err(response) if response.status == StatusCode::UNAUTHORIZED => {
                return json_response(StatusCode::OK, &Value::Null);
            }
            Err(response) => return response,
        };
        let user_id = match query_user(request.query().unwrap_or_default()) {
            Ok(user_id) => user_id,
            Err(()) => return refused(StatusCode::BAD_REQUEST, "invalid_parameter_value", &[]),
        };
        match call.acting(user_id) {
            Ok(acting) => json_response(StatusCode::OK, &view(&call, &acting, request)),
            Err(error) => respond_access_error(&call, &error, None),
        }
    }

    async fn sign_out(&self, request: &Request) -> Response {
        let everywhere = request.path() == SESSIONS_PATH;
        let mut response = match self.authenticated(request).await {
            Ok(call) => match call.sign_out(everywhere).await {
                Ok(()) => json_response(StatusCode::OK, &json!({})),
                Err(error) => return respond_access_error(&call, &AccessError::Unavailable(error), None),
            },
            Err(response) => response,
        };
        response.headers.insert(SET_COOKIE, cookies::clear(request));
        response
    }

    fn begin(&self, request: &Request) -> Call<'_> {
        self.app.begin(Door::ClientArea, request.peer, request.traceparent)
    }

    async fn authenticated(&self, request: &Request) -> Result<Call<'_>, Response> {
        let mut call = self.begin(request);
        let token = cookies::token(request);
        let token = token.ok_or_else(|| respond_session_error(&BrowserSessionError::Over, request.peer))?;
        let known = call.authenticate_browser(token.expose()).await.map(drop);
        known.map_err(|error| respond_session_error(&error, request.peer))?;
        Ok(call)
    }
}

impl Frontend for SessionFrontend {
    async fn handle(&self, request: Request) -> Response {
        if !self.guard.admits(&request, Content::Json) {
            return refused(StatusCode::FORBIDDEN, "cross_site", &[]);
        }
        match request.method {
            Method::POST if request.path() != SESSIONS_PATH => self.sign_in(&request).await,
            Method::DELETE => self.sign_out(&request).await,
            _ => self.show(&request).await,
        }
    }

    fn refuse(&self, error: &TransportError) -> Response {
        refused(error.status(), "transport", &[])
    }
}

/// Login and password of a body.
fn credentials(body: &Bytes) -> Option<(String, Secret<String>)> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let (login, password) = (body.get("login")?.as_str()?, body.get("password")?.as_str()?);
    let fits = login.len() <= LOGIN_BYTES_MAX && password.len() <= PASSWORD_BYTES_MAX;
    fits.then(|| (login.to_owned(), Secret::new(password.to_owned())))
}

/// The `user_id` of a query.
fn query_user(query: &str) -> Result<Option<u64>, ()> {
    match query.strip_prefix("user_id=") {
        Some(number) => number.parse().map(Some).map_err(|_| ()),
        None if query.is_empty() => Ok(None),
        None => Err(()),
    }
}

/// What the page needs to know of a session.
fn view(call: &Call<'_>, acting: &Acting, request: &Request) -> Value {
    let rights: Vec<&str> =
        Right::ALL.into_iter().filter(|right| acting.rights.holds(*right)).map(|right| right.name()).collect();
    let ends_at = cookies::token(request).and_then(|token| browser_session_end(&token));
    let user = call.identity().map(|identity| (identity.user(), identity.account()));
    json!({
        "login": user.map(|(user, _)| &user.login),
        "name": user.map(|(user, _)| &user.name),
        "account": user.map(|(_, account)| account_view(account)),
        "acting": {
            "user_id": acting.user.id.number(),
            "login": acting.user.login,
            "name": acting.user.name,
            "rights": rights,
            "account": account_view(&acting.account),
        },
        "all_rights": Right::ALL.map(Right::name),
        "address": request.peer.to_canonical().to_string(),
        "idle_seconds": BROWSER_IDLE_SECONDS,
        "expires_at": ends_at,
    })
}

fn account_view(account: &Account) -> Value {
    let (kind, id) = match account.id {
        AccountId::Agent(agent) => ("agent", agent.number()),
        AccountId::Customer(customer) => ("customer", customer.number()),
    };
    let country = account.numbers.country().map(|country| country.id());
    json!({"kind": kind, "id": id, "name": account.name, "timezone": account.timezone, "country": country})
}
