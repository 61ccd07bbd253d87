//! The RPC floor: from the bytes of a body to the bytes of its answer.
//!
//! A call goes down one path, and [`Rpc::answer`] with [`Rpc::carry_out`] is that path: the envelope is judged,
//! the method found, the caller admitted and charged, the parameters read, and the method's own
//! function (in [`mod@methods`]) asks the book and writes what it finds. Whatever fails on the way is a
//! [`mnemonic::RpcError`], and there is one place that writes it. The wire is known to two modules only, [`from_wire`]
//! and [`to_wire`]; three tables say everything else: [`method`], [`fault`], and the field tables of the book.
//!
//! What it does not do: it knows no socket, no SQL and no rule of an address book.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;

use ringbook_app::access::{Access, Identity, LimitsView, User};
use ringbook_app::audit::{AuditLog, Request, Sent};
use ringbook_app::books::Books;
use ringbook_clock::{Clock, Moment};
use ringbook_telemetry::Metrics;

mod catch_panic;
mod discovery;
mod envelope;
mod error_map;
mod from_wire;
mod json;
mod method;
mod methods;
mod mnemonic;
mod reader;
mod stopwatch;
mod to_wire;

#[cfg(test)]
mod tests;

pub use mnemonic::Mnemonic;
pub use stopwatch::Stage;

use envelope::Envelope;
use json::Document;
use method::{Guarded, Method, Open, USER_ID};
use methods::MethodCall;
use mnemonic::RpcError;
use reader::Reader;
use stopwatch::Stopwatch;
use to_wire::{ChunkCache, Metadata};

/// What a body that never became a call is answered with, after what happened to it.
const HOW_TO_CALL: &str = "Send a JSON-RPC 2.0 call with POST to the path /v2.0, \
    with the access token in params.access_token instead of a header";

/// The outcome of a call that succeeded, among the [`outcomes`].
const OK: &str = "ok";

/// Answers calls. One for a server.
pub struct Rpc {
    access: Arc<Access>,
    books: Books,
    report: Arc<AuditLog>,
    clock: Clock,
    metrics: Arc<Metrics>,
    rendered: Arc<ChunkCache>,
    /// Counts the calls that failed through no fault of the client's; the count is what the answer and the
    /// log have in common.
    incidents: AtomicU64,
}

/// A call on its way, as far as everybody must know it.
#[derive(Debug)]
struct CallContext<'m> {
    peer: IpAddr,
    now: Moment,
    watch: Stopwatch<'m>,
    /// Known once the method is found.
    method: Option<Method>,
    /// Known once the token is.
    identity: Option<Identity>,
    /// The user on whose behalf an agent calls, once it is known that it may.
    on_behalf: Option<Arc<User>>,
}

/// The names that calls are counted under, in the order of [`Metrics::call`].
pub fn methods() -> Vec<&'static str> {
    let names = Method::ALL.iter().map(|method| method.spec().name);
    names.chain([method::UNKNOWN]).collect()
}

/// The outcomes that calls are counted under, in the order of [`Metrics::call`].
pub fn outcomes() -> Vec<&'static str> {
    let mut names = vec![OK];
    for mnemonic in Mnemonic::ALL {
        // One mnemonic may stand for two codes.
        if !names.contains(&mnemonic.text()) {
            names.push(mnemonic.text());
        }
    }
    names
}

/// The stages that are timed, in the order of [`Metrics::stage`].
pub fn stages() -> Vec<&'static str> {
    Stage::ALL.iter().map(|stage| stage.name()).collect()
}

/// The body for a request that never became a call. `happened` is a sentence without a full stop that says
/// why; it goes to the client, so it must not repeat anything that may hold a token.
pub fn not_a_call(happened: &str) -> Vec<Bytes> {
    let mut fault = RpcError::new(Mnemonic::InvalidRequest);
    fault.hint = Some(format!("{happened}. {HOW_TO_CALL}").into());
    to_wire::refusal(None, &fault, Metadata::Unknown)
}

impl Rpc {
    /// Answers from these books to whom `access` lets in. `metrics` was made with [`methods()`], [`outcomes`] and
    /// [`stages`].
    pub fn new(access: Arc<Access>, books: Books, report: Arc<AuditLog>, clock: Clock, metrics: Arc<Metrics>) -> Self {
        Rpc { access, books, report, clock, metrics, rendered: Arc::default(), incidents: AtomicU64::new(0) }
    }

    /// Answers the call in this body, from this address. Always yields an answer, in pieces to be written
    /// one after another.
    pub async fn answer(&self, body: &[u8], peer: IpAddr) -> Vec<Bytes> {
        let mut visit = self.visit(peer);
        let document = match Document::parse(body) {
            Ok(document) => document,
            Err(fault) => return self.refuse(None, &visit, envelope::unparsed(fault)),
        };
        let (id, envelope) = envelope::read(&document);
        visit.watch.lap(Stage::Envelope);
        let outcome = match envelope {
            Ok(envelope) => catch_panic::catch_panic(self.carry_out(&envelope, &mut visit)).await,
            Err(fault) => Ok(Err(fault)),
        };
        match outcome.unwrap_or_else(|panic| Err(RpcError::internal(panic))) {
            Ok(reply) => {
                self.report(&visit, &document, None);
                self.count(&visit, OK, reply)
            }
            Err(fault) => {
                let mnemonic = fault.mnemonic;
                let reply = self.refuse(id, &visit, fault);
                self.report(&visit, &document, Some(mnemonic));
                reply
            }
        }
    }

    /// Tells the report of a call whose caller is known. What an agent does for a customer is the customer's to know,
    /// even if it was refused.
    fn report(&self, visit: &CallContext<'_>, document: &Document<'_>, refused: Option<Mnemonic>) {
        let (Some(identity), Some(method)) = (&visit.identity, visit.method) else {
            return;
        };
        let user = visit.on_behalf.as_deref().unwrap_or(identity.user());
        let trace = document.trace();
        let request = Request {
            started_at: visit.now.unix(),
            user: user.id.number(),
            login: &user.login,
            token_name: identity.key().map(|key| key.name.as_str()),
            is_agent: identity.is_agent(),
            method: method.spec().name,
            raw_id: &trace.id,
            ip: visit.peer.to_canonical(),
            micros: visit.watch.micros(),
            failure: refused.map(|mnemonic| (mnemonic.code(), mnemonic.text())),
            body: if trace.is_whole { Sent::Whole(&trace.body) } else { Sent::Cut(&trace.body) },
        };
        self.report.record(user.account, &request);
    }

    /// Finds the method and lets it run; a guarded one only for a caller.
    async fn carry_out(&self, envelope: &Envelope<'_>, visit: &mut CallContext<'_>) -> Result<Vec<Bytes>, RpcError> {
        let method = Method::named(&envelope.method);
        let method = method.ok_or_else(|| RpcError::new(Mnemonic::MethodNotFound))?;
        visit.method = Some(method);
        let params = Reader::new(envelope.params)?;
        let outcome = match method {
            Method::Open(Open::LoginUser) => methods::login(self, envelope.id, params, visit).await,
            Method::Open(Open::Discover) => methods::discover(envelope.id, params),
            Method::Guarded(method) => self.carry_out_for_caller(method, envelope.id, params, visit).await,
        };
        outcome.map_err(|fault| params.discreet(fault))
    }

    /// Admits the caller, runs the method, and charges the call if it succeeds.
    async fn carry_out_for_caller(
        &self,
        method: Guarded,
        id: &str,
        params: Reader<'_>,
        visit: &mut CallContext<'_>,
    ) -> Result<Vec<Bytes>, RpcError> {
        let spec = method.spec();
        let token = params.text(method::ACCESS_TOKEN)?;
        let identity = self.access.identify(&token, visit.now).await;
        let identity = identity.map_err(|refused| error_map::of_refusal(refused, params))?;
        let identity = visit.identity.insert(identity);
        let user_id = methods::user_id(method, identity, params)?;
        let (scope, right) = (method.scope(), method.right());
        if identity.is_agent() {
            visit.on_behalf = identity.effective_user(user_id, scope);
        }
        let caller = self.access.admit(identity, user_id, scope, right, visit.peer, visit.now);
        let caller = caller.map_err(|refused| error_map::of_refusal(refused, params))?;
        visit.watch.lap(Stage::Access);
        params.refuse_unknown(spec)?;
        if spec.takes(USER_ID) {
            params.user_id()?;
        }
        let limits = self.limits(visit);
        let work = MethodCall { id, params, caller: &caller, limits: limits.as_ref() };
        let reply = match method {
            Guarded::LogoutUser => methods::logout(self, work).await,
            Guarded::Contacts => methods::contacts(self, work, &mut visit.watch).await,
            Guarded::CreateContacts => methods::create_contact(self, work).await,
            Guarded::UpdateContacts => methods::update_contact(self, work).await,
            Guarded::DeleteContacts => methods::delete_contacts(self, work).await,
            Guarded::UploadContacts => methods::upload_contacts(self, work).await,
            Guarded::ContactChanges => methods::contact_changes(self, work).await,
            Guarded::GroupContacts => methods::groups(self, work).await,
            Guarded::CreateGroup => methods::create_group(self, work).await,
            Guarded::UpdateGroup => methods::update_group(self, work).await,
            Guarded::DeleteGroup => methods::delete_group(self, work).await,
            Guarded::Organizations => methods::organizations(self, work).await,
            Guarded::CreateOrganization => methods::create_organization(self, work).await,
            Guarded::UpdateOrganization => methods::update_organization(self, work).await,
            Guarded::DeleteOrganization => methods::delete_organization(self, work).await,
            Guarded::CustomerUsers => methods::customer_users(work),
            Guarded::Account => methods::account(work),
            Guarded::Employees => methods::employees(self, work).await,
            Guarded::CreateEmployee => methods::create_employee(self, work).await,
            Guarded::UpdateEmployee => methods::update_employee(self, work).await,
            Guarded::DeleteEmployee => methods::delete_employee(self, work).await,
            Guarded::BlacklistNumbers => methods::blacklist_numbers(self, work).await,
            Guarded::CreateBlacklistNumber => methods::create_blacklist_number(self, work, visit.now).await,
            Guarded::DeleteBlacklistNumber => methods::delete_blacklist_number(self, work).await,
            Guarded::ApiRequests => methods::api_requests(self, work).await,
        }?;
        caller.succeed();
        Ok(reply)
    }

    fn visit(&self, peer: IpAddr) -> CallContext<'_> {
        CallContext {
            peer,
            now: self.clock.now(),
            watch: Stopwatch::start(&self.metrics),
            method: None,
            identity: None,
            on_behalf: None,
        }
    }

    fn limits(&self, visit: &CallContext<'_>) -> Option<LimitsView> {
        let identity = visit.identity.as_ref()?;
        self.access.limits(identity, visit.now)
    }

    /// Writes, counts and, where the client is not to error_at, logs a refusal.
    fn refuse(&self, id: Option<&str>, visit: &CallContext<'_>, mut fault: RpcError) -> Vec<Bytes> {
        if let Some(cause) = fault.cause.take() {
            let request = self.incidents.fetch_add(1, Ordering::Relaxed) + 1;
            let method = visit.method.map_or(method::UNKNOWN, |method| method.spec().name);
            tracing::error!(request, method, cause, "a call failed");
            fault = fault.with("request", request);
        }
        let limits = self.limits(visit);
        let metadata = match visit.identity {
            Some(_) => Metadata::Known(limits.as_ref()),
            None => Metadata::Unknown,
        };
        let reply = to_wire::refusal(id, &fault, metadata);
        self.count(visit, fault.mnemonic.text(), reply)
    }

    fn count(&self, visit: &CallContext<'_>, outcome: &str, reply: Vec<Bytes>) -> Vec<Bytes> {
        let known = |method| Method::ALL.iter().position(|known| *known == method);
        let method = visit.method.and_then(known).unwrap_or(Method::ALL.len());
        let outcome = match outcome {
            OK => Some(0),
            failed => outcomes().iter().position(|known| *known == failed),
        };
        self.metrics.call(method, outcome.unwrap_or(0));
        reply
    }
}
