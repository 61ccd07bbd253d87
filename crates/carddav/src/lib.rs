//! CardDAV, read only: how address books of computers and mobile telephones keep a copy of the contacts.
//!
//! A device key is the password, with any user. It sees one book, whose contacts are vCards. Changes are told by the change
//! cursor of the book (`sync-collection`); what a client would change is refused in the way that makes it read only.

use std::sync::Arc;

use bytes::Bytes;
use ringbook_app::access::{AccessError, Device};
use ringbook_app::admitted_device::AdmittedDevice;
use ringbook_app::application::{Application, Frontend as Way};
use ringbook_app::audit::Sent;
use ringbook_app::call::{Call, Ending};
use ringbook_app::stopwatch::Stage;
use ringbook_http::header::{
    ALLOW, ETAG, HeaderName, HeaderValue, IF_NONE_MATCH, LOCATION, RETRY_AFTER, USER_AGENT, WWW_AUTHENTICATE,
};
use ringbook_http::{Frontend, Method, Mount, Request, Response, StatusCode, TransportError, credentials};

mod listing;
mod multistatus;
mod query;
mod refusal;
mod request_xml;
mod resource;
mod vcard;

use listing::Reply;
use refusal::Refusal;
use request_xml::{Kind, RequestXml};
use resource::{ROOT, Resource};

/// Where clients look for the front end.
pub const WELL_KNOWN_PATH: &str = "/.well-known/carddav";
/// Largest body: a request may name every contact of a book.
pub const BODY_BYTES_MAX: usize = 16 << 20;
/// Most contacts of a book.
pub const CONTACTS_MAX: usize = 20_000;
/// What the tokens of clients begin with.
pub const SYNC_TOKEN_PREFIX: &str = "http://ringbook.invalid/ns/sync/";
/// The outcome of an answered call on the metrics page.
const SUCCESS: &str = "ok";
const DAV: HeaderName = HeaderName::from_static("dav");
const CLASSES: HeaderValue = HeaderValue::from_static("1, 3, access-control, addressbook");
const VERBS: &str = "OPTIONS, GET, HEAD, PROPFIND, REPORT";
const XML: HeaderValue = HeaderValue::from_static("application/xml; charset=utf-8");
const CARD: HeaderValue = HeaderValue::from_static("text/vcard; charset=utf-8");

/// The names that requests are counted under.
pub const METHODS: [&str; 6] =
    ["carddav.propfind", "carddav.multiget", "carddav.query", "carddav.sync", "carddav.get", "carddav.write"];

/// The mounts of the front end.
pub fn mounts(app: Arc<Application>) -> Vec<Mount> {
    let frontend = Arc::new(CardDav { app });
    let verbs = || {
        let own = ["PROPFIND", "REPORT", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "ACL"];
        let own = own.into_iter().filter_map(|verb| Method::from_bytes(verb.as_bytes()).ok());
        [Method::OPTIONS, Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE].into_iter().chain(own)
    };
    let well_known = Mount::new(Arc::clone(&frontend), verbs()).at(WELL_KNOWN_PATH);
    vec![
        well_known.body_bytes_max(BODY_BYTES_MAX),
        Mount::new(frontend, verbs()).below(ROOT).body_bytes_max(BODY_BYTES_MAX),
    ]
}

struct CardDav {
    app: Arc<Application>,
}

/// How far a request goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Depth {
    Zero,
    One,
    Infinity,
}

impl Frontend for CardDav {
    async fn handle(&self, request: Request) -> Response {
        let mut response = if request.path() == WELL_KNOWN_PATH {
            let mut response = Response::new(StatusCode::MOVED_PERMANENTLY, Vec::new());
            response.headers.insert(LOCATION, HeaderValue::from_static(ROOT));
            response
        } else if request.method == Method::OPTIONS {
            Response::new(StatusCode::OK, Vec::new())
        } else {
            self.answer(&request).await
        };
        response.headers.insert(DAV, CLASSES);
        response.headers.insert(ALLOW, HeaderValue::from_static(VERBS));
        response
    }

    fn refuse(&self, error: &TransportError) -> Response {
        let mut response = Response::new(error.status(), Vec::new());
        response.headers.insert(DAV, CLASSES);
        response
    }
}

impl CardDav {
    async fn answer(&self, request: &Request) -> Response {
        let mut call = self.app.begin(Way::CardDav, request.peer, request.traceparent);
        call.end_with(request.left.clone());
        let read = request.method == "PROPFIND" || request.method == "REPORT";
        let body = if read { RequestXml::read(&request.body) } else { Ok(RequestXml::default()) };
        let method = method(request, body.as_ref().ok());
        call.name(method);
        let outcome = match body {
            Ok(body) => self.find(&mut call, request, body).await,
            Err(error) => Err(Refusal::from(error)),
        };
        call.lap(Stage::Write);
        let (response, word) = match outcome {
            Ok(response) => {
                call.audit(Ending::Success, "", Sent::Whole("{}"));
                (response, SUCCESS)
            }
            Err(refusal) => {
                refusal.log(&call);
                call.audit(refusal.ending(), "", Sent::Whole("{}"));
                let word = refusal.mnemonic;
                (refused(refusal), word)
            }
        };
        call.count_named(method, word, request.body.len(), response.body_bytes());
        response
    }

    async fn find(&self, call: &mut Call<'_>, request: &Request, body: RequestXml) -> Result<Response, Refusal> {
        let key = credentials::secret(&request.headers).ok_or(Refusal::NO_KEY)?;
        match call.authenticate_device(&key) {
            Ok(_) => {}
            Err(AccessError::TokenInvalid) => return Err(Refusal::NO_KEY),
            Err(error) => return Err(error.into()),
        }
        let agent = request.headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
        let mut call = call.admit_device(agent)?;
        let device = Arc::clone(call.device());
        let resource = Resource::read(request.path(), &device);
        match request.method.as_str() {
            "PROPFIND" => {
                let resource = resource.ok_or(Refusal::NOT_FOUND)?;
                let depth = depth(request);
                if depth == Depth::Infinity {
                    return Err(Refusal::precondition(StatusCode::FORBIDDEN, "<d:propfind-finite-depth/>"));
                }
                let is_minimal = is_minimal(request);
                multistatus(listing::propfind(&mut call, resource, depth == Depth::One, body, is_minimal).await?)
            }
            "REPORT" => {
                if !matches!(resource, Some(Resource::Book)) {
                    return Err(resource.map_or(Refusal::NOT_FOUND, |_| Refusal::UNSUPPORTED_REPORT));
                }
                let is_minimal = is_minimal(request);
                multistatus(match body.kind {
                    Kind::MultiGet => listing::multiget(&mut call, body, is_minimal).await?,
                    Kind::Query => listing::query(&mut call, body, is_minimal).await?,
                    Kind::Sync => listing::sync(&mut call, body, is_minimal, depth(request) == Depth::One).await?,
                    Kind::PropFind | Kind::Unknown => return Err(Refusal::UNSUPPORTED_REPORT),
                })
            }
            "GET" | "HEAD" => get(&mut call, &device, resource, request).await,
            // Never 401: clients stop synchronizing at that. This makes them treat the book as read only.
            _ => Err(Refusal::read_only(request.path())),
        }
    }
}

/// The name that a request is counted under.
fn method(request: &Request, body: Option<&RequestXml>) -> &'static str {
    let kind = body.map_or(Kind::Unknown, |body| body.kind);
    match (request.method.as_str(), kind) {
        ("PROPFIND", _) | ("REPORT", Kind::PropFind | Kind::Unknown) => "carddav.propfind",
        ("REPORT", Kind::MultiGet) => "carddav.multiget",
        ("REPORT", Kind::Query) => "carddav.query",
        ("REPORT", Kind::Sync) => "carddav.sync",
        ("GET" | "HEAD", _) => "carddav.get",
        _ => "carddav.write",
    }
}

fn header<'r>(request: &'r Request, name: &str) -> &'r str {
    request.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn depth(request: &Request) -> Depth {
    match header(request, "depth").trim() {
        "1" => Depth::One,
        // Without the header everything would be meant; no client means it.
        "" | "0" => Depth::Zero,
        _ => Depth::Infinity,
    }
}

/// Whether a client has no use for the names of properties that there are not.
fn is_minimal(request: &Request) -> bool {
    header(request, "brief").trim().eq_ignore_ascii_case("t") || header(request, "prefer").contains("return=minimal")
}

fn multistatus(body: Reply) -> Result<Response, Refusal> {
    Ok(Response::new(StatusCode::MULTI_STATUS, vec![Bytes::from(body)]).with_content_type(XML))
}

async fn get(
    call: &mut AdmittedDevice<'_, '_>,
    device: &Device,
    resource: Option<Resource>,
    request: &Request,
) -> Result<Response, Refusal> {
    let Some(Resource::Card(id)) = resource else {
        return Err(resource.map_or(Refusal::NOT_FOUND, |_| Refusal::NOT_A_CARD));
    };
    let entry = listing::card(call, id).await?.ok_or(Refusal::NOT_FOUND)?;
    let customer = device.customer.number();
    let etag = vcard::etag(&entry, customer);
    let known = request.headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut response = if known.split(',').any(|one| one.trim().trim_start_matches("W/") == etag) {
        Response::new(StatusCode::NOT_MODIFIED, Vec::new())
    } else {
        let card = vcard::write(&entry, customer, vcard::Version::V3);
        Response::new(StatusCode::OK, vec![Bytes::from(card)]).with_content_type(CARD)
    };
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        response.headers.insert(ETAG, etag);
    }
    Ok(response)
}

fn refused(refusal: Refusal) -> Response {
    let status = refusal.status;
    let body: Vec<Bytes> = refusal.body().into_iter().map(Bytes::from).collect();
    let mut response = Response::new(status, body).with_content_type(XML);
    match status {
        StatusCode::UNAUTHORIZED => {
            let basic = HeaderValue::from_static("Basic realm=\"ringbook\", charset=\"UTF-8\"");
            response.headers.insert(WWW_AUTHENTICATE, basic);
        }
        StatusCode::TOO_MANY_REQUESTS => {
            response.headers.insert(RETRY_AFTER, HeaderValue::from_static("60"));
        }
        _ => {}
    }
    response
}
