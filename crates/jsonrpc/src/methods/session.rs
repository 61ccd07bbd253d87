//! `login.user` and `logout.user`

use bytes::Bytes;

use super::MethodCall;
use crate::method::Open;
use crate::mnemonic::RpcError;
use crate::reader::Reader;
use crate::to_wire::Reply;
use crate::{CallContext, Rpc, error_map};
use ringbook_app::access::Secret;

/// Begins a session.
pub async fn login(
    rpc: &Rpc,
    id: &str,
    params: Reader<'_>,
    visit: &mut CallContext<'_>,
) -> Result<Vec<Bytes>, RpcError> {
    params.refuse_unknown(Open::LoginUser.spec())?;
    let login = params.text("login")?;
    let password = Secret::new(params.text("password")?.into_owned());
    let session = match rpc.access.login(&login, password, visit.peer, visit.now).await {
        Ok(session) => session,
        Err(failed) => {
            visit.identity = failed.identity;
            return Err(error_map::of_refusal(failed.refused, params));
        }
    };
    let limits = rpc.access.limits(&session.identity, visit.now);
    let mut reply = Reply::open(id);
    reply.session(&session);
    visit.identity = Some(session.identity);
    Ok(reply.close(None, limits.as_ref()))
}

/// Ends the session that the caller came with.
pub async fn logout(rpc: &Rpc, work: MethodCall<'_>) -> Result<Vec<Bytes>, RpcError> {
    let ended = rpc.access.logout(work.caller.identity()).await;
    ended.map_err(|fault| error_map::of_store(&fault))?;
    let mut reply = Reply::open(work.id);
    reply.empty();
    Ok(reply.close(None, work.limits))
}
