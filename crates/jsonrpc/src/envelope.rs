//! What stands around a call: version, id, method, params.
//!
//! The checks come in a fixed order and the first that fails is the answer; whatever fails, the call's id is
//! found first, because a client cannot match an answer without it. Members that JSON-RPC does not know are
//! passed over.

use std::borrow::Cow;

use super::mnemonic::{Mnemonic, RpcError};
use ringbook_json::{Document, Json, JsonError, Kind};

/// The only version of JSON-RPC that is spoken.
const JSONRPC: &str = "2.0";

/// A call whose envelope is right.
#[derive(Debug, Clone)]
pub struct Envelope<'d> {
    /// The id, exactly as it was written.
    pub id: &'d str,
    /// The method's name.
    pub method: Cow<'d, str>,
    /// The parameters, if there are any, of whatever type.
    pub params: Option<Json<'d>>,
}

/// The members that matter, unjudged.
#[derive(Debug, Clone, Copy, Default)]
struct Members<'d> {
    jsonrpc: Option<Json<'d>>,
    id: Option<Json<'d>>,
    method: Option<Json<'d>>,
    params: Option<Json<'d>>,
}

/// Why a body is not JSON, for the client.
pub fn unparsed(fault: JsonError) -> RpcError {
    let reason = format!("{} (byte {})", fault.reason, fault.at);
    RpcError::new(Mnemonic::ParseError).because(reason)
}

/// The call's id exactly as it was written, if it can be read, and the verdict on the rest.
pub fn read<'d>(document: &'d Document<'_>) -> (Option<&'d str>, Result<Envelope<'d>, RpcError>) {
    let root = document.root();
    let refused = |mnemonic| (None, Err(RpcError::new(mnemonic)));
    match root.kind() {
        Kind::List => refused(Mnemonic::BatchOperationsNotSupported),
        Kind::Null | Kind::Boolean | Kind::Number | Kind::Text => refused(Mnemonic::InvalidRequest),
        Kind::Object => {
            let members = members(root);
            (members.id.and_then(Json::verbatim), judge(members))
        }
    }
}

fn members(root: Json<'_>) -> Members<'_> {
    let mut found = Members::default();
    for (name, value) in root.members() {
        let known = [
            ("jsonrpc", &mut found.jsonrpc),
            ("id", &mut found.id),
            ("method", &mut found.method),
            ("params", &mut found.params),
        ];
        if let Some((_, place)) = known.into_iter().find(|(known, _)| name.is_text(known)) {
            *place = Some(value);
        }
    }
    found
}

fn judge(members: Members<'_>) -> Result<Envelope<'_>, RpcError> {
    if !members.jsonrpc.is_some_and(|jsonrpc| jsonrpc.is_text(JSONRPC)) {
        return Err(invalid("jsonrpc", members.jsonrpc));
    }
    let method = members.method.and_then(Json::text);
    let method = method.ok_or_else(|| invalid("method", members.method))?;
    let id = match members.id {
        None => return Err(RpcError::new(Mnemonic::NotificationsNotSupported)),
        Some(id) => id.verbatim().ok_or_else(|| invalid("id", members.id))?,
    };
    Ok(Envelope { id, method, params: members.params })
}

fn invalid(member: &str, sent: Option<Json<'_>>) -> RpcError {
    RpcError::at(Mnemonic::InvalidRequest, member).sent(sent)
}
