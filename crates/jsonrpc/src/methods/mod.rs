//! What each method does once its caller is admitted: one function per method, in the terms of the floors below.

use ringbook_book::id::CustomerId;

use ringbook_app::access::{Caller, Identity, LimitsView, Scope};

use super::method::{Guarded, USER_ID};
use super::mnemonic::RpcError;
use super::reader::Reader;

mod changes;
mod contacts;
mod discover;
mod listings;
mod mirror;
mod people;
mod report;
mod session;
mod uploading;

pub use changes::{
    create_blacklist_number, create_contact, create_employee, create_group, create_organization,
    delete_blacklist_number, delete_contacts, delete_employee, delete_group, delete_organization, update_contact,
    update_employee, update_group, update_organization,
};
pub use contacts::contacts;
pub use discover::discover;
pub use listings::{blacklist_numbers, employees, groups, organizations};
pub use mirror::contact_changes;
pub use people::{account, customer_users};
pub use report::api_requests;
pub use session::{login, logout};
pub use uploading::upload_contacts;

/// What a guarded method works with.
#[derive(Debug, Clone, Copy)]
pub struct MethodCall<'a> {
    /// The call's id, as it was written.
    pub id: &'a str,
    /// Its parameters; unknown ones are refused already.
    pub params: Reader<'a>,
    /// Who calls, and on whose behalf.
    pub caller: &'a Caller,
    /// How the account stands with this call charged.
    pub limits: Option<&'a LimitsView>,
}

impl MethodCall<'_> {
    /// Whose book it is about.
    pub fn customer(&self) -> Result<CustomerId, RpcError> {
        self.caller.customer().ok_or_else(|| RpcError::internal("a call about a book, for nobody who has one"))
    }
}

/// The user that a call names, as access is to judge it.
///
/// A wrong type is refused here only where an agent needs the parameter; elsewhere its turn comes with the
/// other parameters.
pub fn user_id(method: Guarded, identity: &Identity, params: Reader<'_>) -> Result<Option<u64>, RpcError> {
    if !method.spec().takes(USER_ID) {
        return Ok(None);
    }
    match (identity.is_agent(), method.scope()) {
        (true, Scope::CustomerMethod) => params.user_id(),
        (true, Scope::CustomerOnly | Scope::AgentOnly | Scope::AnySide) => Ok(None),
        (false, _) => Ok(params.user_id().unwrap_or(None)),
    }
}
