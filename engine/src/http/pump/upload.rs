//! The request's body on its way to the upstream.
use std::io;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use gopura_http1::{Framing, chunked};

use super::Failure;
use crate::http::body::{Feed, Outbound};
use crate::http::client::{Broken, Client};
use crate::upstream::Connection;

/// The request on its way to the upstream.
pub struct Upload {
    chunked: bool,
    /// All of the body is on its way.
    pub done: bool,
    /// The upstream takes no more; its response may still come.
    broken: bool,
    feed: Feed,
    pub sent_at: Option<Instant>,
    write_timeout: Duration,
    pub(super) read_timeout: Duration,
}

impl Upload {
    /// Puts the body at hand behind the head that is in the connection's output already.
    pub fn start(connection: &mut Connection, outbound: &Outbound, write: Duration, read: Duration) -> Self {
        let chunked = outbound.framing == Framing::Chunked;
        let feed = Feed::new(outbound);
        let upload = Self {
            chunked,
            done: feed.is_empty(),
            broken: false,
            feed,
            sent_at: None,
            write_timeout: write,
            read_timeout: read,
        };
        if !outbound.bytes.is_empty() {
            encode(chunked, connection.io.output(), &outbound.bytes);
        }
        connection.io.deadline(write);
        upload
    }

    /// Moves as much as goes without waiting.
    pub fn poll<C: Client>(
        &mut self,
        cx: &mut Context<'_>,
        client: &mut C,
        connection: &mut Connection,
    ) -> Poll<Result<(), Failure>> {
        while self.sent_at.is_none() && !self.broken {
            let congested = connection.io.is_congested();
            if !self.done && !congested {
                match self.poll_client(cx, client, connection) {
                    Poll::Ready(Ok(())) => continue,
                    Poll::Ready(Err(broken)) => return Poll::Ready(Err(Failure::Client(broken))),
                    Poll::Pending => {}
                }
            }
            match connection.io.poll_flush(cx) {
                Poll::Ready(Ok(())) if self.done => {
                    self.sent_at = Some(Instant::now());
                    connection.io.deadline(self.read_timeout);
                }
                Poll::Ready(Ok(())) if congested => {}
                Poll::Ready(Ok(())) | Poll::Pending => return Poll::Pending,
                Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::TimedOut => {
                    return Poll::Ready(Err(Failure::TimedOut));
                }
                Poll::Ready(Err(_)) => {
                    self.broken = true;
                    connection.io.discard_output();
                }
            }
        }
        Poll::Ready(Ok(()))
    }

    fn poll_client<C: Client>(
        &mut self,
        cx: &mut Context<'_>,
        client: &mut C,
        connection: &mut Connection,
    ) -> Poll<Result<(), Broken>> {
        let (chunked, output) = (self.chunked, connection.io.output());
        let polled = self.feed.poll(cx, client, &mut |piece| encode(chunked, output, piece));
        if let Poll::Ready(Ok(more)) = polled {
            connection.io.deadline(self.write_timeout);
            self.done = !more;
            if self.done && self.chunked {
                connection.io.output().extend_from_slice(b"0\r\n\r\n");
            }
        }
        polled.map_ok(|_| ())
    }

    /// All that there is of the client's body has gone out: the upstream owes nothing.
    pub(super) fn waits_for_client(&self, connection: &Connection) -> bool {
        !self.done && !self.broken && !connection.io.has_output()
    }

    /// The request can not be repeated.
    pub fn has_taken(&self) -> bool {
        self.feed.taken
    }

    pub fn is_sent(&self) -> bool {
        self.sent_at.is_some()
    }
}

fn encode(chunked: bool, out: &mut Vec<u8>, piece: &[u8]) {
    if piece.is_empty() {
        return;
    }
    if chunked {
        chunked::size_line(out, piece.len());
    }
    out.extend_from_slice(piece);
    if chunked {
        out.extend_from_slice(b"\r\n");
    }
}
