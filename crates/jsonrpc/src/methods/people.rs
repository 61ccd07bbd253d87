//! `get.customer_users` and `get.account`: small tables that are in memory anyway.

use std::sync::Arc;

use bytes::Bytes;
use ringbook_app::admitted::Admitted;
use ringbook_app::fields::{ACCOUNT, CUSTOMER_USER};
use ringbook_book::query::field::Field;
use ringbook_book::query::records::RecordPage;
use ringbook_book::query::value::{Record, Value};
use ringbook_book::runner::Runner;

use super::MethodCall;
use crate::mnemonic::RpcError;
use crate::to_wire;
use crate::{error_map, from_wire};
use ringbook_app::access::{Account, User};

/// The users of all the agent's customers.
pub async fn customer_users(request: MethodCall<'_>, call: &mut Admitted<'_, '_>) -> Result<Vec<Bytes>, RpcError> {
    let users = call.customer_users().iter().map(|user| CustomerUser(Arc::clone(user))).collect();
    answer(request, call, &CUSTOMER_USER, users).await
}

/// The customer that the caller belongs to.
pub async fn account(request: MethodCall<'_>, call: &mut Admitted<'_, '_>) -> Result<Vec<Bytes>, RpcError> {
    let account = Owner(Arc::clone(call.shared_account()));
    answer(request, call, &ACCOUNT, vec![account]).await
}

async fn answer<R: Record + Clone + Send + 'static>(
    request: MethodCall<'_>,
    call: &mut Admitted<'_, '_>,
    table: &'static [Field],
    all: Vec<R>,
) -> Result<Vec<Bytes>, RpcError> {
    let refused = |error| error_map::of_app(&error, request.params);
    let ask = request.read(call, from_wire::ask).await?;
    let plan = Arc::new(call.plan(table, ask).await.map_err(refused)?);
    let mut attempts = request.attempts(call);
    loop {
        let mut reply = attempts.open(0).await?;
        let fields = plan.fields();
        let write = move |found: RecordPage<R>, runner: &dyn Runner| {
            to_wire::records(reply.data(), table, fields, found.records(), runner);
            (reply, found.total)
        };
        let (reply, total) = call.among(Arc::clone(&plan), all.clone(), write).await.map_err(refused)?;
        if let Some(reply) = attempts.complete(reply, request.params)? {
            return Ok(reply.close(Some(total), call.limits().as_ref()));
        }
    }
}

/// The value of each field of [`CUSTOMER_USER`]: one that is forgotten does not compile.
static CUSTOMER_USER_VALUES: [for<'a> fn(&'a User) -> Value<'a>; CUSTOMER_USER.len()] = [
    |user| Value::Number(user.id.number().cast_signed()),
    |user| Value::Text(&user.login),
    |user| Value::Text(&user.description),
    |user| Value::Text(&user.name),
    |user| Value::Number(user.account.number().cast_signed()),
];

/// The value of each field of [`ACCOUNT`].
static ACCOUNT_VALUES: [for<'a> fn(&'a Account) -> Value<'a>; ACCOUNT.len()] = [
    |account| Value::Number(account.id.number().cast_signed()),
    |account| Value::Text(&account.name),
    |account| Value::Text(&account.timezone),
];

/// A user, by the field table of `get.customer_users`.
#[derive(Clone)]
struct CustomerUser(Arc<User>);

impl Record for CustomerUser {
    fn value(&self, field: usize) -> Value<'_> {
        CUSTOMER_USER_VALUES[field](&self.0)
    }

    fn id(&self) -> u64 {
        self.0.id.number()
    }
}

/// A customer, by the field table of `get.account`.
#[derive(Clone)]
struct Owner(Arc<Account>);

impl Record for Owner {
    fn value(&self, field: usize) -> Value<'_> {
        ACCOUNT_VALUES[field](&self.0)
    }

    fn id(&self) -> u64 {
        self.0.id.number()
    }
}
