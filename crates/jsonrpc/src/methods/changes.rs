//! The methods that change one thing or remove some: read the command, have it carried out, say so.
//!
//! What a command may look like is judged in [`crate::from_wire`], whether it fits the book is for the book to
//! say. Uploads, which answer for each record, stand in [`super::uploading`].

use bytes::Bytes;
use ringbook_app::admitted::Admitted;
use ringbook_book::command::{Command, Outcome};
use ringbook_book::id::{BlacklistId, EmployeeId, GroupId, OrganizationId};

use super::MethodCall;
use crate::method::Guarded;
use crate::mnemonic::RpcError;
use crate::reader::Reader;
use crate::to_wire::Reply;
use crate::{error_map, from_wire};

/// Adds a contact.
pub async fn create_contact(request: MethodCall<'_>, call: &mut Admitted<'_, '_>) -> Result<Vec<Bytes>, RpcError> {
    create(request, call, from_wire::add_contact).await
}

/// Changes a contact.
pub async fn update_contact(request: MethodCall<'_>, call: &mut Admitted<'_, '_>) -> Result<Vec<Bytes>, RpcError> {
    alter(request, call, from_wire::edit_contact).await
}

/// Removes one contact or several.
pub async fn delete_contacts(request: MethodCall<'_>, call: &mut Admitted<'_, '_>) -> Result<Vec<Bytes>, RpcError> {
    alter(request, call, from_wire::drop_contacts).await
}

/// Adds a group.
pub async fn create_group(request: MethodCall<'_>, call: &mut Admitted<'_, '_>) -> Result<Vec<Bytes>, RpcError> {
    create(request, call, from_wire::add_group).await
}

/// Renames a group, sets its members, or both.
pub async fn update_group(request: MethodCall<'_>, call: &mut Admitted<'_, '_>) -> Result<Vec<Bytes>, RpcError> {
    alter(request, call, from_wire::edit_group).await
}

/// Removes a group.
pub async fn delete_group(request: MethodCall<'_>, call: &mut Admitted<'_, '_>) -> Result<Vec<Bytes>, RpcError> {
    alter(request, call, |params| from_wire::the_id(params, Guarded::DeleteGroup, GroupId::new).map(Command::DropGroup))
        .await
}

/// Adds an organization.
pub async fn create_organization(request: MethodCall<'_>, call: &mut Admitted<'_, '_>) -> Result<Vec<Bytes>, RpcError> {
    create(request, call, from_wire::add_organization).await
}

/// Renames an organization.
pub async fn update_organization(request: MethodCall<'_>, call: &mut Admitted<'_, '_>) -> Result<Vec<Bytes>, RpcError> {
    alter(request, call, from_wire::rename_organization).await
}

/// Removes an organization.
pub async fn delete_organization(request: MethodCall<'_>, call: &mut Admitted<'_, '_>) -> Result<Vec<Bytes>, RpcError> {
    alter(request, call, |params| {
        from_wire::the_id(params, Guarded::DeleteOrganization, OrganizationId::new).map(Command::DropOrganization)
    })
    .await
}

/// Adds an employee.
pub async fn create_employee(request: MethodCall<'_>, call: &mut Admitted<'_, '_>) -> Result<Vec<Bytes>, RpcError> {
    create(request, call, from_wire::add_employee).await
}

/// Changes an employee.
pub async fn update_employee(request: MethodCall<'_>, call: &mut Admitted<'_, '_>) -> Result<Vec<Bytes>, RpcError> {
    alter(request, call, from_wire::edit_employee).await
}

/// Removes an employee.
pub async fn delete_employee(request: MethodCall<'_>, call: &mut Admitted<'_, '_>) -> Result<Vec<Bytes>, RpcError> {
    alter(request, call, |params| {
        from_wire::the_id(params, Guarded::DeleteEmployee, EmployeeId::new).map(Command::DropEmployee)
    })
    .await
}

/// Puts a number on the blacklist, in the name of the user acted for.
pub async fn create_blacklist_number(
    request: MethodCall<'_>,
    call: &mut Admitted<'_, '_>,
) -> Result<Vec<Bytes>, RpcError> {
    let entry = request.read(call, |params| from_wire::blacklist_entry(params, &call.user().name, call.now())).await?;
    let digits = entry.phone.to_string();
    let outcome = change(request, call, Command::AddBlacklistNumber(entry)).await?;
    Ok(Reply::created_number(request.id, made(&outcome)?, &digits).close(None, call.limits().as_ref()))
}

/// Takes a number off the blacklist.
pub async fn delete_blacklist_number(
    request: MethodCall<'_>,
    call: &mut Admitted<'_, '_>,
) -> Result<Vec<Bytes>, RpcError> {
    alter(request, call, |params| {
        from_wire::the_id(params, Guarded::DeleteBlacklistNumber, BlacklistId::new).map(Command::DropBlacklistNumber)
    })
    .await
}

/// Reads a command that makes one thing, has it carried out, and answers with its id.
async fn create<'a>(
    request: MethodCall<'a>,
    call: &mut Admitted<'_, '_>,
    read: impl FnOnce(Reader<'a>) -> Result<Command, RpcError>,
) -> Result<Vec<Bytes>, RpcError> {
    let command = request.read(call, read).await?;
    let outcome = change(request, call, command).await?;
    Ok(Reply::created(request.id, made(&outcome)?).close(None, call.limits().as_ref()))
}

/// Reads a command that there is nothing more to say about, and has it carried out.
async fn alter<'a>(
    request: MethodCall<'a>,
    call: &mut Admitted<'_, '_>,
    read: impl FnOnce(Reader<'a>) -> Result<Command, RpcError>,
) -> Result<Vec<Bytes>, RpcError> {
    let command = request.read(call, read).await?;
    change(request, call, command).await?;
    let mut reply = Reply::open(request.id);
    reply.empty();
    Ok(reply.close(None, call.limits().as_ref()))
}

async fn change(request: MethodCall<'_>, call: &mut Admitted<'_, '_>, command: Command) -> Result<Outcome, RpcError> {
    let outcome = call.change(command).await;
    outcome.map_err(|error| error_map::of_app(&error, request.params))
}

fn made(outcome: &Outcome) -> Result<u64, RpcError> {
    let made = outcome.created.first().copied().flatten();
    made.ok_or_else(|| RpcError::internal("a command that makes something has made nothing"))
}
