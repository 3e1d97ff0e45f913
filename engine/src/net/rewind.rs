//! A stream of which some bytes were read before.
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};

use super::Stream;

/// Gives the bytes once more, then what comes.
pub struct Rewind {
    bytes: Vec<u8>,
    stream: Stream,
}

impl Rewind {
    pub fn new(stream: Stream, bytes: &[u8]) -> Self {
        Self { bytes: bytes.to_vec(), stream }
    }

    /// Reads until these are enough, or there is no more; they stay to be read.
    pub async fn look(&mut self, enough: impl Fn(&[u8]) -> bool) -> io::Result<&[u8]> {
        while !enough(&self.bytes) {
            let before = self.bytes.len();
            let mut piece = [0; 2048];
            let length = self.stream.read(&mut piece).await?;
            self.bytes.extend_from_slice(&piece[..length]);
            if self.bytes.len() == before {
                break;
            }
        }
        Ok(&self.bytes)
    }
}

impl AsyncRead for Rewind {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        room: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.bytes.is_empty() {
            return self.stream.poll_read(cx, room);
        }
        let length = self.bytes.len().min(room.remaining());
        room.put_slice(&self.bytes[..length]);
        self.bytes.drain(..length);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Rewind {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.stream.poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.poll_shutdown(cx)
    }
}
