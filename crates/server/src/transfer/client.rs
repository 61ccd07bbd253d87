//! Calls of the API: envelopes around parameters, patience with limits and with a network that fails.
//!
//! A question is asked again when its answer was lost. A change is sent again only when the server cannot have seen
//! it; otherwise the error says that its outcome is unknown.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Map, Value, json};
use tokio::time::sleep;

use super::Watch;
use super::address::Address;
use super::connection::{Answer, ConnectionError, HttpConnection};

/// How often a call is tried before the connection is given up.
const TRIES_MAX: u32 = 5;
/// The pause before the second try; each further one is twice as long.
const PAUSE_MIN: Duration = Duration::from_millis(500);
/// The longest token.
const TOKEN_CHARS_MAX: usize = 1_000;
/// A wait that is added to what the server tells, so that the new minute has surely begun.
const WAIT_MORE: Duration = Duration::from_millis(200);
/// What is waited when the server does not tell.
const WAIT_SECONDS_ASSUMED: u64 = 60;

/// An access token. It is never shown.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// Takes a token.
    ///
    /// # Errors
    /// When it cannot be one; the text does not repeat it.
    pub fn new(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        let is_good = (1..=TOKEN_CHARS_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if is_good { Ok(Self(text.to_owned())) } else { Err("the token is not one that `ringbook key add` gives") }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(***)")
    }
}

/// Which server, and who asks.
#[derive(Debug, Clone)]
pub struct Access {
    /// The server.
    pub address: Address,
    /// The token.
    pub token: Token,
    /// The user that an agent acts for.
    pub user_id: Option<u64>,
}

/// What the server had against a call or a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    /// The machine's word for it.
    pub mnemonic: String,
    /// The parameter.
    pub field: Option<String>,
    /// What stood there.
    pub value: Option<String>,
    /// In plain words.
    pub reason: String,
    /// The right that the user lacks.
    pub right: Option<String>,
}

/// Why a call has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallError {
    /// The server refused it and changed nothing.
    Refused(Box<ApiError>),
    /// The body was larger than the server takes.
    TooLarge,
    /// No connection; the server has not seen it.
    Unreachable(String),
    /// The server may have carried it out: the answer was lost.
    Uncertain(String),
    /// What answers is no server of this API.
    Stranger(String),
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => refusal.fmt(f),
            Self::TooLarge => f.write_str("the server takes no body of this size"),
            Self::Unreachable(cause) => {
                write!(f, "{cause}; see whether the server runs, where it listens, and what --url says")
            }
            Self::Uncertain(cause) => write!(f, "the answer was lost: {cause}"),
            Self::Stranger(what) => {
                write!(f, "{what}; is it a ringbook server? --url names one like http://127.0.0.1:8080")
            }
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mnemonic.as_str() {
            "access_token_invalid" | "access_token_expired" | "access_token_blocked" => {
                write!(f, "{}: make a new one with `ringbook key add --user ID`", self.reason)
            }
            "forbidden" if self.right.is_some() => {
                let right = self.right.as_deref().unwrap_or_default();
                write!(
                    f,
                    "{}: the user lacks the right {right}; grant it with `ringbook user set ID --rights …`",
                    self.reason
                )
            }
            "ip_not_whitelisted" => write!(f, "{}: allow it with `ringbook allow add CIDR`", self.reason),
            "required_parameter_missed" if self.field.as_deref() == Some("user_id") => {
                f.write_str("the token is an agent's: say for which user it acts with --user-id")
            }
            _ => match &self.field {
                Some(field) => write!(f, "{} ({}: {field})", self.reason, self.mnemonic),
                None => write!(f, "{} ({})", self.reason, self.mnemonic),
            },
        }
    }
}

/// The server's API.
pub(super) struct Client {
    link: HttpConnection,
    token: Token,
    user_id: Option<u64>,
    calls: u64,
    /// A server that was there once comes back; one that never was is wrong in the address.
    has_answered: bool,
}

impl Client {
    /// Nothing is sent yet.
    ///
    /// # Errors
    /// As [`HttpConnection::new`].
    pub(super) fn new(access: Access) -> Result<Self, String> {
        let link = HttpConnection::new(access.address)?;
        Ok(Self { link, token: access.token, user_id: access.user_id, calls: 0, has_answered: false })
    }

    pub(super) fn address(&self) -> &Address {
        self.link.address()
    }

    /// Finds out whether the server answers this caller, before any work is done.
    pub(super) async fn greet(&mut self, watch: &mut dyn Watch) -> Result<(), CallError> {
        match self.ask("get.contacts", json!({"limit": 0}), watch).await {
            // Who may only add may add.
            Err(CallError::Refused(refusal)) if refusal.mnemonic == "forbidden" => Ok(()),
            outcome => outcome.map(|_| ()),
        }
    }

    /// Finds out whether this caller may add contacts, and change them, without doing it: a call that lacks what it
    /// needs is refused for its rights first.
    pub(super) async fn may_import(&mut self, is_update: bool, watch: &mut dyn Watch) -> Result<(), CallError> {
        let mut calls = vec![("upload.contacts", json!({"contacts": []}))];
        if is_update {
            calls.push(("update.contacts", json!({})));
        }
        for (method, params) in calls {
            match self.ask(method, params, watch).await {
                Err(CallError::Refused(refusal)) if refusal.mnemonic == "forbidden" => {
                    return Err(CallError::Refused(refusal));
                }
                Ok(_) | Err(CallError::Refused(_)) => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(())
    }

    /// Asks a question, several times if need be.
    pub(super) async fn ask(&mut self, method: &str, params: Value, watch: &mut dyn Watch) -> Result<Value, CallError> {
        let body = self.body(method, params);
        let mut pause = PAUSE_MIN;
        let mut tries = 1;
        loop {
            match self.patiently(Bytes::clone(&body), watch).await {
                Err(CallError::Unreachable(cause) | CallError::Uncertain(cause))
                    if tries < TRIES_MAX && self.has_answered =>
                {
                    watch.note(&format!("{cause}; trying again"));
                    sleep(pause).await;
                    (tries, pause) = (tries + 1, pause * 2);
                }
                Err(CallError::Uncertain(cause)) => return Err(CallError::Unreachable(cause)),
                outcome => return outcome,
            }
        }
    }

    /// Asks for a change, once; again only while the server has not seen it.
    pub(super) async fn change(
        &mut self,
        method: &str,
        params: Value,
        watch: &mut dyn Watch,
    ) -> Result<Value, CallError> {
        let body = self.body(method, params);
        let mut pause = PAUSE_MIN;
        let mut tries = 1;
        loop {
            match self.patiently(Bytes::clone(&body), watch).await {
                Err(CallError::Unreachable(cause)) if tries < TRIES_MAX && self.has_answered => {
                    watch.note(&format!("{cause}; trying again"));
                    sleep(pause).await;
                    (tries, pause) = (tries + 1, pause * 2);
                }
                outcome => return outcome,
            }
        }
    }

    fn body(&mut self, method: &str, params: Value) -> Bytes {
        self.calls += 1;
        let mut all = Map::new();
        all.insert("access_token".to_owned(), Value::String(self.token.0.clone()));
        if let Some(user_id) = self.user_id {
            all.insert("user_id".to_owned(), user_id.into());
        }
        if let Value::Object(params) = params {
            all.extend(params);
        }
        json!({"jsonrpc": "2.0", "id": self.calls, "method": method, "params": all}).to_string().into()
    }

    /// Sends a body, and again after every limit that is over.
    async fn patiently(&mut self, body: Bytes, watch: &mut dyn Watch) -> Result<Value, CallError> {
        loop {
            let answer = self.link.post(Bytes::clone(&body)).await.map_err(|fault| match fault {
                ConnectionError::NotSent(cause) => CallError::Unreachable(cause),
                ConnectionError::Lost(cause) => CallError::Uncertain(cause),
            })?;
            self.has_answered = true;
            let (kind, seconds) = match outcome(answer) {
                Ok(result) => return Ok(result),
                Err(Unwanted::Fault(fault)) => return Err(fault),
                Err(Unwanted::Limit { kind, seconds }) => (kind, seconds),
            };
            watch.note(&format!("the limit of calls per {kind} is reached: going on in {seconds} seconds"));
            sleep(Duration::from_secs(seconds) + WAIT_MORE).await;
        }
    }
}

/// An answer that is no result.
enum Unwanted {
    Limit { kind: String, seconds: u64 },
    Fault(CallError),
}

/// The result of an answer.
fn outcome(answer: Answer) -> Result<Value, Unwanted> {
    let stranger = |what: String| Unwanted::Fault(CallError::Stranger(what));
    if answer.status == 413 {
        return Err(Unwanted::Fault(CallError::TooLarge));
    }
    let mut value: Value = serde_json::from_slice(&answer.body)
        .map_err(|_| stranger(format!("the answer ({}) is no JSON", answer.status)))?;
    if let Some(result) = value.get_mut("result") {
        return Ok(result.take());
    }
    let error = value.get("error").ok_or_else(|| stranger("the answer is no JSON-RPC".to_owned()))?;
    if answer.status != 200 {
        let message = error["message"].as_str().unwrap_or_default();
        return Err(stranger(format!("the answer is {}: {message}", answer.status)));
    }
    let data = &error["data"];
    if data["mnemonic"] == "limit_exceeded" {
        let kind = data["params"]["limit_type"].as_str().unwrap_or("minute").to_owned();
        let told = data["metadata"]["limits"][format!("{kind}_reset")].as_u64();
        return Err(Unwanted::Limit { kind, seconds: told.unwrap_or(WAIT_SECONDS_ASSUMED) });
    }
    let refusal = ApiError::read(data, error["message"].as_str());
    Err(Unwanted::Fault(CallError::Refused(Box::new(refusal))))
}

impl ApiError {
    /// Reads what is said of a call or of a record.
    pub(super) fn read(data: &Value, message: Option<&str>) -> Self {
        let text = |name: &str| data[name].as_str().map(str::to_owned);
        let mnemonic = text("mnemonic").unwrap_or_else(|| "error".to_owned());
        let said = message.map_or_else(|| mnemonic.replace('_', " "), str::to_owned);
        let reason = match data["params"]["reason"].as_str() {
            Some(reason) => format!("{said}: {reason}"),
            None => said,
        };
        let right = data["params"]["right"].as_str().map(str::to_owned);
        Self { field: text("field"), value: text("value"), mnemonic, reason, right }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, body: &Value) -> Result<Value, Unwanted> {
        outcome(Answer { status, body: body.to_string().into_bytes() })
    }

    #[test]
    fn a_limit_is_waited_for_as_long_as_told() {
        let body = json!({"error": {"message": "m", "data": {"mnemonic": "limit_exceeded",
            "params": {"limit_type": "day"}, "metadata": {"limits": {"minute_reset": 3, "day_reset": 500}}}}});
        let Err(Unwanted::Limit { kind, seconds }) = read(200, &body) else { panic!("a limit") };
        assert_eq!((&*kind, seconds), ("day", 500));
    }

    #[test]
    fn a_refusal_says_what_to_do() {
        let fault = |status, body| match read(status, &body) {
            Err(Unwanted::Fault(fault)) => fault.to_string(),
            Ok(_) | Err(Unwanted::Limit { .. }) => String::new(),
        };
        let token =
            json!({"error": {"message": "Access token is invalid", "data": {"mnemonic": "access_token_invalid"}}});
        assert!(fault(200, token).contains("ringbook key add"));
        let agent =
            json!({"error": {"message": "m", "data": {"mnemonic": "required_parameter_missed", "field": "user_id"}}});
        assert!(fault(200, agent).contains("--user-id"));
        let wrong = json!({"error": {"message": "POST to /v2.0", "data": {"mnemonic": "invalid_request"}}});
        assert!(fault(404, wrong).contains("POST to /v2.0"));
        assert!(fault(200, json!([])).contains("--url"));
        assert_eq!(read(413, &json!(null)).err().map(|_| ()), Some(()));
    }

    #[test]
    fn a_token_is_not_shown() {
        let token = Token::new(" secret \n").expect("a token");
        assert_eq!(format!("{token:?}"), "Token(***)");
        assert!(Token::new("two words").is_err() && Token::new("").is_err());
    }
}
