//! The answer to a call, as the transport takes it.

use bytes::Bytes;
use ringbook_http::SharedBytes;

/// The bytes of an answer, in pieces to be written one after another.
#[derive(Debug, Clone)]
pub struct Answer {
    before: Vec<Bytes>,
    /// What all answers of the kind have in common, and what stands behind it.
    shared: Option<(SharedBytes, Bytes)>,
}

/// An answer in parts: what stands before, what is shared, and what stands behind.
pub type AnswerParts = (Vec<Bytes>, Option<(SharedBytes, Bytes)>);

impl Answer {
    /// An answer around bytes that all answers of the kind have in common.
    pub fn around(before: Bytes, shared: SharedBytes, after: Bytes) -> Self {
        Answer { before: vec![before], shared: Some((shared, after)) }
    }

    /// Length in bytes.
    pub fn bytes(&self) -> usize {
        let shared = self.shared.as_ref().map_or(0, |(shared, after)| shared.plain().len() + after.len());
        self.before.iter().map(Bytes::len).sum::<usize>() + shared
    }

    /// The parts.
    pub fn into_parts(self) -> AnswerParts {
        (self.before, self.shared)
    }

    /// All pieces.
    pub fn into_pieces(self) -> Vec<Bytes> {
        let (mut pieces, shared) = self.into_parts();
        pieces.extend(shared.into_iter().flat_map(|(shared, after)| [shared.plain().clone(), after]));
        pieces
    }
}

impl From<Vec<Bytes>> for Answer {
    fn from(pieces: Vec<Bytes>) -> Self {
        Answer { before: pieces, shared: None }
    }
}
