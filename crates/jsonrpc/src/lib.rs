//! The JSON-RPC front end: from the bytes of a body to the bytes of its answer.
//!
//! A call goes down one path, and [`Rpc::answer`] is that path: the envelope is checked, the method found, the caller
//! authenticated and admitted by the application, the parameters read into a typed request ([`from_wire`]), the request
//! carried out by the application, and the result written ([`to_wire`]). Whatever fails on the way becomes an
//! [`mnemonic::RpcError`], and there is one place that writes it. Two tables say the rest: [`method`], [`mnemonic`].
//!
//! It knows no socket, no SQL and no rule of an address book.

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;
use ringbook_app::access::{Scope, Secret};
use ringbook_app::admitted::Admitted;
use ringbook_app::application::{Application, Frontend};
use ringbook_app::audit::Sent;
use ringbook_app::call::{Call, Ending};
use ringbook_app::stopwatch::Stage;
use ringbook_http::{ReplyBudget, RequestBudget};
use ringbook_json::Document;
use ringbook_telemetry::Traceparent;
use ringbook_workers::CancellationToken;

mod answer;
mod discovery;
pub mod documents;
mod envelope;
mod error_map;
mod from_wire;
mod frontend;
mod guidance;
mod method;
mod methods;
mod mnemonic;
mod reader;
mod secrets;
mod to_wire;

#[cfg(test)]
mod tests;

pub use answer::Answer;
pub use frontend::{API_PATH, mount, response};
pub use mnemonic::Mnemonic;
pub use to_wire::ANSWER_BYTES_MAX;

use envelope::Envelope;
use method::{Guarded, Method, Open, USER_ID};
use methods::MethodCall;
use mnemonic::RpcError;
use reader::Reader;
use to_wire::{AnswerLimits, ChunkCache, Metadata};

/// What a body that never became a call is answered with, after what happened to it.
const HOW_TO_CALL: &str = "Send a JSON-RPC 2.0 call with POST to the path /v2.0, \
    with the access token in params.access_token instead of a header";

/// The place of a success among the [`outcomes`]; the mnemonics follow it.
const SUCCESS: usize = 0;

/// What the transport knows of a call beside its body.
#[derive(Debug, Clone)]
pub struct CallMeta {
    /// The caller's address.
    pub peer: IpAddr,
    /// The trace that the call belongs to.
    pub traceparent: Option<Traceparent>,
    /// Where memory for what is made of a large body is charged.
    pub requests: RequestBudget,
    /// Where memory for a large answer is reserved.
    pub replies: ReplyBudget,
    /// Cancelled when the client has left.
    pub left: CancellationToken,
    /// The session of a browser that the call comes with, instead of an access token.
    pub browser: Option<Secret<String>>,
}

impl From<IpAddr> for CallMeta {
    fn from(peer: IpAddr) -> Self {
        let (requests, replies) = (RequestBudget::default(), ReplyBudget::default());
        CallMeta { peer, traceparent: None, requests, replies, left: CancellationToken::new(), browser: None }
    }
}

/// Answers JSON-RPC calls. One for a server.
pub struct Rpc {
    app: Arc<Application>,
    chunk_cache: Arc<ChunkCache>,
    answer_bytes_max: usize,
}

/// A call on its way: the application's call, and the method once it is known.
struct CallContext<'a> {
    call: Call<'a>,
    received_bytes: usize,
    limits: AnswerLimits,
    method: Option<Method>,
    browser: Option<Secret<String>>,
}

/// The names that calls are counted under, in the order of [`Metrics::call`].
pub fn methods() -> Vec<&'static str> {
    let names = Method::ALL.iter().map(|method| method.spec().name);
    names.chain([method::UNKNOWN]).collect()
}

/// The outcomes that calls are counted under, in the order of [`Metrics::call`].
pub fn outcomes() -> Vec<&'static str> {
    std::iter::once("ok").chain(Mnemonic::texts()).collect()
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
    /// Answers calls to this application, whose metrics were made with [`methods()`], [`outcomes`] and [`stages`].
    pub fn new(app: Arc<Application>) -> Self {
        Rpc { app, chunk_cache: Arc::default(), answer_bytes_max: ANSWER_BYTES_MAX }
    }

    /// Bounds an answer by this many bytes before compression, instead of [`ANSWER_BYTES_MAX`].
    #[must_use]
    pub fn answer_bytes_max(mut self, bytes: usize) -> Self {
        self.answer_bytes_max = bytes;
        self
    }

    /// Answers the call in this body and returns the bytes of the answer only.
    pub async fn answer(&self, body: &[u8], meta: impl Into<CallMeta>) -> Vec<Bytes> {
        self.respond(Bytes::copy_from_slice(body), meta.into()).await.into_pieces()
    }

    /// Answers the call in this body. Always yields an answer.
    pub async fn respond(&self, body: Bytes, meta: CallMeta) -> Answer {
        let CallMeta { peer, traceparent, requests, replies, left, browser } = meta;
        let frontend = if browser.is_some() { Frontend::ClientArea } else { Frontend::JsonRpc };
        let mut call = self.app.begin(frontend, peer, traceparent);
        call.end_with(left);
        let limits = AnswerLimits { bytes_max: self.answer_bytes_max, replies };
        let mut context = CallContext { call, received_bytes: body.len(), limits, method: None, browser };
        let document = match context.call.read(body.len(), || secrets::parse(&body)).await {
            Ok(Ok(document)) => document,
            Ok(Err(error)) => return self.refuse(None, &context, envelope::unparsed(error)),
            Err(error) => return self.refuse(None, &context, error_map::of_app(&error, Reader::none())),
        };
        if !requests.try_grow(body.len() + document.memory_bytes()) {
            return self.refuse(None, &context, no_memory());
        }
        let (id, envelope) = envelope::read(&document);
        context.call.lap(Stage::Envelope);
        let outcome = match envelope {
            Ok(envelope) => self.carry_out_unwinding(&envelope, &mut context).await,
            Err(error) => Err(error),
        };
        match outcome {
            Ok(reply) => {
                self.audit(&context, &document, Ending::Success);
                self.count(&context, SUCCESS, reply)
            }
            Err(error) => {
                let mnemonic = error.mnemonic;
                let reply = self.refuse(id, &context, secrets::hide_in(error, &document));
                let ending = Ending::Failure { code: mnemonic.code(), mnemonic: mnemonic.text() };
                self.audit(&context, &document, ending);
                reply
            }
        }
    }

    /// Carries out the call; a panic ends the call and nothing else.
    ///
    /// After a panic nothing of the call is looked at again, so that it may have left it in any state; what calls
    /// share keeps itself whole (a lock that a panic passed through is taken as it is).
    async fn carry_out_unwinding(
        &self,
        envelope: &Envelope<'_>,
        context: &mut CallContext<'_>,
    ) -> Result<Answer, RpcError> {
        let outcome = AssertUnwindSafe(self.carry_out(envelope, context)).catch_unwind().await;
        outcome.unwrap_or_else(|panic| {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
            Err(RpcError::internal(format!("panicked: {}", text.unwrap_or("without a message"))))
        })
    }

    /// Finds the method and lets it run; a guarded one only for an admitted caller.
    async fn carry_out(&self, envelope: &Envelope<'_>, context: &mut CallContext<'_>) -> Result<Answer, RpcError> {
        let method = Method::named(&envelope.method);
        let method = method.ok_or_else(|| RpcError::new(Mnemonic::MethodNotFound))?;
        context.method = Some(method);
        context.call.name(method.spec().name);
        let params = Reader::new(envelope.params)?.for_method(method.spec());
        let (bytes, limits) = (context.received_bytes, &context.limits);
        let request = MethodCall { id: envelope.id, params, bytes, limits };
        match method {
            Method::Open(Open::LoginUser) => methods::login(request, &mut context.call).await.map(Answer::from),
            Method::Open(Open::Discover) => methods::discover(envelope.id, params),
            Method::Guarded(method) => {
                let browser = context.browser.as_ref();
                self.carry_out_for_caller(method, request, browser, &mut context.call).await.map(Answer::from)
            }
        }
    }

    /// Authenticates and admits the caller, runs the method, and charges the call if it succeeds.
    async fn carry_out_for_caller(
        &self,
        method: Guarded,
        request: MethodCall<'_>,
        browser: Option<&Secret<String>>,
        call: &mut Call<'_>,
    ) -> Result<Vec<Bytes>, RpcError> {
        let (spec, params) = (method.spec(), request.params);
        let refused = |error| error_map::of_access(error, params);
        let identity = match browser {
            // One of two callers would be passed over.
            Some(_) if params.given(method::ACCESS_TOKEN).is_some() => {
                return Err(RpcError::at(Mnemonic::UnexpectedParameters, method::ACCESS_TOKEN));
            }
            Some(session) => {
                call.authenticate_browser(session.expose()).await.map_err(|error| refused(error.into()))?
            }
            None => {
                let token = params.text(method::ACCESS_TOKEN)?;
                call.authenticate(&token).await.map_err(refused)?
            }
        };
        let (user_id, misread) = acting_user(method, identity.is_agent(), params)?;
        let mut call = call.admit(method.requirement(), user_id).map_err(refused)?;
        params.refuse_unknown(spec)?;
        if let Some(error) = misread {
            return Err(error);
        }
        let reply = self.run(method, request, &mut call).await?;
        call.lap(Stage::Write);
        call.succeed();
        Ok(reply)
    }

    async fn run(
        &self,
        method: Guarded,
        request: MethodCall<'_>,
        call: &mut Admitted<'_, '_>,
    ) -> Result<Vec<Bytes>, RpcError> {
        match method {
            Guarded::LogoutUser => methods::logout(request, call).await,
            Guarded::Contacts => methods::contacts(request, call, &self.chunk_cache).await,
            Guarded::CreateContacts => methods::create_contact(request, call).await,
            Guarded::UpdateContacts => methods::update_contact(request, call).await,
            Guarded::DeleteContacts => methods::delete_contacts(request, call).await,
            Guarded::UploadContacts => methods::upload_contacts(request, call).await,
            Guarded::ContactChanges => methods::contact_changes(request, call).await,
            Guarded::GroupContacts => methods::groups(request, call).await,
            Guarded::CreateGroup => methods::create_group(request, call).await,
            Guarded::UpdateGroup => methods::update_group(request, call).await,
            Guarded::DeleteGroup => methods::delete_group(request, call).await,
            Guarded::Organizations => methods::organizations(request, call).await,
            Guarded::CreateOrganization => methods::create_organization(request, call).await,
            Guarded::UpdateOrganization => methods::update_organization(request, call).await,
            Guarded::DeleteOrganization => methods::delete_organization(request, call).await,
            Guarded::CustomerUsers => methods::customer_users(request, call).await,
            Guarded::Account => methods::account(request, call).await,
            Guarded::Employees => methods::employees(request, call).await,
            Guarded::CreateEmployee => methods::create_employee(request, call).await,
            Guarded::UpdateEmployee => methods::update_employee(request, call).await,
            Guarded::DeleteEmployee => methods::delete_employee(request, call).await,
            Guarded::BlacklistNumbers => methods::blacklist_numbers(request, call).await,
            Guarded::CreateBlacklistNumber => methods::create_blacklist_number(request, call).await,
            Guarded::DeleteBlacklistNumber => methods::delete_blacklist_number(request, call).await,
            Guarded::ApiRequests => methods::api_requests(request, call).await,
        }
    }

    /// Writes a call of a known caller into the audit log.
    fn audit(&self, context: &CallContext<'_>, document: &Document<'_>, ending: Ending) {
        if context.call.is_authenticated() && context.method.is_some() {
            let trace = secrets::trace(document);
            let text = &trace.body.text;
            let body = if trace.body.is_whole { Sent::Whole(text) } else { Sent::Cut(text) };
            context.call.audit(ending, &trace.id, body);
        }
    }

    /// Writes and counts a refusal, and logs an internal error.
    fn refuse(&self, id: Option<&str>, context: &CallContext<'_>, mut error: RpcError) -> Answer {
        if let Some(cause) = error.cause.take() {
            let request = context.call.log_internal_error(&cause);
            error = error.with("request", request);
        }
        let limits = context.call.limits();
        let metadata = match context.call.is_authenticated() {
            true => Metadata::Known(limits.as_ref()),
            false => Metadata::Unknown,
        };
        let reply = to_wire::refusal(id, &error, metadata);
        self.count(context, SUCCESS + 1 + error.mnemonic.index(), reply.into())
    }

    fn count(&self, context: &CallContext<'_>, outcome: usize, reply: Answer) -> Answer {
        let method = context.method.map_or(Method::ALL.len(), Method::index);
        context.call.count(method, outcome, context.received_bytes, reply.bytes());
        reply
    }
}

/// The refusal of a body whose many values have no memory.
fn no_memory() -> RpcError {
    let text = "Too many large requests are being read, try again in a moment";
    RpcError::new(Mnemonic::Error).with("error_message", text)
}

/// The user that a call names, and the error of a `user_id` that cannot be read.
///
/// A wrong type is refused at once only where an agent needs the parameter; elsewhere it is reported after the unknown
/// parameters.
fn acting_user(
    method: Guarded,
    is_agent: bool,
    params: Reader<'_>,
) -> Result<(Option<u64>, Option<RpcError>), RpcError> {
    if !method.spec().takes(USER_ID) {
        return Ok((None, None));
    }
    let is_needed = is_agent && method.requirement().scope == Scope::CustomerMethod;
    match params.user_id() {
        Ok(_) if is_agent && !is_needed => Ok((None, None)),
        Ok(user_id) => Ok((user_id, None)),
        Err(error) if is_needed => Err(error),
        Err(error) => Ok((None, Some(error))),
    }
}
