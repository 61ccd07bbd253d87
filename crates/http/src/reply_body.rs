//! The body of a response: segments that are written one after another, never joined, of a length known beforehand.
//!
//! hyper takes the next segment when its buffer has room, so a client that reads slowly holds back the segments that
//! are left. A charged segment gives its part of the budget back when it is written and dropped. When hyper drops the
//! body, its last segment is queued; the connection's state notes that.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::vec;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

use super::budget::Charge;
use super::conn_state::{ConnCell, Event};

pub(super) struct ReplyBody {
    segments: vec::IntoIter<Bytes>,
    left_bytes: u64,
    state: Arc<ConnCell>,
}

impl ReplyBody {
    pub(super) fn new(segments: Vec<Bytes>, charge: Option<Charge>, state: Arc<ConnCell>) -> Self {
        let left_bytes = segments.iter().map(|segment| segment.len() as u64).sum();
        let segments = match charge {
            Some(charge) => charged(segments, charge),
            None => segments,
        };
        ReplyBody { left_bytes, segments: segments.into_iter(), state }
    }
}

/// A segment that gives its part of the budget back when the last reference to it is dropped.
struct ChargedSegment {
    segment: Bytes,
    _charge: Option<Charge>,
}

impl AsRef<[u8]> for ChargedSegment {
    fn as_ref(&self) -> &[u8] {
        &self.segment
    }
}

fn charged(segments: Vec<Bytes>, charge: Charge) -> Vec<Bytes> {
    let lengths: Vec<usize> = segments.iter().map(Bytes::len).collect();
    let parts = segments.into_iter().zip(charge.divide(&lengths));
    parts.map(|(segment, part)| Bytes::from_owner(ChargedSegment { segment, _charge: part })).collect()
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let segment = self.segments.find(|segment| !segment.is_empty());
        if let Some(segment) = &segment {
            self.left_bytes -= segment.len() as u64;
        }
        Poll::Ready(segment.map(|segment| Ok(Frame::data(segment))))
    }

    fn is_end_stream(&self) -> bool {
        self.left_bytes == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left_bytes)
    }
}

impl Drop for ReplyBody {
    fn drop(&mut self) {
        self.state.note(Event::ReplyQueued);
    }
}
