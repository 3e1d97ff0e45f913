//! Moves bodies between client and upstream, both ways at once.
use std::io;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use gopura_http1::{Fault, Framing, Piece, ResponseHead, Scanner, chunked, parse_response};

use super::body::Outbound;
use super::client::{Broken, Client};
use crate::shared::Shared;
use crate::upstream::Connection;

/// Why an upstream gave no usable response.
#[derive(Debug)]
pub enum Failure {
    /// It closed or reset the connection.
    Closed,
    TimedOut,
    Invalid(Fault),
    /// Not its fault: the client's side broke.
    Client(Broken),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::TimedOut { Self::TimedOut } else { Self::Closed }
    }
}

/// The request on its way to the upstream.
pub struct Upload {
    chunked: bool,
    /// The client's body is read to its end.
    pub done: bool,
    /// The upstream takes no more; its response may still come.
    broken: bool,
    /// Some of the client's body that is not in `Outbound` has been taken: the request can not be repeated.
    pub taken: bool,
    pub sent_at: Option<Instant>,
    write_timeout: Duration,
    read_timeout: Duration,
}

impl Upload {
    /// Puts the body at hand behind the head that is in the connection's output already.
    pub fn start(connection: &mut Connection, outbound: &Outbound, write: Duration, read: Duration) -> Self {
        let chunked = outbound.framing == Framing::Chunked;
        let mut upload = Self {
            chunked,
            done: outbound.complete,
            broken: false,
            taken: false,
            sent_at: None,
            write_timeout: write,
            read_timeout: read,
        };
        if !outbound.bytes.is_empty() {
            upload.encode(connection.io.output(), &outbound.bytes);
        }
        connection.io.deadline(write);
        upload
    }

    fn encode(&mut self, out: &mut Vec<u8>, piece: &[u8]) {
        if piece.is_empty() {
            return;
        }
        if self.chunked {
            chunked::size_line(out, piece.len());
        }
        out.extend_from_slice(piece);
        if self.chunked {
            out.extend_from_slice(b"\r\n");
        }
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
        let polled = client.poll_body(cx, &mut |piece| {
            self.taken = true;
            self.encode(connection.io.output(), piece);
        });
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
    fn waits_for_client(&self, connection: &Connection) -> bool {
        !self.done && !self.broken && !connection.io.has_output()
    }

    pub fn is_sent(&self) -> bool {
        self.sent_at.is_some()
    }
}

/// Sends the request and waits for the head of the response. 1xx responses but 101 are left out.
pub fn poll_head<C: Client>(
    cx: &mut Context<'_>,
    client: &mut C,
    connection: &mut Connection,
    upload: &mut Upload,
    scanner: &mut Scanner,
    shared: &Shared,
) -> Poll<Result<ResponseHead, Failure>> {
    loop {
        if let Poll::Ready(Err(failure)) = upload.poll(cx, client, connection) {
            return Poll::Ready(Err(failure));
        }
        if let Some(head) = take_head(connection, scanner, shared).map_err(Failure::Invalid)? {
            connection.io.deadline(upload.read_timeout);
            return Poll::Ready(Ok(head));
        }
        if upload.waits_for_client(connection) {
            connection.io.deadline(Duration::ZERO);
        }
        match connection.io.poll_fill(cx) {
            Poll::Ready(Ok(0)) => return Poll::Ready(Err(Failure::Closed)),
            Poll::Ready(Ok(_)) => {}
            Poll::Ready(Err(error)) => return Poll::Ready(Err(error.into())),
            Poll::Pending if upload.done && client.poll_gone(cx).is_ready() => {
                return Poll::Ready(Err(Failure::Client(Broken::Gone)));
            }
            Poll::Pending => return Poll::Pending,
        }
    }
}

/// A final response head, if it has arrived.
fn take_head(
    connection: &mut Connection,
    scanner: &mut Scanner,
    shared: &Shared,
) -> Result<Option<ResponseHead>, Fault> {
    let input = &mut connection.io.input;
    while let Some(length) = scanner.advance(input.data(), &shared.response_limits)? {
        let bytes = bytes::Bytes::copy_from_slice(&input.data()[..length]);
        input.consume(length);
        *scanner = Scanner::default();
        let head = parse_response(&bytes)?;
        if !matches!(head.status, 100 | 102..=199) {
            return Ok(Some(head));
        }
    }
    Ok(None)
}

/// The response's body on its way to the client.
#[derive(Default)]
pub struct Download {
    trailers: Vec<u8>,
    pub passed: u64,
    ended: bool,
}

impl Download {
    /// Whole lines; there once the body was read.
    pub fn trailers(&self) -> &[u8] {
        &self.trailers
    }

    /// Moves the body until both sides are finished.
    pub fn poll<C: Client>(
        &mut self,
        cx: &mut Context<'_>,
        client: &mut C,
        connection: &mut Connection,
        upload: &mut Upload,
    ) -> Poll<Result<(), Failure>> {
        loop {
            if let Poll::Ready(Err(failure)) = upload.poll(cx, client, connection) {
                return Poll::Ready(Err(failure));
            }
            if self.ended || client.is_congested() {
                match client.poll_flush(cx) {
                    Poll::Ready(Ok(())) if self.ended => return Poll::Ready(Ok(())),
                    Poll::Ready(Ok(())) => {}
                    Poll::Ready(Err(broken)) => return Poll::Ready(Err(Failure::Client(broken))),
                    Poll::Pending => return Poll::Pending,
                }
            }
            match self.step(client, connection) {
                Ok(true) => continue,
                Ok(false) => {}
                Err(fault) => return Poll::Ready(Err(Failure::Invalid(fault))),
            }
            ready!(poll_more(cx, client, connection, upload))?;
        }
    }

    /// Takes one piece from the input; false when there is none.
    fn step<C: Client>(&mut self, client: &mut C, connection: &mut Connection) -> Result<bool, Fault> {
        let input = &mut connection.io.input;
        match connection.body.next(input.data())? {
            Piece::More => return Ok(false),
            Piece::Skip(length) => input.consume(length),
            Piece::Trailer(length) => {
                self.trailers.extend_from_slice(&input.data()[..length]);
                input.consume(length);
            }
            Piece::Data(length) => {
                client.push(&input.data()[..length]);
                self.passed += length as u64;
                input.consume(length);
            }
            Piece::End => {}
        }
        if connection.body.is_done() && !self.ended {
            client.finish(&self.trailers);
            self.ended = true;
        }
        Ok(true)
    }

    /// The next piece of the body for a filter; an empty one is the last.
    pub fn poll_piece<C: Client>(
        &mut self,
        cx: &mut Context<'_>,
        client: &mut C,
        connection: &mut Connection,
        upload: &mut Upload,
    ) -> Poll<Result<bytes::Bytes, Failure>> {
        loop {
            if let Poll::Ready(Err(failure)) = upload.poll(cx, client, connection) {
                return Poll::Ready(Err(failure));
            }
            let input = &mut connection.io.input;
            match connection.body.next(input.data()).map_err(Failure::Invalid)? {
                Piece::End => return Poll::Ready(Ok(bytes::Bytes::new())),
                Piece::Skip(length) => {
                    input.consume(length);
                    continue;
                }
                Piece::Trailer(length) => {
                    self.trailers.extend_from_slice(&input.data()[..length]);
                    input.consume(length);
                    continue;
                }
                Piece::Data(length) => {
                    let piece = bytes::Bytes::copy_from_slice(&input.data()[..length]);
                    input.consume(length);
                    self.passed += length as u64;
                    return Poll::Ready(Ok(piece));
                }
                Piece::More => {}
            }
            ready!(poll_more(cx, client, connection, upload))?;
        }
    }
}

/// Sends what the client still has to get, and waits for more of the body.
fn poll_more<C: Client>(
    cx: &mut Context<'_>,
    client: &mut C,
    connection: &mut Connection,
    upload: &Upload,
) -> Poll<Result<(), Failure>> {
    if let Poll::Ready(Err(broken)) = client.poll_flush(cx) {
        return Poll::Ready(Err(Failure::Client(broken)));
    }
    match connection.io.poll_fill(cx) {
        Poll::Ready(Ok(0)) if connection.body.ended() => Poll::Ready(Ok(())),
        Poll::Ready(Ok(0)) => Poll::Ready(Err(Failure::Closed)),
        Poll::Ready(Ok(_)) => {
            connection.io.deadline(upload.read_timeout);
            Poll::Ready(Ok(()))
        }
        Poll::Ready(Err(error)) => Poll::Ready(Err(error.into())),
        Poll::Pending if upload.done && client.poll_gone(cx).is_ready() => {
            Poll::Ready(Err(Failure::Client(Broken::Gone)))
        }
        Poll::Pending => Poll::Pending,
    }
}
