//! `rpc.discover`

use bytes::Bytes;

use crate::discovery;
use crate::method::Open;
use crate::mnemonic::RpcError;
use crate::reader::Reader;
use crate::to_wire;

/// The description of all methods: `result` is the OpenRPC document itself, as the tools of OpenRPC read it.
pub fn discover(id: &str, params: Reader<'_>) -> Result<Vec<Bytes>, RpcError> {
    params.refuse_unknown(Open::Discover.spec())?;
    Ok(to_wire::result(id, discovery::document()))
}
