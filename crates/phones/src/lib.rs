//! Look-ups of callers and phone books over HTTP: what switches and desk telephones ask for by themselves.
//!
//! A request brings a device key, in its address or as a password ([`device_request`]); what is asked for is a look-up of
//! a number ([`lookup`], in one of several [`forms`]). Contacts are seen through
//! [`ringbook_directory_view`]; how they are written is all that is known here.

use std::sync::Arc;

use ringbook_app::application::{Application, Frontend as Way};
use ringbook_app::stopwatch::Stage;
use ringbook_http::header::{HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use ringbook_http::{Frontend, Method, Mount, Request, Response, StatusCode, TransportError};

mod crm_template;
pub mod device_request;
pub mod forms;
pub mod lookup;
mod query;
mod refusal;
mod xml;

pub use crm_template::template;
use device_request::DeviceRequest;
use forms::Form;
use query::Query;
use refusal::Refusal;

/// Where look-ups are.
pub const LOOKUP_PATH: &str = "/lookup/";
/// The template for 3CX, below [`LOOKUP_PATH`].
const TEMPLATE: &str = "3cx.xml";
/// The method of requests that ask for nothing that there is.
const UNKNOWN: &str = "phones.unknown";
/// The outcome of an answered call on the metrics page.
const SUCCESS: &str = "ok";

/// What the front end is told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The address that clients reach the server at, without a slash at its end: `https://book.example`.
    pub public_url: String,
    /// Whether the request report keeps numbers whole.
    pub keeps_numbers: bool,
}

/// The names that requests are counted under.
pub fn methods() -> Vec<&'static str> {
    Form::ALL.iter().map(|form| form.method()).chain([UNKNOWN]).collect()
}

/// The mounts of the front end.
pub fn mounts(app: Arc<Application>, settings: Settings) -> Vec<Mount> {
    let frontend = Arc::new(PhonesFrontend { app, settings });
    vec![Mount::new(frontend, [Method::GET, Method::HEAD]).below(LOOKUP_PATH).body_bytes_max(0).uncompressed()]
}

struct PhonesFrontend {
    app: Arc<Application>,
    settings: Settings,
}

impl Frontend for PhonesFrontend {
    async fn handle(&self, request: Request) -> Response {
        let received_bytes = request.uri.to_string().len();
        if request.path().strip_prefix(LOOKUP_PATH) == Some(TEMPLATE) {
            return self.template();
        }
        let mut call = self.app.begin(Way::Phones, request.peer, request.traceparent.clone());
        call.end_with(request.left.clone());
        let query = Query::read(request.query());
        let is_form = |word: &str| Form::named(word).is_some();
        let device = DeviceRequest::read(&request, LOOKUP_PATH, is_form);
        let form = Form::named(&device.rest);
        let method = form.map_or(UNKNOWN, Form::method);
        let (mut response, outcome) = match form {
            Some(form) => lookup::answer(&mut call, &device, form, &query, self.settings.keeps_numbers).await,
            None => (Response::new(StatusCode::NOT_FOUND, Vec::new()), Err(Refusal::NOT_FOUND)),
        };
        call.lap(Stage::Write);
        let outcome = match &outcome {
            Ok(()) => SUCCESS,
            Err(refusal) => {
                refusal.log(&call);
                add_headers(&mut response, refusal);
                refusal.mnemonic
            }
        };
        call.count_named(method, outcome, received_bytes, response.body_bytes());
        response
    }

    fn refuse(&self, error: &TransportError) -> Response {
        Response::new(error.status(), Vec::new())
    }
}

/// The headers that belong to a status.
fn add_headers(response: &mut Response, refusal: &Refusal) {
    match response.status {
        StatusCode::UNAUTHORIZED => {
            let basic = HeaderValue::from_static("Basic realm=\"ringbook\", charset=\"UTF-8\"");
            response.headers.insert(WWW_AUTHENTICATE, basic);
        }
        StatusCode::TOO_MANY_REQUESTS => {
            response.headers.insert(RETRY_AFTER, HeaderValue::from_static("60"));
        }
        _ => tracing::debug!(status = %refusal.status, reason = refusal.mnemonic, "device refused"),
    }
}

impl PhonesFrontend {
    fn template(&self) -> Response {
        let body = template(&self.settings.public_url).into();
        let mut response = Response::new(StatusCode::OK, vec![body])
            .with_content_type(HeaderValue::from_static("text/xml; charset=utf-8"));
        let name = HeaderValue::from_static("attachment; filename=\"ringbook-3cx.xml\"");
        response.headers.insert(ringbook_http::header::CONTENT_DISPOSITION, name);
        response
    }
}
