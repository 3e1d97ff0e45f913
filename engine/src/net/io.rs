//! A stream with its input, its output and a deadline.
use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use super::{Clock, Input, Stream};

/// Output beyond this waits until the other side has taken some.
const HIGH_WATER: usize = 64 * 1024;

pub struct Io {
    stream: Stream,
    pub input: Input,
    output: Vec<u8>,
    written: usize,
    clock: Clock,
    /// Bytes that came in and went out, over the connection's life.
    pub received: u64,
    pub sent: u64,
}

impl Io {
    pub fn new(stream: Stream) -> Self {
        Self {
            stream,
            input: Input::default(),
            output: Vec::new(),
            written: 0,
            clock: Clock::default(),
            received: 0,
            sent: 0,
        }
    }

    /// Bytes that were read before this took over the stream.
    pub fn seed(&mut self, bytes: &[u8]) {
        self.input.append(bytes);
        self.received += bytes.len() as u64;
    }

    /// Frees the buffers of a connection that will be idle.
    pub fn release(&mut self) {
        self.input.release();
        if !self.has_output() {
            self.output = Vec::new();
        }
    }

    /// Reads and writes that wait longer than this from now on fail with `TimedOut`; zero: no limit.
    pub fn deadline(&mut self, after: Duration) {
        self.clock.set(after);
    }

    /// Where output is appended; it goes out with the next flush.
    pub fn output(&mut self) -> &mut Vec<u8> {
        &mut self.output
    }

    pub fn is_congested(&self) -> bool {
        self.output.len() - self.written >= HIGH_WATER
    }

    pub fn has_output(&self) -> bool {
        self.output.len() > self.written
    }

    pub fn discard_output(&mut self) {
        self.output.clear();
        self.written = 0;
    }

    /// Reads once; 0 means the other side has finished.
    pub fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        match self.input.poll_fill(&mut self.stream, cx) {
            Poll::Ready(Ok(length)) => {
                self.received += length as u64;
                Poll::Ready(Ok(length))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => self.poll_clock(cx),
        }
    }

    /// Writes until nothing is left.
    pub fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.written < self.output.len() {
            match self.stream.poll_write(cx, &self.output[self.written..]) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(length)) => self.note_written(length),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return self.poll_clock(cx),
            }
        }
        self.discard_output();
        match &mut self.stream {
            Stream::Tcp(_) => Poll::Ready(Ok(())),
            stream => stream.poll_flush(cx),
        }
    }

    fn note_written(&mut self, length: usize) {
        self.written += length;
        self.sent += length as u64;
    }

    fn poll_clock<T>(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        ready!(self.clock.poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    pub async fn fill(&mut self) -> io::Result<usize> {
        poll_fn(|cx| self.poll_fill(cx)).await
    }

    pub async fn flush(&mut self) -> io::Result<()> {
        poll_fn(|cx| self.poll_flush(cx)).await
    }

    pub async fn shutdown(&mut self) -> io::Result<()> {
        poll_fn(|cx| self.stream.poll_shutdown(cx)).await
    }

    /// Whether an idle connection still stands: nothing came in and the other side did not close.
    pub fn is_quiet(&mut self) -> bool {
        let mut cx = Context::from_waker(std::task::Waker::noop());
        let quiet = self.input.is_empty() && self.input.poll_fill(&mut self.stream, &mut cx).is_pending();
        self.input.release();
        quiet
    }
}
