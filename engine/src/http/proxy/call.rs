//! One request over HTTP/2 to an upstream, as far as bytes go.
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use gopura_http1::{Fault, chunked::is_trailer};
use h2::client::ResponseFuture;
use h2::{Reason, RecvStream, SendStream};
use http::{Request, Response};

use crate::http::body::{Feed, Outbound};
use crate::http::client::{Broken, Client};
use crate::http::pump::Failure;
use crate::http::reply::write_line;
use crate::net::Clock;
use crate::upstream::Place;

/// Body bytes that may wait for the upstream's window.
const HIGH_WATER: usize = 64 * 1024;

/// Sends the body and reads the response at the same time, as gRPC streams need it.
pub struct Call {
    response: ResponseFuture,
    send: SendStream<Bytes>,
    place: Place,
    waiting: BytesMut,
    feed: Feed,
    /// All of the body is on its way.
    done: bool,
    /// The end of the stream is sent.
    closed: bool,
    clock: Clock,
    write_timeout: Duration,
    read_timeout: Duration,
    trailers: Vec<u8>,
    ended: bool,
    pub passed: u64,
}

/// Why there is no response.
pub struct Stopped {
    pub failure: Failure,
    /// The upstream promises that it has not looked at the request (RFC 9113, 8.7).
    pub unprocessed: bool,
    /// Not this request alone is over, but its connection.
    pub connection_ended: bool,
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Self {
        Self { failure, unprocessed: false, connection_ended: false }
    }
}

impl Stopped {
    fn new(error: &h2::Error) -> Self {
        let refused = error.is_reset() && error.reason() == Some(Reason::REFUSED_STREAM);
        let gone = error.is_go_away() && error.is_remote();
        Self { failure: lost(error), unprocessed: gone || refused, connection_ended: gone || error.is_io() }
    }
}

impl Call {
    pub fn start(
        mut place: Place,
        head: Request<()>,
        outbound: &Outbound,
        write: Duration,
        read: Duration,
    ) -> Result<Self, Stopped> {
        let feed = Feed::new(outbound);
        let ends = feed.is_empty() && outbound.bytes.is_empty();
        // What could not even be queued has not been looked at.
        let (response, send) = place
            .sender
            .send_request(head, ends)
            .map_err(|error| Stopped { unprocessed: true, ..Stopped::new(&error) })?;
        let mut clock = Clock::default();
        clock.set(if ends { read } else { write });
        Ok(Self {
            response,
            send,
            place,
            waiting: outbound.bytes[..].into(),
            done: feed.is_empty(),
            feed,
            closed: ends,
            clock,
            write_timeout: write,
            read_timeout: read,
            trailers: Vec::new(),
            ended: false,
            passed: 0,
        })
    }

    /// The request can not be repeated.
    pub fn has_taken(&self) -> bool {
        self.feed.taken
    }

    /// Something moved: the time-out starts anew.
    fn touch(&mut self) {
        self.clock.set(if self.closed { self.read_timeout } else { self.write_timeout });
    }

    /// Moves the request's body as far as it goes without waiting.
    fn poll_upload<C: Client>(&mut self, cx: &mut Context<'_>, client: &mut C) -> Result<(), Failure> {
        while !self.closed {
            while !self.done && self.waiting.len() < HIGH_WATER {
                let waiting = &mut self.waiting;
                let polled = self.feed.poll(cx, client, &mut |piece| waiting.extend_from_slice(piece));
                match polled {
                    Poll::Ready(more) => self.done = !more.map_err(Failure::Client)?,
                    Poll::Pending => break,
                }
                self.touch();
            }
            match self.poll_send(cx) {
                Poll::Ready(true) => {}
                Poll::Ready(false) | Poll::Pending => return Ok(()),
            }
        }
        Ok(())
    }

    /// Ready(true) when something went out.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        if self.waiting.is_empty() {
            if !self.done {
                return Poll::Ready(false);
            }
            self.closed = true;
            self.touch();
            return Poll::Ready(self.send.send_data(Bytes::new(), true).is_ok());
        }
        self.send.reserve_capacity(self.waiting.len());
        if self.send.capacity() == 0 && !matches!(ready!(self.send.poll_capacity(cx)), Some(Ok(_))) {
            // The upstream has had enough; its response may still come.
            self.closed = true;
            return Poll::Ready(false);
        }
        let length = self.send.capacity().min(self.waiting.len());
        let piece = self.waiting.split_to(length).freeze();
        self.closed = self.done && self.waiting.is_empty();
        self.touch();
        Poll::Ready(length > 0 && self.send.send_data(piece, self.closed).is_ok())
    }

    /// The head of the response.
    pub fn poll_head<C: Client>(
        &mut self,
        cx: &mut Context<'_>,
        client: &mut C,
    ) -> Poll<Result<Response<RecvStream>, Stopped>> {
        self.poll_upload(cx, client)?;
        if !self.done && self.waiting.is_empty() {
            // It is the client that keeps its body back: the upstream owes nothing.
            self.clock.clear();
        }
        if let Poll::Ready(head) = Pin::new(&mut self.response).poll(cx) {
            self.touch();
            return Poll::Ready(head.map_err(|error| Stopped::new(&error)));
        }
        self.poll_stuck(cx, client).map_err(Stopped::from)
    }

    /// Moves the response's body until both sides are finished.
    pub fn poll<C: Client>(
        &mut self,
        cx: &mut Context<'_>,
        client: &mut C,
        body: &mut RecvStream,
    ) -> Poll<Result<(), Failure>> {
        loop {
            if self.ended || client.is_congested() {
                let flushed = ready!(client.poll_flush(cx)).map_err(Failure::Client);
                if self.ended || flushed.is_err() {
                    return Poll::Ready(flushed);
                }
            }
            let piece = ready!(self.poll_piece(cx, client, body))?;
            if piece.is_empty() {
                client.finish(&self.trailers);
                self.ended = true;
            } else {
                client.push(&piece);
            }
        }
    }

    /// The next piece of the response's body, trailers set aside; an empty one is the last.
    pub fn poll_piece<C: Client>(
        &mut self,
        cx: &mut Context<'_>,
        client: &mut C,
        body: &mut RecvStream,
    ) -> Poll<Result<Bytes, Failure>> {
        self.poll_upload(cx, client)?;
        while let Poll::Ready(piece) = body.poll_data(cx) {
            self.touch();
            let Some(piece) = piece else { return self.poll_trailers(cx, client, body) };
            let piece = piece.map_err(|error| lost(&error))?;
            body.flow_control().release_capacity(piece.len()).map_err(|error| lost(&error))?;
            self.passed += piece.len() as u64;
            if !piece.is_empty() {
                return Poll::Ready(Ok(piece));
            }
        }
        if let Poll::Ready(Err(broken)) = client.poll_flush(cx) {
            return Poll::Ready(Err(Failure::Client(broken)));
        }
        self.poll_stuck(cx, client)
    }

    fn poll_trailers<C: Client>(
        &mut self,
        cx: &mut Context<'_>,
        client: &mut C,
        body: &mut RecvStream,
    ) -> Poll<Result<Bytes, Failure>> {
        let Poll::Ready(trailers) = body.poll_trailers(cx) else { return self.poll_stuck(cx, client) };
        for (name, value) in trailers.map_err(|error| lost(&error))?.iter().flatten() {
            let start = self.trailers.len();
            write_line(&mut self.trailers, name.as_str().as_bytes(), value.as_bytes());
            if !is_trailer(self.trailers[start..].trim_ascii_end()) {
                self.trailers.truncate(start);
            }
        }
        Poll::Ready(Ok(Bytes::new()))
    }

    /// Whole lines; there once the last piece was read.
    pub fn trailers(&self) -> &[u8] {
        &self.trailers
    }

    fn poll_stuck<T, C: Client>(&mut self, cx: &mut Context<'_>, client: &mut C) -> Poll<Result<T, Failure>> {
        if self.clock.poll(cx).is_ready() {
            // The connection itself may hang: others shall not wait on it.
            self.place.retire();
            return Poll::Ready(Err(Failure::TimedOut));
        }
        if self.done && client.poll_gone(cx).is_ready() {
            return Poll::Ready(Err(Failure::Client(Broken::Gone)));
        }
        Poll::Pending
    }
}

fn lost(error: &h2::Error) -> Failure {
    if error.is_io() || error.is_go_away() || error.is_reset() {
        Failure::Closed
    } else {
        Failure::Invalid(Fault::Bad("HTTP/2 error"))
    }
}
