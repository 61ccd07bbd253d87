//! The body of an answer: pieces that go out one after another, never joined, of a length known beforehand.
//!
//! When hyper lets go of it, its last piece is on the way; the connection's watch is told so.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::vec;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

use super::Reply;
use super::watch::Watch;

pub(super) struct Segments {
    pieces: vec::IntoIter<Bytes>,
    left_bytes: u64,
    watch: Arc<Watch>,
}

impl Segments {
    pub(super) fn new(reply: Reply, watch: Arc<Watch>) -> Self {
        Segments { left_bytes: reply.bytes() as u64, pieces: reply.segments.into_iter(), watch }
    }
}

impl Body for Segments {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = self.pieces.find(|piece| !piece.is_empty());
        if let Some(piece) = &piece {
            self.left_bytes -= piece.len() as u64;
        }
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.left_bytes == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left_bytes)
    }
}

impl Drop for Segments {
    fn drop(&mut self) {
        self.watch.hand_over();
    }
}
