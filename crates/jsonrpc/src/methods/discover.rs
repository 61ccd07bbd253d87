//! `rpc.discover`

use crate::answer::Answer;
use crate::discovery;
use crate::method::Open;
use crate::mnemonic::RpcError;
use crate::reader::Reader;
use crate::to_wire;

/// The description of all methods: `result` is the OpenRPC document itself, as the tools of OpenRPC read it.
pub fn discover(id: &str, params: Reader<'_>) -> Result<Answer, RpcError> {
    params.refuse_unknown(Open::Discover.spec())?;
    let (before, after) = to_wire::around_result(id);
    Ok(Answer::around(before, discovery::document(), after))
}
