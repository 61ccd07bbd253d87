//! Look-ups of callers and phone books over HTTP: what switches and desk telephones ask for by themselves.
//!
//! A request brings a device key, in its address or as a password ([`device_request`]). What is asked for is a look-up of
//! a number ([`lookup`], in one of several [`forms`]) or a phone book ([`book`], in one of several [`shapes`]). Contacts
//! are seen through [`ringbook_directory_view`]; how they are written is all that is known here.

use std::sync::Arc;

use ringbook_app::application::{Application, Frontend as Way};
use ringbook_app::call::Call;
use ringbook_app::stopwatch::Stage;
use ringbook_http::header::{CONTENT_DISPOSITION, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use ringbook_http::{Frontend, Method, Mount, Request, Response, StatusCode, TransportError};

mod book;
mod book_query;
mod check_page;
mod crm_template;
pub mod device_request;
pub mod forms;
mod links;
pub mod lookup;
mod lookup_query;
mod query;
mod refusal;
mod rendered_books;
pub mod shapes;

use book::Books;
use device_request::DeviceRequest;
use forms::Form;
use query::Query;
use refusal::Refusal;
use rendered_books::RenderedBooks;
use shapes::Shape;

/// Where look-ups are.
pub const LOOKUP_PATH: &str = "/lookup/";
/// Where phone books are.
pub const PHONE_PATH: &str = "/phone/";
/// Largest body that a telephone may send; it is not read.
const BODY_BYTES_MAX: usize = 16 << 10;
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
    /// The address of the client area, likewise; `None` where it is switched off.
    pub pages_url: Option<String>,
    /// Whether the request report keeps numbers whole.
    pub keeps_numbers: bool,
}

/// The names that requests are counted under.
pub fn methods() -> Vec<&'static str> {
    let forms = Form::ALL.iter().map(|form| form.method());
    forms.chain(Shape::ALL.iter().map(|shape| shape.method())).chain([UNKNOWN]).collect()
}

/// The mounts of the front end.
pub fn mounts(app: Arc<Application>, settings: Settings) -> Vec<Mount> {
    let frontend = Arc::new(PhonesFrontend { app, settings, rendered: RenderedBooks::default() });
    let look_ups = Mount::new(Arc::clone(&frontend), [Method::GET, Method::HEAD]).below(LOOKUP_PATH).body_bytes_max(0);
    // Some telephones fetch with POST.
    let books = Mount::new(frontend, [Method::GET, Method::HEAD, Method::POST]).below(PHONE_PATH);
    vec![look_ups.uncompressed(), books.body_bytes_max(BODY_BYTES_MAX).uncompressed()]
}

struct PhonesFrontend {
    app: Arc<Application>,
    settings: Settings,
    rendered: RenderedBooks,
}

impl Frontend for PhonesFrontend {
    async fn handle(&self, request: Request) -> Response {
        if request.path().strip_prefix(LOOKUP_PATH) == Some(TEMPLATE) {
            return self.template();
        }
        let received_bytes = request.uri.path_and_query().map_or(0, |path| path.as_str().len());
        let mut call = self.app.begin(Way::Phones, request.peer, request.traceparent);
        call.end_with(request.left.clone());
        let (method, mut response, outcome) = self.answer(&mut call, &request).await;
        call.lap(Stage::Write);
        let outcome = match &outcome {
            Ok(()) => SUCCESS,
            Err(refusal) => {
                refusal.log(&call);
                add_headers(&mut response);
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

impl PhonesFrontend {
    async fn answer(&self, call: &mut Call<'_>, request: &Request) -> (&'static str, Response, Result<(), Refusal>) {
        if request.path().starts_with(LOOKUP_PATH) {
            let device = DeviceRequest::read(request, LOOKUP_PATH, |word| Form::named(word).is_some());
            if let Some(form) = Form::named(&device.rest) {
                let query = Query::read(request.query());
                let (response, outcome) =
                    lookup::answer(call, &device, form, &query, self.settings.keeps_numbers).await;
                return (form.method(), response, outcome);
            }
        } else {
            let device = DeviceRequest::read(request, PHONE_PATH, |word| Shape::named(word).is_some());
            if let Some(shape) = shape(&device.rest) {
                let books = Books { settings: &self.settings, rendered: &self.rendered };
                let (response, outcome) = books.answer(call, request, &device, shape).await;
                return (shape.method(), response, outcome);
            }
        }
        (UNKNOWN, Response::new(StatusCode::NOT_FOUND, Vec::new()), Err(Refusal::NOT_FOUND))
    }

    fn template(&self) -> Response {
        let Settings { public_url, pages_url, .. } = &self.settings;
        let body = crm_template::template(public_url, pages_url.as_deref()).into();
        let mut response = Response::new(StatusCode::OK, vec![body])
            .with_content_type(HeaderValue::from_static("text/xml; charset=utf-8"));
        let name = HeaderValue::from_static("attachment; filename=\"ringbook-3cx.xml\"");
        response.headers.insert(CONTENT_DISPOSITION, name);
        response
    }
}

/// The shape that a path names; telephones append the name of a file to it.
fn shape(path: &str) -> Option<Shape> {
    let (name, file) = path.split_once('/').unwrap_or((path, ""));
    let is_file = file.is_empty() || (file.ends_with(".xml") && !file.contains('/'));
    Shape::named(name).filter(|_| is_file)
}

/// The headers that belong to the status of a refusal.
fn add_headers(response: &mut Response) {
    match response.status {
        StatusCode::UNAUTHORIZED => {
            let basic = HeaderValue::from_static("Basic realm=\"ringbook\", charset=\"UTF-8\"");
            response.headers.insert(WWW_AUTHENTICATE, basic);
        }
        StatusCode::TOO_MANY_REQUESTS => {
            response.headers.insert(RETRY_AFTER, HeaderValue::from_static("60"));
        }
        _ => {}
    }
}
