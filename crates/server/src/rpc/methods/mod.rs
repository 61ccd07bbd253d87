//! What each method does once its caller is admitted: one function per method, in the terms of the floors below.

use crate::access::{Caller, Identity, LimitsView, Scope};

use super::fault::Fault;
use super::method::{Guarded, Method, USER_ID};
use super::reader::Reader;

mod contacts;
mod people;
mod session;

pub use contacts::contacts;
pub use people::{account, customer_users};
pub use session::{login, logout};

/// What a guarded method works with.
#[derive(Debug, Clone, Copy)]
pub struct Work<'a> {
    /// The call's id, as it was written.
    pub id: &'a str,
    /// Its parameters; unknown ones are refused already.
    pub params: Reader<'a>,
    /// Who calls, and on whose behalf.
    pub caller: &'a Caller,
    /// How the account stands with this call charged.
    pub limits: Option<&'a LimitsView>,
}

/// The user that a call names, as access is to judge it.
///
/// A wrong type is refused here only where an agent needs the parameter; elsewhere its turn comes with the
/// other parameters.
pub fn user_id(method: Guarded, identity: &Identity, params: Reader<'_>) -> Result<Option<u64>, Fault> {
    if !Method::Guarded(method).spec().takes(USER_ID) {
        return Ok(None);
    }
    match (identity.is_agent(), method.scope()) {
        (true, Scope::CustomerMethod) => params.user_id(),
        (true, Scope::CustomerOnly | Scope::AgentOnly | Scope::AnySide) => Ok(None),
        (false, _) => Ok(params.user_id().unwrap_or(None)),
    }
}
