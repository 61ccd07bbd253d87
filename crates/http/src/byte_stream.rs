//! A stream of bytes in both directions, encrypted or not.

use tokio::io::{AsyncRead, AsyncWrite};

/// A byte stream of a client, whatever is below it.
pub trait ByteStream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<IO: AsyncRead + AsyncWrite + Send + Unpin> ByteStream for IO {}
