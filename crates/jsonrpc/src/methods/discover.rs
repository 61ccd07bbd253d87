//! `rpc.discover`

use bytes::Bytes;

use crate::discovery;
use crate::method::Open;
use crate::mnemonic::RpcError;
use crate::reader::Reader;
use crate::to_wire::Reply;

/// The description of all methods.
pub fn discover(id: &str, params: Reader<'_>) -> Result<Vec<Bytes>, RpcError> {
    params.refuse_unknown(Open::Discover.spec())?;
    let mut reply = Reply::open(id);
    reply.written(discovery::document());
    Ok(reply.close(None, None))
}
