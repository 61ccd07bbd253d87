//! The methods that change one thing or remove some: read the command, have it carried out, say so.
//!
//! What a command may look like is judged in [`crate::from_wire`], whether it fits the book is for the book to
//! say. Uploads, which answer for each record, stand in [`super::uploading`].

use bytes::Bytes;
use ringbook_book::command::{Command, Outcome};
use ringbook_book::id::{BlacklistId, EmployeeId, GroupId, OrganizationId};

use super::MethodCall;
use crate::method::Guarded;
use crate::mnemonic::RpcError;
use crate::to_wire::Reply;
use crate::{Rpc, error_map, from_wire};
use ringbook_clock::Moment;

/// Adds a contact.
pub async fn create_contact(rpc: &Rpc, work: MethodCall<'_>) -> Result<Vec<Bytes>, RpcError> {
    create(rpc, work, from_wire::add_contact(work.params)?).await
}

/// Changes a contact.
pub async fn update_contact(rpc: &Rpc, work: MethodCall<'_>) -> Result<Vec<Bytes>, RpcError> {
    alter(rpc, work, from_wire::edit_contact(work.params)?).await
}

/// Removes one contact or several.
pub async fn delete_contacts(rpc: &Rpc, work: MethodCall<'_>) -> Result<Vec<Bytes>, RpcError> {
    alter(rpc, work, from_wire::drop_contacts(work.params)?).await
}

/// Adds a group.
pub async fn create_group(rpc: &Rpc, work: MethodCall<'_>) -> Result<Vec<Bytes>, RpcError> {
    create(rpc, work, from_wire::add_group(work.params)?).await
}

/// Renames a group, sets its members, or both.
pub async fn update_group(rpc: &Rpc, work: MethodCall<'_>) -> Result<Vec<Bytes>, RpcError> {
    alter(rpc, work, from_wire::edit_group(work.params)?).await
}

/// Removes a group.
pub async fn delete_group(rpc: &Rpc, work: MethodCall<'_>) -> Result<Vec<Bytes>, RpcError> {
    alter(rpc, work, Command::DropGroup(from_wire::the_id(work.params, GroupId::new)?)).await
}

/// Adds an organization.
pub async fn create_organization(rpc: &Rpc, work: MethodCall<'_>) -> Result<Vec<Bytes>, RpcError> {
    create(rpc, work, from_wire::add_organization(work.params)?).await
}

/// Renames an organization.
pub async fn update_organization(rpc: &Rpc, work: MethodCall<'_>) -> Result<Vec<Bytes>, RpcError> {
    alter(rpc, work, from_wire::rename_organization(work.params)?).await
}

/// Removes an organization.
pub async fn delete_organization(rpc: &Rpc, work: MethodCall<'_>) -> Result<Vec<Bytes>, RpcError> {
    alter(rpc, work, Command::DropOrganization(from_wire::the_id(work.params, OrganizationId::new)?)).await
}

/// Adds an employee.
pub async fn create_employee(rpc: &Rpc, work: MethodCall<'_>) -> Result<Vec<Bytes>, RpcError> {
    create(rpc, work, from_wire::add_employee(work.params, Guarded::CreateEmployee.spec())?).await
}

/// Changes an employee.
pub async fn update_employee(rpc: &Rpc, work: MethodCall<'_>) -> Result<Vec<Bytes>, RpcError> {
    alter(rpc, work, from_wire::edit_employee(work.params, Guarded::UpdateEmployee.spec())?).await
}

/// Removes an employee.
pub async fn delete_employee(rpc: &Rpc, work: MethodCall<'_>) -> Result<Vec<Bytes>, RpcError> {
    alter(rpc, work, Command::DropEmployee(from_wire::the_id(work.params, EmployeeId::new)?)).await
}

/// Puts a number on the blacklist, in the name of the user acted for.
pub async fn create_blacklist_number(rpc: &Rpc, work: MethodCall<'_>, now: Moment) -> Result<Vec<Bytes>, RpcError> {
    let entry = from_wire::blacklist_entry(work.params, &work.caller.user().name, now.unix())?;
    let digits = entry.phone.to_string();
    let outcome = change(rpc, work, Command::AddBlacklistNumber(entry)).await?;
    Ok(Reply::created_number(work.id, made(&outcome)?, &digits).close(None, work.limits))
}

/// Takes a number off the blacklist.
pub async fn delete_blacklist_number(rpc: &Rpc, work: MethodCall<'_>) -> Result<Vec<Bytes>, RpcError> {
    alter(rpc, work, Command::DropBlacklistNumber(from_wire::the_id(work.params, BlacklistId::new)?)).await
}

/// Has a command carried out that makes one thing, and answers with its id.
async fn create(rpc: &Rpc, work: MethodCall<'_>, command: Command) -> Result<Vec<Bytes>, RpcError> {
    let outcome = change(rpc, work, command).await?;
    Ok(Reply::created(work.id, made(&outcome)?).close(None, work.limits))
}

/// Has a command carried out that there is nothing more to say about.
async fn alter(rpc: &Rpc, work: MethodCall<'_>, command: Command) -> Result<Vec<Bytes>, RpcError> {
    change(rpc, work, command).await?;
    let mut reply = Reply::open(work.id);
    reply.empty();
    Ok(reply.close(None, work.limits))
}

async fn change(rpc: &Rpc, work: MethodCall<'_>, command: Command) -> Result<Outcome, RpcError> {
    let outcome = rpc.books.change(work.customer()?, command).await;
    outcome.map_err(|fault| error_map::of_change(&fault, work.params))
}

fn made(outcome: &Outcome) -> Result<u64, RpcError> {
    let made = outcome.made.first().copied().flatten();
    made.ok_or_else(|| RpcError::internal("a command that makes something has made nothing"))
}
