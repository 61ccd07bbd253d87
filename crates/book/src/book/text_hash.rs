//! Hashes of texts, by which indexes find names and e-mail addresses. What an index finds must be compared with the text
//! itself.

use std::hash::{DefaultHasher, Hasher};

/// The hash of a text.
pub(crate) fn text_hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(text.as_bytes());
    hasher.finish()
}
