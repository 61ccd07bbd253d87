//! `upload.contacts`: many contacts at once, with an answer for each.

use bytes::Bytes;
use ringbook_app::admitted::Admitted;
use ringbook_app::app_error::AppError;
use ringbook_book::command::Outcome;

use super::MethodCall;
use crate::error_map;
use crate::from_wire::{self, Batch};
use crate::mnemonic::RpcError;
use crate::reader::Reader;
use crate::to_wire::{self, Reply};

/// Adds the contacts that are good, or all of them or none.
pub async fn upload_contacts(request: MethodCall<'_>, call: &mut Admitted<'_, '_>) -> Result<Vec<Bytes>, RpcError> {
    let mut batch = request.read(call, from_wire::upload).await?;
    // Reserved beforehand: once the records are uploaded, the answer must not be refused.
    let limits = request.limits;
    let most = batch.sent.len() * to_wire::UPLOAD_ERROR_BYTES + 2 * request.bytes;
    let replies = limits.replies.charged_to(call.charged_account());
    replies.reserve(most.min(limits.bytes_max)).await.map_err(to_wire::no_room)?;
    let outcome = match batch.good.is_empty() {
        true => Outcome::default(),
        false => {
            let outcome = call.change(batch.command()).await;
            outcome.map_err(|error| of_upload(&error, &batch, request.params))?
        }
    };
    let errors = errors(&outcome, &mut batch);
    let mut reply = Reply::open(request.id);
    reply.uploaded(&ids(&outcome, &batch), &errors, limits.bytes_max / 2);
    Ok(reply.close(None, call.limits().as_ref()))
}

/// The error of the call, at the record that is to blame.
fn of_upload(error: &AppError, batch: &Batch<'_>, params: Reader<'_>) -> RpcError {
    let AppError::Command(rejected) = error else {
        return error_map::of_app(error, params);
    };
    match batch.good.get(rejected.index) {
        Some(place) => {
            let fault = error_map::of_command(rejected, Reader::of(batch.sent[*place]));
            // A book without room is the fault of no record.
            if fault.field.is_some() { fault.inside(&from_wire::upload_path(*place)) } else { fault }
        }
        None => RpcError::internal("a record was refused that was not asked about"),
    }
}

/// One for each record sent.
fn ids(outcome: &Outcome, batch: &Batch<'_>) -> Vec<Option<u64>> {
    let mut ids = vec![None; batch.sent.len()];
    for (place, made) in batch.good.iter().zip(&outcome.created) {
        ids[*place] = *made;
    }
    ids
}

/// What was wrong with the records left out, in their order.
fn errors(outcome: &Outcome, batch: &mut Batch<'_>) -> Vec<(usize, RpcError)> {
    let mut errors = std::mem::take(&mut batch.wrong);
    for rejected in &outcome.skipped {
        if let Some(place) = batch.good.get(rejected.index) {
            errors.push((*place, error_map::of_command(rejected, Reader::of(batch.sent[*place]))));
        }
    }
    errors.sort_by_key(|(place, _)| *place);
    errors
}
