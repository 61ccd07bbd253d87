//! A connection: messages in, messages out, one after another.

use std::net::IpAddr;
use std::sync::Arc;

use ldap_wire::{Authentication, DecodeError, MESSAGE_BYTES_MAX, Message, Request, Response, ResultCode, frame, oid};
use ringbook_app::access::Secret;
use ringbook_app::application::{Application, Frontend};
use ringbook_app::audit::Sent;
use ringbook_app::call::{Call, Ending};
use ringbook_http::{ByteStream, Client, Shutdown, TlsFiles};
use ringbook_store::DeviceId;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{sleep, timeout};

use crate::outcome::Refusal;
use crate::search::{self, SearchContext};
use crate::{IDLE_TIME_MAX, LdapSettings, PlainBind, USER_AGENT, WRITE_TIME_MAX, WRONG_PASSWORD_DELAY};

/// Longest password that is looked at, in bytes.
const PASSWORD_BYTES_MAX: usize = 256;
const READ_BYTES: usize = 4 << 10;
/// The outcome of an answered request on the metrics page.
pub const SUCCESS: &str = "ok";

/// What a connection is known as.
#[derive(Clone)]
enum Identity {
    /// Nobody.
    Unknown,
    /// The holder of this password, checked for each request.
    Password(Arc<Secret<String>>),
    /// Everybody from this address has the rights of a key.
    Address(DeviceId),
}

/// What happens after a request.
enum Next {
    Continue,
    Encrypt,
    Close,
}

/// A connection.
pub struct Session<'a> {
    app: &'a Application,
    settings: &'a LdapSettings,
    stream: Box<dyn ByteStream>,
    peer: IpAddr,
    is_encrypted: bool,
    tls: Option<Arc<TlsFiles>>,
    shutdown: Arc<Shutdown>,
    identity: Identity,
    received: Vec<u8>,
}

impl<'a> Session<'a> {
    /// A connection that has just been accepted.
    pub fn new(app: &'a Application, settings: &'a LdapSettings, client: Client) -> Self {
        let Client { stream, peer, is_encrypted, tls, shutdown } = client;
        let known = settings.anonymous.iter().find(|anonymous| anonymous.block.contains(peer));
        let identity = known.map_or(Identity::Unknown, |known| Identity::Address(known.device));
        Self { app, settings, stream, peer, is_encrypted, tls, shutdown, identity, received: Vec::new() }
    }

    /// Serves it to its end.
    pub async fn serve(mut self) {
        loop {
            let shutdown = Arc::clone(&self.shutdown);
            let message = tokio::select! {
                biased;
                // First, because a client that does not wait for answers always has a further message.
                () = shutdown.begun() => return self.disconnect(ResultCode::Unavailable, "the server stops").await,
                message = timeout(IDLE_TIME_MAX, self.message()) => message,
            };
            let next = match message {
                Ok(Ok(Some(message))) => self.carry_out(message).await,
                Ok(Ok(None)) | Err(_) => return,
                Ok(Err(error)) => {
                    tracing::debug!(peer = %self.peer, %error, "malformed LDAP message");
                    return self.disconnect(ResultCode::ProtocolError, &error.to_string()).await;
                }
            };
            match next {
                Some(Next::Continue) => {}
                Some(Next::Encrypt) => match self.encrypt().await {
                    Some(encrypted) => self = encrypted,
                    None => return,
                },
                Some(Next::Close) | None => return,
            }
        }
    }

    /// The next message; `None` at the end of the connection.
    async fn message(&mut self) -> Result<Option<Message>, DecodeError> {
        loop {
            if let Some(length) = frame(&self.received)?
                && self.received.len() >= length
            {
                let message = Message::read(&self.received[..length])?;
                self.received.drain(..length);
                return Ok(Some(message));
            }
            debug_assert!(self.received.len() <= MESSAGE_BYTES_MAX + 16 + READ_BYTES, "frames are bounded");
            let mut buffer = [0; READ_BYTES];
            match self.stream.read(&mut buffer).await {
                Ok(0) | Err(_) => return Ok(None),
                Ok(count) => self.received.extend_from_slice(&buffer[..count]),
            }
        }
    }

    /// Carries a request out and answers it; `None` if the client does not take the answer.
    async fn carry_out(&mut self, message: Message) -> Option<Next> {
        let Message { id, request, controls } = message;
        let mut response = Response::default();
        let mut next = Next::Continue;
        match request {
            Request::Unbind => return Some(Next::Close),
            Request::Abandon => return Some(Next::Continue),
            Request::Bind { version, name, authentication } => {
                let outcome = self.bind(version, &name, authentication).await;
                let (code, text) =
                    outcome.err().map_or((ResultCode::Success, ""), |refusal| (refusal.code, refusal.text));
                response.bind(id, code, text);
            }
            Request::Search(request) => {
                let context = SearchContext { id, request: &request, controls: &controls, has_tls: self.tls.is_some() };
                let mut call = self.call("ldap.search");
                let identity = self.identity.clone();
                let answer = search::answer(&mut call, context, |call| authenticate(call, &identity)).await;
                self.report(
                    &call,
                    "ldap.search",
                    &answer.outcome,
                    &search::sent(&request, self.settings.keeps_numbers),
                );
                return self.send(answer.bytes).await.then_some(Next::Continue);
            }
            Request::Compare { dn, attribute, value } => {
                let mut call = self.call("ldap.compare");
                let identity = self.identity.clone();
                let known = |call: &mut Call<'_>| authenticate(call, &identity);
                let answer = search::compare(&mut call, &dn, &attribute, value, known).await;
                let (code, text) = match &answer {
                    Ok(holds) => (if *holds { ResultCode::CompareTrue } else { ResultCode::CompareFalse }, ""),
                    Err(refusal) => (refusal.code, refusal.text),
                };
                self.report(&call, "ldap.compare", &answer.map(drop), "{}");
                response.compare(id, code, text);
            }
            Request::Extended { oid } => next = self.extended(id, &oid, &mut response),
            Request::Write { response_tag } => {
                let text = "the directory is read only";
                response.write(id, response_tag, ResultCode::UnwillingToPerform, text);
            }
        }
        self.send(response.into_bytes()).await.then_some(next)
    }

    fn extended(&self, id: i32, name: &str, response: &mut Response) -> Next {
        match name {
            oid::START_TLS if self.is_encrypted => {
                response.extended(id, ResultCode::OperationsError, "the connection is encrypted", Some(name), None);
            }
            oid::START_TLS if self.tls.is_some() && self.received.is_empty() => {
                response.extended(id, ResultCode::Success, "", Some(name), None);
                return Next::Encrypt;
            }
            oid::START_TLS => {
                let text = "there is no certificate: set --tls-cert and --tls-key";
                response.extended(id, ResultCode::ProtocolError, text, Some(name), None);
            }
            oid::WHO_AM_I => {
                let mut call = self.call("ldap.bind");
                let known = authenticate(&mut call, &self.identity).ok();
                let known = known.map(|()| call.device_label().unwrap_or_default());
                let name = known.map_or_else(String::new, |label| format!("u:{label}"));
                response.extended(id, ResultCode::Success, "", None, Some(&name));
            }
            _ => response.extended(id, ResultCode::ProtocolError, "the operation is not known", None, None),
        }
        Next::Continue
    }

    async fn bind(&mut self, version: i64, name: &str, authentication: Authentication) -> Result<(), Refusal> {
        let refused = |code, mnemonic, text| Err(Refusal::new(code, mnemonic, text));
        self.identity = self.unauthenticated();
        if !(2..=3).contains(&version) {
            return refused(ResultCode::ProtocolError, "invalid_request", "the versions are 2 and 3");
        }
        let Authentication::Simple(password) = authentication else {
            let text = "only simple binds are supported";
            return refused(ResultCode::AuthMethodNotSupported, "invalid_request", text);
        };
        if password.is_empty() {
            // A name without a password would look like a success to a client that checks logins by binding.
            return match name.trim() {
                "" => Ok(()),
                _ => refused(ResultCode::UnwillingToPerform, "auth_error", "the password is empty"),
            };
        }
        if !self.is_encrypted && !may_bind_plainly(self.settings.plain_bind, self.peer) {
            let text = "encrypt the connection first: StartTLS or ldaps";
            return refused(ResultCode::ConfidentialityRequired, "forbidden", text);
        }
        let password = Some(password).filter(|password| password.len() <= PASSWORD_BYTES_MAX);
        let password = password.and_then(|password| String::from_utf8(password).ok());
        let password = Arc::new(Secret::new(password.unwrap_or_default()));
        let mut call = self.call("ldap.bind");
        let outcome = authenticate(&mut call, &Identity::Password(Arc::clone(&password)))
            .and_then(|()| call.admit_device(USER_AGENT).map(drop).map_err(Refusal::from));
        self.report(&call, "ldap.bind", &outcome, "{}");
        drop(call);
        match outcome {
            Ok(()) => self.identity = Identity::Password(password),
            Err(_) => sleep(WRONG_PASSWORD_DELAY).await,
        }
        outcome
    }

    /// What a connection without a password is.
    fn unauthenticated(&self) -> Identity {
        let known = self.settings.anonymous.iter().find(|anonymous| anonymous.block.contains(self.peer));
        known.map_or(Identity::Unknown, |known| Identity::Address(known.device))
    }

    fn call(&self, name: &'static str) -> Call<'a> {
        let mut call = self.app.begin(Frontend::Ldap, self.peer, None);
        call.name(name);
        call
    }

    /// Writes a request into the report and counts it.
    fn report(&self, call: &Call<'_>, method: &'static str, outcome: &Result<(), Refusal>, sent: &str) {
        let (ending, word) = match outcome {
            Ok(()) => (Ending::Success, SUCCESS),
            Err(refusal) => {
                refusal.log(call);
                (refusal.ending(), refusal.mnemonic)
            }
        };
        call.audit(ending, "", Sent::Whole(sent));
        call.count_named(method, word, sent.len(), 0);
    }

    /// Sends bytes; whether the client takes them in time.
    async fn send(&mut self, bytes: Vec<u8>) -> bool {
        let write = async {
            self.stream.write_all(&bytes).await?;
            self.stream.flush().await
        };
        matches!(timeout(WRITE_TIME_MAX, write).await, Ok(Ok(())))
    }

    async fn disconnect(&mut self, code: ResultCode, text: &str) {
        let mut response = Response::default();
        response.disconnection(code, text);
        let _ = self.send(response.into_bytes()).await;
    }

    /// The connection, encrypted; `None` if the handshake fails.
    async fn encrypt(self) -> Option<Self> {
        let tls = Arc::clone(self.tls.as_ref()?);
        let stream = timeout(IDLE_TIME_MAX, tls.accept(self.stream)).await.ok()?.ok()?;
        Some(Self { stream, is_encrypted: true, identity: Identity::Unknown, ..self }.with_address())
    }

    fn with_address(self) -> Self {
        Self { identity: self.unauthenticated(), ..self }
    }
}

/// Determines again whose connection this is: the key may have been blocked meanwhile.
fn authenticate(call: &mut Call<'_>, identity: &Identity) -> Result<(), Refusal> {
    match identity {
        Identity::Unknown => {
            let text = "bind first, with a device key as the password";
            Err(Refusal::new(ResultCode::InsufficientAccessRights, "auth_error", text))
        }
        Identity::Password(password) => Ok(call.authenticate_device(password.expose()).map(drop)?),
        Identity::Address(device) => Ok(call.authenticate_device_id(*device).map(drop)?),
    }
}

/// Whether a client at this address may send a password without encryption.
fn may_bind_plainly(policy: PlainBind, peer: IpAddr) -> bool {
    match (policy, peer.to_canonical()) {
        (PlainBind::Refuse, peer) => peer.is_loopback(),
        (PlainBind::Allow, _) => true,
        (PlainBind::Private, IpAddr::V4(peer)) => peer.is_loopback() || peer.is_private() || peer.is_link_local(),
        (PlainBind::Private, IpAddr::V6(peer)) => {
            peer.is_loopback() || peer.is_unique_local() || peer.is_unicast_link_local()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_in_clear_text_are_taken_from_where_the_operator_says() {
        let may = |policy, peer: &str| may_bind_plainly(policy, peer.parse().expect("an address"));
        for (peer, refuse, private) in [
            ("127.0.0.1", true, true),
            ("::1", true, true),
            ("::ffff:127.0.0.1", true, true),
            ("10.1.2.3", false, true),
            ("192.168.0.9", false, true),
            ("::ffff:172.16.0.1", false, true),
            ("fd00::1", false, true),
            ("fe80::1", false, true),
            ("169.254.1.1", false, true),
            ("172.32.0.1", false, false),
            ("203.0.113.7", false, false),
            ("2001:db8::1", false, false),
        ] {
            let found = [PlainBind::Refuse, PlainBind::Private, PlainBind::Allow].map(|policy| may(policy, peer));
            assert_eq!(found, [refuse, private, true], "{peer}");
        }
    }
}
