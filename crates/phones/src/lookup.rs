//! Look-ups of callers: `GET /lookup/KEY/FORM?number=…`.
//!
//! A switch asks while a call rings, and shows whatever comes back. So a look-up never waits long, and its answer as a
//! text is never an error: where nobody is found, or the look-up is refused, it is the name that the switch has already.

use std::time::Duration;

use bytes::Bytes;
use ringbook_app::audit::Sent;
use ringbook_app::call::{Call, Ending};
use ringbook_directory_view::caller::{self, Callers};
use ringbook_directory_view::entry::EntryStyle;
use ringbook_directory_view::number_rule::GivenNumber;
use ringbook_http::header::{CACHE_CONTROL, HeaderValue};
use ringbook_http::{Response, StatusCode};

use crate::device_request::DeviceRequest;
use crate::forms::{self, Form};
use crate::lookup_query::LookUp;
use crate::query::Query;
use crate::refusal::Refusal;

/// How long a look-up waits for a book that is being loaded.
pub const BOOK_TIME_MAX: Duration = Duration::from_millis(200);

/// Answers a look-up.
pub async fn answer(
    call: &mut Call<'_>,
    request: &DeviceRequest,
    form: Form,
    query: &Query<'_>,
    keeps_numbers: bool,
) -> (Response, Result<(), Refusal>) {
    let look_up = LookUp::read(query);
    call.name(form.method());
    let found = find(call, request, &look_up).await;
    let (body, outcome) = match &found {
        Ok(callers) => (forms::write(form, &look_up, callers), Ok(())),
        Err(refusal) if form == Form::Text => {
            (forms::write(form, &look_up, &Callers::nobody(false)), Err(refusal.clone()))
        }
        Err(refusal) => (Vec::new(), Err(refusal.clone())),
    };
    let ending = outcome.as_ref().map_or_else(Refusal::ending, |()| Ending::Success);
    call.audit(ending, "", Sent::Whole(&look_up.sent(keeps_numbers)));
    let status = match &outcome {
        Err(refusal) if form != Form::Text => refusal.status,
        _ => StatusCode::OK,
    };
    let mut response = Response::new(status, vec![Bytes::from(body)]);
    if status == StatusCode::OK {
        response = response.with_content_type(HeaderValue::from_static(form.content_type()));
    }
    response.headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    (response, outcome)
}

async fn find(call: &mut Call<'_>, request: &DeviceRequest, look_up: &LookUp) -> Result<Callers, Refusal> {
    let key = request.key.as_deref().ok_or(Refusal::NO_KEY)?;
    call.authenticate_device(key)?;
    let mut call = call.admit_device(&request.user_agent)?;
    let style = look_up.style(EntryStyle::of(call.device()));
    let Some(given) = GivenNumber::read(&look_up.number) else { return Ok(Callers::nobody(false)) };
    match call.book_within(BOOK_TIME_MAX).await? {
        Some(book) => Ok(caller::find(&mut call, &book, &style, &given).await?),
        None => Ok(Callers::nobody(false)),
    }
}
