//! What the answering of requests may know of the connection that they come through.

use std::net::IpAddr;
use std::sync::Arc;

use super::charge_slot::ChargeSlot;
use super::client_watch::Presence;
use super::conn_state::ConnCell;

/// What a dispatcher may know of the connection.
pub(super) struct ConnInfo {
    /// The socket's other end.
    pub(super) peer: IpAddr,
    pub(super) is_encrypted: bool,
    pub(super) state: Arc<ConnCell>,
    pub(super) requests: Arc<ChargeSlot>,
    pub(super) replies: Arc<ChargeSlot>,
    pub(super) presence: Arc<Presence>,
}
