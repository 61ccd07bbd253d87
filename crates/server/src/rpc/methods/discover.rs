//! `rpc.discover`

use bytes::Bytes;

use crate::rpc::discovery;
use crate::rpc::fault::Fault;
use crate::rpc::method::Open;
use crate::rpc::reader::Reader;
use crate::rpc::to_wire::Reply;

/// The description of all methods.
pub fn discover(id: &str, params: Reader<'_>) -> Result<Vec<Bytes>, Fault> {
    params.refuse_unknown(Open::Discover.spec())?;
    let mut reply = Reply::open(id);
    reply.written(discovery::document());
    Ok(reply.close(None, None))
}
