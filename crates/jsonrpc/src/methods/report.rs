//! `get.api_requests`

use std::sync::Arc;

use bytes::Bytes;
use ringbook_app::admitted::Admitted;
use ringbook_app::fields::API_REQUEST;
use ringbook_book::moment;
use ringbook_book::runner::Runner;

use super::MethodCall;
use crate::method::{DATE_FROM, DATE_TILL};
use crate::mnemonic::{Mnemonic, RpcError};
use crate::to_wire;
use crate::{error_map, from_wire};

/// What a request usually takes in an answer.
const USUAL_BYTES: usize = 1 << 10;

/// The requests of an interval.
pub async fn api_requests(request: MethodCall<'_>, call: &mut Admitted<'_, '_>) -> Result<Vec<Bytes>, RpcError> {
    let (from, till) = (text(request, DATE_FROM)?, text(request, DATE_TILL)?);
    let ask = request.read(call, from_wire::ask).await?;
    let (from, till) = (date(request, DATE_FROM, &from)?, date(request, DATE_TILL, &till)?);
    let refused = |error| error_map::of_app(&error, request.params);
    let (fields, page) = call.requests(ask, from, till).await.map_err(refused)?;
    let (count, total, page) = (page.requests.len(), page.total, Arc::new(page));
    let mut attempts = request.attempts(call);
    loop {
        let mut reply = attempts.open(count * USUAL_BYTES).await?;
        let page = Arc::clone(&page);
        let write = move |runner: &dyn Runner| {
            to_wire::records(reply.data(), &API_REQUEST, fields, page.requests.iter(), runner);
            reply
        };
        let reply = call.write(count, write).await.map_err(refused)?;
        if let Some(reply) = attempts.complete(reply, request.params)? {
            return Ok(reply.close(Some(total), call.limits().as_ref()));
        }
    }
}

/// A required text; null counts as absent.
fn text(request: MethodCall<'_>, name: &str) -> Result<String, RpcError> {
    let missed = || RpcError::at(Mnemonic::RequiredParameterMissed, name);
    let value = request.params.given(name).ok_or_else(missed)?;
    Ok(value.text().ok_or_else(|| request.params.mistyped(name))?.into_owned())
}

fn date(request: MethodCall<'_>, name: &str, text: &str) -> Result<i64, RpcError> {
    moment::read(text).ok_or_else(|| {
        let fault = RpcError::at(Mnemonic::InvalidParameterValue, name).sent(request.params.raw(name));
        fault.because("not a date and time: write YYYY-MM-DD hh:mm:ss or YYYY-MM-DD")
    })
}
