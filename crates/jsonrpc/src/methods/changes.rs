//! The methods that change one thing or remove some: read the command, have it carried out, say so.
//!
//! What a command may look like is judged in [`crate::from_wire`], whether it fits the book is for the book to
//! say. Uploads, which answer for each record, stand in [`super::uploading`].

use bytes::Bytes;
use ringbook_book::command::{Command, Outcome};
use ringbook_book::id::{BlacklistId, EmployeeId, GroupId, OrganizationId};

use super::Work;
use crate::fault::Fault;
use crate::method::Guarded;
use crate::to_wire::Reply;
use crate::{Rpc, from_wire, judgement};
use ringbook_clock::Moment;

/// Adds a contact.
pub async fn create_contact(rpc: &Rpc, work: Work<'_>) -> Result<Vec<Bytes>, Fault> {
    create(rpc, work, from_wire::add_contact(work.params)?).await
}

/// Changes a contact.
pub async fn update_contact(rpc: &Rpc, work: Work<'_>) -> Result<Vec<Bytes>, Fault> {
    alter(rpc, work, from_wire::edit_contact(work.params)?).await
}

/// Removes one contact or several.
pub async fn delete_contacts(rpc: &Rpc, work: Work<'_>) -> Result<Vec<Bytes>, Fault> {
    alter(rpc, work, from_wire::drop_contacts(work.params)?).await
}

/// Adds a group.
pub async fn create_group(rpc: &Rpc, work: Work<'_>) -> Result<Vec<Bytes>, Fault> {
    create(rpc, work, from_wire::add_group(work.params)?).await
}

/// Renames a group, sets its members, or both.
pub async fn update_group(rpc: &Rpc, work: Work<'_>) -> Result<Vec<Bytes>, Fault> {
    alter(rpc, work, from_wire::edit_group(work.params)?).await
}

/// Removes a group.
pub async fn delete_group(rpc: &Rpc, work: Work<'_>) -> Result<Vec<Bytes>, Fault> {
    alter(rpc, work, Command::DropGroup(from_wire::the_id(work.params, GroupId::new)?)).await
}

/// Adds an organization.
pub async fn create_organization(rpc: &Rpc, work: Work<'_>) -> Result<Vec<Bytes>, Fault> {
    create(rpc, work, from_wire::add_organization(work.params)?).await
}

/// Renames an organization.
pub async fn update_organization(rpc: &Rpc, work: Work<'_>) -> Result<Vec<Bytes>, Fault> {
    alter(rpc, work, from_wire::rename_organization(work.params)?).await
}

/// Removes an organization.
pub async fn delete_organization(rpc: &Rpc, work: Work<'_>) -> Result<Vec<Bytes>, Fault> {
    alter(rpc, work, Command::DropOrganization(from_wire::the_id(work.params, OrganizationId::new)?)).await
}

/// Adds an employee.
pub async fn create_employee(rpc: &Rpc, work: Work<'_>) -> Result<Vec<Bytes>, Fault> {
    create(rpc, work, from_wire::add_employee(work.params, Guarded::CreateEmployee.spec())?).await
}

/// Changes an employee.
pub async fn update_employee(rpc: &Rpc, work: Work<'_>) -> Result<Vec<Bytes>, Fault> {
    alter(rpc, work, from_wire::edit_employee(work.params, Guarded::UpdateEmployee.spec())?).await
}

/// Removes an employee.
pub async fn delete_employee(rpc: &Rpc, work: Work<'_>) -> Result<Vec<Bytes>, Fault> {
    alter(rpc, work, Command::DropEmployee(from_wire::the_id(work.params, EmployeeId::new)?)).await
}

/// Puts a number on the blacklist, in the name of the user acted for.
pub async fn create_blacklist_number(rpc: &Rpc, work: Work<'_>, now: Moment) -> Result<Vec<Bytes>, Fault> {
    let entry = from_wire::blacklist_entry(work.params, &work.caller.user().name, now.unix())?;
    let digits = entry.phone.to_string();
    let outcome = change(rpc, work, Command::AddBlacklistNumber(entry)).await?;
    Ok(Reply::made_number(work.id, made(&outcome)?, &digits).close(None, work.limits))
}

/// Takes a number off the blacklist.
pub async fn delete_blacklist_number(rpc: &Rpc, work: Work<'_>) -> Result<Vec<Bytes>, Fault> {
    alter(rpc, work, Command::DropBlacklistNumber(from_wire::the_id(work.params, BlacklistId::new)?)).await
}

/// Has a command carried out that makes one thing, and answers with its id.
async fn create(rpc: &Rpc, work: Work<'_>, command: Command) -> Result<Vec<Bytes>, Fault> {
    let outcome = change(rpc, work, command).await?;
    Ok(Reply::made(work.id, made(&outcome)?).close(None, work.limits))
}

/// Has a command carried out that there is nothing more to say about.
async fn alter(rpc: &Rpc, work: Work<'_>, command: Command) -> Result<Vec<Bytes>, Fault> {
    change(rpc, work, command).await?;
    let mut reply = Reply::open(work.id);
    reply.nothing();
    Ok(reply.close(None, work.limits))
}

async fn change(rpc: &Rpc, work: Work<'_>, command: Command) -> Result<Outcome, Fault> {
    let outcome = rpc.shelf.change(work.customer()?, command).await;
    outcome.map_err(|fault| judgement::of_change(&fault, work.params))
}

fn made(outcome: &Outcome) -> Result<u64, Fault> {
    let made = outcome.made.first().copied().flatten();
    made.ok_or_else(|| Fault::internal("a command that makes something has made nothing"))
}
