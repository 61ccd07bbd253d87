//! Why a request never reached its front end, whatever the protocol above says about it.

use std::time::Duration;

use hyper::StatusCode;

/// What a [`TransportError`] repeats of a path or verb, in characters.
pub const ECHO_CHARS_MAX: usize = 200;

/// Why a request was refused before a front end saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransportError {
    /// 404. No mount has this path; cut at [`ECHO_CHARS_MAX`].
    WrongPath {
        /// The path that was asked for.
        path: String,
    },
    /// 405. The mount at this path does not take the verb, cut at [`ECHO_CHARS_MAX`].
    WrongVerb {
        /// The verb that was used.
        verb: String,
    },
    /// 413. More than the mount's bound, before or after decompression.
    BodyTooLarge {
        /// The bound, in bytes.
        body_bytes_max: usize,
    },
    /// 408. The body did not arrive in time.
    BodyTimeout {
        /// The bound.
        body_read_time_max: Duration,
    },
    /// 408. The body arrives too slowly while others wait for the room that it holds.
    BodyTooSlow,
    /// 415. A `Content-Encoding` other than `gzip` and `identity`, cut at [`ECHO_CHARS_MAX`].
    UnknownEncoding {
        /// The encoding that was named.
        encoding: String,
    },
    /// 400. Declared as gzip, but is not, or is damaged.
    BadGzip,
    /// 400. The client closed before the end of the body, or its chunks are malformed.
    BodyCutOff,
    /// 403. A trusted proxy sent an `X-Forwarded-For` that names no address, so that nobody knows who calls.
    UnknownPeer,
    /// 503. Responses in flight take all the room that responses may take, and none became free in time.
    NoRoomForReply,
    /// 503. Too much work of this address, or of all, waits for a processor.
    TooBusy,
}

impl TransportError {
    /// The status that HTTP has for it.
    pub fn status(&self) -> StatusCode {
        match self {
            TransportError::WrongPath { .. } => StatusCode::NOT_FOUND,
            TransportError::WrongVerb { .. } => StatusCode::METHOD_NOT_ALLOWED,
            TransportError::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            TransportError::BodyTimeout { .. } | TransportError::BodyTooSlow => StatusCode::REQUEST_TIMEOUT,
            TransportError::UnknownEncoding { .. } => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            TransportError::BadGzip | TransportError::BodyCutOff => StatusCode::BAD_REQUEST,
            TransportError::UnknownPeer => StatusCode::FORBIDDEN,
            TransportError::NoRoomForReply | TransportError::TooBusy => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The names of the variants on the metrics page, in the order of [`TransportError::reason`].
    pub const REASONS: [&str; 11] = [
        "wrong_path",
        "wrong_verb",
        "body_too_large",
        "body_timeout",
        "unknown_encoding",
        "bad_gzip",
        "body_cut_off",
        "unknown_peer",
        "no_room_for_reply",
        "too_busy",
        "body_too_slow",
    ];

    /// The position of its name.
    pub(super) fn reason(&self) -> usize {
        match self {
            TransportError::WrongPath { .. } => 0,
            TransportError::WrongVerb { .. } => 1,
            TransportError::BodyTooLarge { .. } => 2,
            TransportError::BodyTimeout { .. } => 3,
            TransportError::UnknownEncoding { .. } => 4,
            TransportError::BadGzip => 5,
            TransportError::BodyCutOff => 6,
            TransportError::UnknownPeer => 7,
            TransportError::NoRoomForReply => 8,
            TransportError::TooBusy => 9,
            TransportError::BodyTooSlow => 10,
        }
    }

    /// Whether bytes of the request may still be on their way, so that the next request cannot be told apart.
    pub(super) fn leaves_rest_unread(&self) -> bool {
        match self {
            TransportError::BodyTooLarge { .. }
            | TransportError::BodyTimeout { .. }
            | TransportError::BodyTooSlow
            | TransportError::UnknownEncoding { .. }
            | TransportError::BodyCutOff
            | TransportError::UnknownPeer => true,
            TransportError::WrongPath { .. }
            | TransportError::WrongVerb { .. }
            | TransportError::BadGzip
            | TransportError::NoRoomForReply
            | TransportError::TooBusy => false,
        }
    }
}

/// What is repeated of a client's words.
pub(super) fn cut(words: &str) -> String {
    words.chars().take(ECHO_CHARS_MAX).collect()
}
