//! `get.contact_changes`: what a client that keeps a copy of the contacts reads instead of everything again.

use bytes::Bytes;
use ringbook_app::admitted::Admitted;
use ringbook_app::cursor;
use ringbook_book::book::history::Changes;
use ringbook_book::runner::Runner;

use super::MethodCall;
use crate::error_map;
use crate::method::bounds::{CHANGES_LIMIT, Range};
use crate::method::{LIMIT, SINCE};
use crate::mnemonic::{Mnemonic, RpcError};
use crate::reader::Reader;
use crate::to_wire::{self, WithCursor};

/// Asks the caller's book what has changed, and writes it; of what is too large for one answer, the first part.
pub async fn contact_changes(request: MethodCall<'_>, call: &mut Admitted<'_, '_>) -> Result<Vec<Bytes>, RpcError> {
    let params = request.params;
    let refused = |error| error_map::of_app(&error, params);
    let since = params.text(SINCE)?;
    let limit = params.whole(LIMIT)?;
    let customer = call.customer().map_err(refused)?;
    let since = cursor::read(&since, customer).map_err(|reason| {
        RpcError::at(Mnemonic::InvalidParameterValue, SINCE).sent(params.raw(SINCE)).because(reason)
    })?;
    let limit = checked_limit(limit, params)?;
    let mut attempts = request.attempts(call);
    loop {
        let mut reply = attempts.open(0).await?;
        let write = move |changes: &Changes<'_>, runner: &dyn Runner| {
            let shown = to_wire::changes(reply.data(), &changes.changed, runner);
            let (next, has_more) = changes.cursor_after(shown);
            (reply, WithCursor { total: changes.total, cursor: cursor::write(next, customer), has_more })
        };
        let (reply, cursor) = call.changes(since, limit, write).await.map_err(refused)?;
        if let Some(reply) = attempts.complete(reply, params)? {
            return Ok(reply.finish_with_cursor(&cursor, call.limits().as_ref()));
        }
    }
}

fn checked_limit(limit: Option<i128>, params: Reader<'_>) -> Result<usize, RpcError> {
    let Range { min, max, default } = CHANGES_LIMIT;
    let Some(limit) = limit else {
        return Ok(default);
    };
    let limit = usize::try_from(limit).ok().filter(|limit| (min..=max).contains(limit));
    limit.ok_or_else(|| {
        let error = RpcError::at(Mnemonic::InvalidParameterValue, LIMIT).sent(params.raw(LIMIT));
        error.because(format!("must be from {min} to {max}")).with("max", max as u64)
    })
}
