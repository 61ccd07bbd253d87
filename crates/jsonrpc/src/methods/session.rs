//! `login.user` and `logout.user`

use bytes::Bytes;
use ringbook_app::access::Secret;
use ringbook_app::admitted::Admitted;
use ringbook_app::call::Call;

use super::MethodCall;
use crate::error_map;
use crate::method::Open;
use crate::mnemonic::RpcError;
use crate::to_wire::Reply;

/// Begins a session.
pub async fn login(request: MethodCall<'_>, call: &mut Call<'_>) -> Result<Vec<Bytes>, RpcError> {
    let params = request.params;
    params.refuse_unknown(Open::LoginUser.spec())?;
    let login = params.text("login")?;
    let password = Secret::new(params.text("password")?.into_owned());
    let session = call.log_in(&login, password).await.map_err(|error| error_map::of_access(error, params))?;
    let mut reply = Reply::open(request.id);
    reply.session(&session);
    Ok(reply.close(None, call.limits().as_ref()))
}

/// Ends the session that the caller came with.
pub async fn logout(request: MethodCall<'_>, call: &mut Admitted<'_, '_>) -> Result<Vec<Bytes>, RpcError> {
    call.log_out().await.map_err(|error| error_map::of_app(&error, request.params))?;
    let mut reply = Reply::open(request.id);
    reply.empty();
    Ok(reply.close(None, call.limits().as_ref()))
}
