//! What was read and not yet used.
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio_util::io::poll_read_buf;

use super::Stream;

const FIRST: usize = 16 * 1024;
const LARGEST: usize = 64 * 1024;
/// A read with less room than this is not worth its call.
const LEAST: usize = 4 * 1024;

/// A buffer that is filled at its end and used from its start.
#[derive(Default)]
pub struct Input {
    bytes: Vec<u8>,
    start: usize,
    /// The last read filled all the room there was: more may wait.
    filled: bool,
}

impl Input {
    pub fn data(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    pub fn len(&self) -> usize {
        self.bytes.len() - self.start
    }

    pub fn is_empty(&self) -> bool {
        self.start == self.bytes.len()
    }

    /// Whether it holds as much as it ever will before some is used.
    pub fn is_full(&self) -> bool {
        self.len() >= LARGEST
    }

    pub fn consume(&mut self, length: usize) {
        self.start += length;
        if self.start == self.bytes.len() {
            self.bytes.clear();
            self.start = 0;
        }
    }

    /// Puts bytes that were read elsewhere at the end.
    pub fn append(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Frees the memory of a connection that will be idle.
    pub fn release(&mut self) {
        if self.is_empty() {
            *self = Self::default();
        }
    }

    /// Reads once; 0 means the other side has finished. An idle connection has no buffer until bytes are there.
    pub fn poll_fill(&mut self, stream: &mut Stream, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if let (0, Stream::Tcp(socket)) = (self.bytes.capacity(), &*stream) {
            ready!(socket.poll_read_ready(cx))?;
        }
        self.make_room();
        let length = ready!(poll_read_buf(Pin::new(stream), cx, &mut self.bytes))?;
        self.filled = self.bytes.len() == self.bytes.capacity();
        Poll::Ready(Ok(length))
    }

    fn make_room(&mut self) {
        let room = self.bytes.capacity() - self.bytes.len();
        if room >= LEAST && !self.filled {
            return;
        }
        if self.start > 0 {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
        let size = if self.filled { LARGEST } else { FIRST };
        let size = size.max(self.bytes.len() + LEAST);
        self.bytes.reserve_exact(size - self.bytes.len());
        self.filled = false;
    }
}
