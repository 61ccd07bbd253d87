//! The questions about what a book lists beside contacts: groups, organizations, employees, the blacklist.

use bytes::Bytes;
use ringbook_book::Book;
use ringbook_book::query::contacts::Effort;
use ringbook_book::query::fault::QueryFault;
use ringbook_book::query::plan::{Plan, plan};
use ringbook_book::query::records::{BlacklistNumbers, Employees, Groups, Listing, Organizations};

use super::MethodCall;
use crate::mnemonic::RpcError;
use crate::to_wire::{self, Reply};
use crate::{Rpc, error_map, from_wire};

/// Pages of more records than this are written where that holds up nobody else.
const RECORDS_AT_ONCE_MAX: usize = 1_000;

/// The groups, with their members.
pub async fn groups(rpc: &Rpc, work: MethodCall<'_>) -> Result<Vec<Bytes>, RpcError> {
    answer::<Groups>(rpc, work).await
}

/// The organizations.
pub async fn organizations(rpc: &Rpc, work: MethodCall<'_>) -> Result<Vec<Bytes>, RpcError> {
    answer::<Organizations>(rpc, work).await
}

/// The employees.
pub async fn employees(rpc: &Rpc, work: MethodCall<'_>) -> Result<Vec<Bytes>, RpcError> {
    answer::<Employees>(rpc, work).await
}

/// The blacklist.
pub async fn blacklist_numbers(rpc: &Rpc, work: MethodCall<'_>) -> Result<Vec<Bytes>, RpcError> {
    answer::<BlacklistNumbers>(rpc, work).await
}

/// Asks the caller's book and writes the page that it finds.
async fn answer<L: Listing>(rpc: &Rpc, work: MethodCall<'_>) -> Result<Vec<Bytes>, RpcError> {
    let refused = |fault| error_map::of_question(&fault, work.params);
    let ask = from_wire::ask(work.params)?;
    // A regular expression can take milliseconds to compile.
    let holds_up = ask.filter.regexps() > 0;
    let make = move || plan(L::fields(), &ask);
    let plan = if holds_up { rpc.books.aside(make).await } else { make() }.map_err(refused)?;
    let book = rpc.books.book(work.customer()?).await.map_err(|fault| error_map::of_book(&fault))?;
    let shown = plan.window().limit().min(L::looks(&book, &plan));
    let is_long = L::effort(&book, &plan) == Effort::Long || shown > RECORDS_AT_ONCE_MAX;
    let reply = Reply::open(work.id);
    let find = move || found::<L>(reply, &book, &plan);
    let (reply, total) = if is_long { rpc.books.aside(find).await } else { find() }.map_err(refused)?;
    Ok(reply.close(Some(total), work.limits))
}

/// Runs the plan, and writes what it finds; the reply, and how many records match.
fn found<L: Listing>(mut reply: Reply, book: &Book, plan: &Plan) -> Result<(Reply, u64), QueryFault> {
    let found = L::find(book, plan)?;
    to_wire::records(reply.data(), plan.table(), plan.fields(), found.records());
    Ok((reply, found.total))
}
