//! The questions about what a book lists beside contacts: groups, organizations, employees, the blacklist.

use bytes::Bytes;
use ringbook_app::admitted::Admitted;
use ringbook_book::query::plan::Plan;
use ringbook_book::query::records::{BlacklistNumbers, Employees, Groups, Listing, Organizations, RecordPage};

use super::MethodCall;
use crate::mnemonic::RpcError;
use crate::to_wire::{self, Reply};
use crate::{error_map, from_wire};

/// The groups, with their members.
pub async fn groups(request: MethodCall<'_>, call: &mut Admitted<'_, '_>) -> Result<Vec<Bytes>, RpcError> {
    answer::<Groups>(request, call).await
}

/// The organizations.
pub async fn organizations(request: MethodCall<'_>, call: &mut Admitted<'_, '_>) -> Result<Vec<Bytes>, RpcError> {
    answer::<Organizations>(request, call).await
}

/// The employees.
pub async fn employees(request: MethodCall<'_>, call: &mut Admitted<'_, '_>) -> Result<Vec<Bytes>, RpcError> {
    answer::<Employees>(request, call).await
}

/// The blacklist.
pub async fn blacklist_numbers(request: MethodCall<'_>, call: &mut Admitted<'_, '_>) -> Result<Vec<Bytes>, RpcError> {
    answer::<BlacklistNumbers>(request, call).await
}

/// Asks the caller's book and writes the page that it finds.
async fn answer<L: Listing>(request: MethodCall<'_>, call: &mut Admitted<'_, '_>) -> Result<Vec<Bytes>, RpcError> {
    let ask = from_wire::ask(request.params)?;
    let mut reply = Reply::open(request.id);
    let write = move |plan: &Plan, found: RecordPage<L::Record<'_>>| {
        to_wire::records(reply.data(), plan.table(), plan.fields(), found.records());
        (reply, found.total)
    };
    let written = call.list::<L, _>(ask, write).await;
    let (reply, total) = written.map_err(|error| error_map::of_app(&error, request.params))?;
    Ok(reply.close(Some(total), call.limits().as_ref()))
}
