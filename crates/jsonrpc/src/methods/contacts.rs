//! `get.contacts`

use std::sync::Arc;

use bytes::Bytes;
use ringbook_app::admitted::Admitted;
use ringbook_book::runner::Runner;

use super::MethodCall;
use crate::method::EXPLAIN;
use crate::mnemonic::RpcError;
use crate::to_wire::{self, ChunkCache};
use crate::{error_map, from_wire};

/// What a contact usually takes in an answer.
const USUAL_BYTES: usize = 512;

/// Asks the caller's book and writes the page that it finds.
pub async fn contacts(
    request: MethodCall<'_>,
    call: &mut Admitted<'_, '_>,
    chunk_cache: &Arc<ChunkCache>,
) -> Result<Vec<Bytes>, RpcError> {
    let refused = |error| error_map::of_app(&error, request.params);
    let is_explained = request.params.flag(EXPLAIN)?;
    let ask = request.read(call, from_wire::ask).await?;
    let found = Arc::new(call.contacts(ask).await.map_err(refused)?);
    let (count, total) = (found.page.len(), found.page.total);
    let mut attempts = request.attempts(call);
    loop {
        let mut reply = attempts.open(count * USUAL_BYTES).await?;
        let (shown, chunk_cache) = (Arc::clone(&found), Arc::clone(chunk_cache));
        let write = move |runner: &dyn Runner| {
            to_wire::contacts(reply.data(), shown.fields, &shown.page, &chunk_cache, runner);
            reply
        };
        let reply = call.write(count, write).await.map_err(refused)?;
        if let Some(reply) = attempts.complete(reply, request.params)? {
            let explained = is_explained.then_some(&*found);
            return Ok(reply.close_explained(total, explained, call.limits().as_ref()));
        }
    }
}
