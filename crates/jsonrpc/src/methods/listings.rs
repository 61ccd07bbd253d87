//! The questions about what a book lists beside contacts: groups, organizations, employees, the blacklist.

use std::sync::Arc;

use bytes::Bytes;
use ringbook_app::admitted::Admitted;
use ringbook_book::query::records::{BlacklistNumbers, Employees, Groups, Listing, Organizations, RecordPage};
use ringbook_book::runner::Runner;

use super::MethodCall;
use crate::mnemonic::RpcError;
use crate::to_wire;
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
    let refused = |error| error_map::of_app(&error, request.params);
    let ask = request.read(call, from_wire::ask).await?;
    let plan = Arc::new(call.plan(L::fields(), ask).await.map_err(refused)?);
    let mut attempts = request.attempts(call);
    loop {
        let mut reply = attempts.open(0).await?;
        let (table, fields) = (plan.table(), plan.fields());
        let write = move |found: RecordPage<L::Record<'_>>, runner: &dyn Runner| {
            to_wire::records(reply.data(), table, fields, found.records(), runner);
            (reply, found.total)
        };
        let (reply, total) = call.list::<L, _>(Arc::clone(&plan), write).await.map_err(refused)?;
        if let Some(reply) = attempts.complete(reply, request.params)? {
            return Ok(reply.close(Some(total), call.limits().as_ref()));
        }
    }
}
