//! Messages of LDAP as a directory server reads and writes them: RFC 4511 in BER with definite lengths.
//!
//! Versions 2 and 3 are read alike. Values stay bytes, because an assertion need not be text. Everything that a client may
//! send has a bound: the size of a message, the depth and the size of a filter, the number of attributes and controls. The
//! crate knows no socket and no directory.

mod ber;
mod filter;
mod request;
mod response;

pub use ber::{DecodeError, Reader, Writer};
pub use filter::{FILTER_DEPTH_MAX, FILTER_NODES_MAX, Filter, Substrings};
pub use request::{
    ATTRIBUTES_MAX, Authentication, CONTROLS_MAX, Control, MESSAGE_BYTES_MAX, Message, PagedResults, Request, Scope,
    SearchRequest, SortKey, frame, sort_keys,
};
pub use response::{Attribute, Response, ResultCode, chosen_name, entry_attributes};

/// Names of controls and extended operations.
pub mod oid {
    /// Simple paged results (RFC 2696).
    pub const PAGED_RESULTS: &str = "1.2.840.113556.1.4.319";
    /// Server-side sorting of results (RFC 2891), the request.
    pub const SORT_REQUEST: &str = "1.2.840.113556.1.4.473";
    /// Server-side sorting of results, the answer.
    pub const SORT_RESPONSE: &str = "1.2.840.113556.1.4.474";
    /// Treats referrals as entries (RFC 3296); there are none here.
    pub const MANAGE_DSA_IT: &str = "2.16.840.1.113730.3.4.2";
    /// StartTLS (RFC 4511).
    pub const START_TLS: &str = "1.3.6.1.4.1.1466.20037";
    /// Who am I (RFC 4532).
    pub const WHO_AM_I: &str = "1.3.6.1.4.1.4203.1.11.3";
    /// The notice that a server disconnects.
    pub const DISCONNECTION: &str = "1.3.6.1.4.1.1466.20036";
}
