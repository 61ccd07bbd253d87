//! `get.api_requests`

use bytes::Bytes;
use ringbook_book::moment;
use ringbook_book::query::field::API_REQUEST;
use ringbook_book::query::plan::plan;

use super::MethodCall;
use crate::mnemonic::{Mnemonic, RpcError};
use crate::to_wire::{self, Reply};
use crate::{Rpc, error_map, from_wire};
use ringbook_app::access::Right;
use ringbook_app::audit::{AuditError, Scope};

const DATE_FROM: &str = "date_from";
const DATE_TILL: &str = "date_till";
/// How far apart the two dates may be, in calendar months.
const MONTHS_MAX: u32 = 3;

/// The requests of a time: those of the account for whoever may see its users, else the user's own.
pub async fn api_requests(rpc: &Rpc, work: MethodCall<'_>) -> Result<Vec<Bytes>, RpcError> {
    let refused = |fault| error_map::of_question(&fault, work.params);
    let (from, till) = (text(work, DATE_FROM)?, text(work, DATE_TILL)?);
    let ask = from_wire::ask(work.params)?;
    let (from, till) = (date(work, DATE_FROM, &from)?, date(work, DATE_TILL, &till)?);
    // A regular expression can take milliseconds to compile.
    let plan = rpc.books.aside(move || plan(&API_REQUEST, &ask)).await.map_err(refused)?;
    judge(work, from, till)?;
    let own = (!work.caller.holds(Right::ClientUserSelect)).then(|| work.caller.user().id.number());
    let scope = Scope { account: work.caller.account().id, user: own, time: from..=till };
    let fields = plan.fields();
    let page = rpc.report.ask(scope, plan).await.map_err(|fault| match fault {
        AuditError::Store(fault) => error_map::of_store(&fault),
        AuditError::Question(fault) => refused(fault),
    })?;
    let mut reply = Reply::open(work.id);
    let write = move || {
        to_wire::records(reply.data(), &API_REQUEST, fields, page.requests.iter());
        (reply, page.total)
    };
    let (reply, total) = rpc.books.aside(write).await;
    Ok(reply.close(Some(total), work.limits))
}

/// A required text; null counts as absent.
fn text(work: MethodCall<'_>, name: &str) -> Result<String, RpcError> {
    let missed = || RpcError::at(Mnemonic::RequiredParameterMissed, name);
    let value = work.params.given(name).ok_or_else(missed)?;
    Ok(value.text().ok_or_else(|| work.params.mistyped(name))?.into_owned())
}

fn date(work: MethodCall<'_>, name: &str, text: &str) -> Result<i64, RpcError> {
    moment::read(text).ok_or_else(|| {
        let fault = RpcError::at(Mnemonic::InvalidParameterValue, name).sent(work.params.raw(name));
        fault.because("not a date and time: write YYYY-MM-DD hh:mm:ss or YYYY-MM-DD")
    })
}

/// Judges the two dates together.
fn judge(work: MethodCall<'_>, from: i64, till: i64) -> Result<(), RpcError> {
    let at = |mnemonic| RpcError::at(mnemonic, DATE_TILL).sent(work.params.raw(DATE_TILL));
    if till < from {
        return Err(at(Mnemonic::InvalidParametersCombination).because("date_till is before date_from"));
    }
    if till > moment::months_later(from, MONTHS_MAX) {
        return Err(at(Mnemonic::DateIntervalLimitReached));
    }
    Ok(())
}
