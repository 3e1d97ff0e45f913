//! What was read and not yet used.
use std::io;
use std::task::{Context, Poll, ready};

use tokio::io::ReadBuf;

use super::Stream;

const FIRST: usize = 16 * 1024;
const LARGEST: usize = 64 * 1024;

/// A buffer that is filled at its end and used from its start.
#[derive(Default)]
pub struct Input {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
}

impl Input {
    pub fn data(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    pub fn len(&self) -> usize {
        self.end - self.start
    }

    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Whether it holds as much as it ever will before some is used.
    pub fn is_full(&self) -> bool {
        self.len() >= LARGEST
    }

    pub fn consume(&mut self, length: usize) {
        self.start += length;
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
    }

    /// Puts bytes that were read elsewhere at the end.
    pub fn append(&mut self, bytes: &[u8]) {
        self.bytes.truncate(self.end);
        self.bytes.extend_from_slice(bytes);
        self.end = self.bytes.len();
    }

    /// Reads once; 0 means the other side has finished.
    pub fn poll_fill(&mut self, stream: &mut Stream, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.make_room();
        let mut room = ReadBuf::new(&mut self.bytes[self.end..]);
        ready!(stream.poll_read(cx, &mut room))?;
        let length = room.filled().len();
        self.end += length;
        Poll::Ready(Ok(length))
    }

    /// At least some room at the end; more when the last read filled everything.
    fn make_room(&mut self) {
        if self.end < self.bytes.len() {
            return;
        }
        if self.start > 0 {
            self.bytes.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        if self.end == self.bytes.len() || self.bytes.len() < LARGEST {
            let size =
                if self.bytes.is_empty() { FIRST } else { self.bytes.len().saturating_mul(4).min(LARGEST) };
            self.bytes.resize(size.max(self.end + FIRST), 0);
        }
    }
}
