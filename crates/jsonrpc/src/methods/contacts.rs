//! `get.contacts`

use std::sync::Arc;

use bytes::Bytes;
use ringbook_book::query::field::CONTACT;
use ringbook_book::query::plan::plan;

use super::MethodCall;
use crate::mnemonic::RpcError;
use crate::stopwatch::{Stage, Stopwatch};
use crate::to_wire::{self, Reply};
use crate::{Rpc, error_map, from_wire};

/// More contacts than this are written where that holds up nobody else; so many take a tenth of a millisecond.
const CONTACTS_AT_ONCE_MAX: usize = 1_000;

/// Asks the caller's book and writes the page that it finds.
pub async fn contacts(rpc: &Rpc, work: MethodCall<'_>, watch: &mut Stopwatch<'_>) -> Result<Vec<Bytes>, RpcError> {
    let refused = |fault| error_map::of_question(&fault, work.params);
    let ask = from_wire::ask(work.params)?;
    // A regular expression can take milliseconds to compile.
    let holds_up = ask.filter.regexps() > 0;
    let make = move || plan(&CONTACT, &ask);
    let plan = if holds_up { rpc.books.aside(make).await } else { make() }.map_err(refused)?;
    let fields = plan.fields();
    watch.lap(Stage::Plan);
    let customer = work.caller.customer();
    let customer = customer.ok_or_else(|| RpcError::internal("a contact question without a customer"))?;
    let book = rpc.books.book(customer).await.map_err(|fault| error_map::of_book(&fault))?;
    watch.lap(Stage::Book);
    let (book, page) = rpc.books.ask(book, plan).await.map_err(refused)?;
    watch.lap(Stage::Run);
    let (count, total) = (page.len(), page.total);
    let mut reply = Reply::open(work.id);
    let rendered = Arc::clone(&rpc.rendered);
    let write = move || {
        to_wire::contacts(reply.data(), fields, &page, &book, &rendered);
        reply
    };
    let reply = if count > CONTACTS_AT_ONCE_MAX { rpc.books.aside(write).await } else { write() };
    let reply = reply.close(Some(total), work.limits);
    watch.lap(Stage::Write);
    Ok(reply)
}
