//! What each method does once its caller is admitted: one function per method, in the terms of the application.

use ringbook_app::admitted::Admitted;

use super::error_map;
use super::mnemonic::RpcError;
use super::reader::Reader;
use super::to_wire::{AnswerAttempts, AnswerLimits};

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

/// A request as it was written: what a method reads.
#[derive(Debug, Clone, Copy)]
pub struct MethodCall<'a> {
    /// The call's id.
    pub id: &'a str,
    /// Its parameters.
    pub params: Reader<'a>,
    /// Bytes of its body.
    pub bytes: usize,
    /// The bounds of its answer.
    pub limits: &'a AnswerLimits,
}

impl<'a> MethodCall<'a> {
    /// Reads the parameters with `read`: a large request when it is the turn of the caller's account.
    async fn read<T>(
        self,
        call: &Admitted<'_, '_>,
        read: impl FnOnce(Reader<'a>) -> Result<T, RpcError>,
    ) -> Result<T, RpcError> {
        let params = self.params.with_numbers(call.account().numbers);
        let read = call.read(self.bytes, || read(params)).await;
        read.map_err(|error| error_map::of_app(&error, self.params))?
    }

    /// Attempts to write a large answer, charged to the caller's account.
    fn attempts(self, call: &Admitted<'_, '_>) -> AnswerAttempts<'a> {
        let replies = self.limits.replies.charged_to(call.charged_account());
        AnswerAttempts::new(self.id, self.limits, replies)
    }
}
