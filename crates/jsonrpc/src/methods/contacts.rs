//! `get.contacts`

use std::sync::Arc;

use bytes::Bytes;
use ringbook_app::admitted::{Admitted, Contacts};

use super::MethodCall;
use crate::mnemonic::RpcError;
use crate::to_wire::{self, ChunkCache, Reply};
use crate::{error_map, from_wire};

/// Asks the caller's book and writes the page that it finds.
pub async fn contacts(
    request: MethodCall<'_>,
    call: &mut Admitted<'_, '_>,
    chunk_cache: &Arc<ChunkCache>,
) -> Result<Vec<Bytes>, RpcError> {
    let ask = from_wire::ask(request.params)?;
    let found = call.contacts(ask).await.map_err(|error| error_map::of_app(&error, request.params))?;
    let Contacts { page, fields } = found;
    let (count, total) = (page.len(), page.total);
    let mut reply = Reply::open(request.id);
    let chunk_cache = Arc::clone(chunk_cache);
    let write = move || {
        to_wire::contacts(reply.data(), fields, &page, &chunk_cache);
        reply
    };
    let reply = call.write(count, write).await.map_err(|error| error_map::of_app(&error, request.params))?;
    Ok(reply.close(Some(total), call.limits().as_ref()))
}
