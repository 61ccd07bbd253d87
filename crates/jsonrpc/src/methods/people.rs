//! `get.customer_users` and `get.account`: small tables that are in memory anyway.

use bytes::Bytes;
use ringbook_book::query::field::{ACCOUNT, CUSTOMER_USER, Field};
use ringbook_book::query::plan::plan;
use ringbook_book::query::records::Found;
use ringbook_book::query::value::{Record, Value};

use super::MethodCall;
use crate::mnemonic::RpcError;
use crate::to_wire::{self, Reply};
use crate::{error_map, from_wire};
use ringbook_app::access::{Account, User};

/// The users of all the agent's customers.
pub fn customer_users(work: MethodCall<'_>) -> Result<Vec<Bytes>, RpcError> {
    let users = work.caller.customer_users();
    answer(&work, &CUSTOMER_USER, users.iter().map(|user| CustomerUser(user)).collect())
}

/// The customer that the caller belongs to.
pub fn account(work: MethodCall<'_>) -> Result<Vec<Bytes>, RpcError> {
    answer(&work, &ACCOUNT, vec![Owner(work.caller.account())])
}

fn answer<R: Record>(work: &MethodCall<'_>, table: &'static [Field], all: Vec<R>) -> Result<Vec<Bytes>, RpcError> {
    let refused = |fault| error_map::of_question(&fault, work.params);
    let plan = plan(table, &from_wire::ask(work.params)?).map_err(refused)?;
    let found = Found::among(all, &plan).map_err(refused)?;
    let mut reply = Reply::open(work.id);
    to_wire::records(reply.data(), table, plan.fields(), found.records());
    Ok(reply.close(Some(found.total), work.limits))
}

/// A user, by the field table of `get.customer_users`.
struct CustomerUser<'a>(&'a User);

impl Record for CustomerUser<'_> {
    fn value(&self, field: usize) -> Value<'_> {
        match CUSTOMER_USER[field].name {
            "id" => Value::Number(self.0.id.number().cast_signed()),
            "login" => Value::Text(&self.0.login),
            "description" => Value::Text(&self.0.description),
            "name" => Value::Text(&self.0.name),
            "customer_id" => Value::Number(self.0.account.number().cast_signed()),
            _ => Value::Null,
        }
    }

    fn id(&self) -> u64 {
        self.0.id.number()
    }
}

/// A customer, by the field table of `get.account`.
struct Owner<'a>(&'a Account);

impl Record for Owner<'_> {
    fn value(&self, field: usize) -> Value<'_> {
        match ACCOUNT[field].name {
            "app_id" => Value::Number(self.0.id.number().cast_signed()),
            "name" => Value::Text(&self.0.name),
            "timezone" => Value::Text(&self.0.timezone),
            _ => Value::Null,
        }
    }

    fn id(&self) -> u64 {
        self.0.id.number()
    }
}
