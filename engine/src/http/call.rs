//! One request over HTTP/2 to an upstream, as far as bytes go.
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use gopura_http1::Fault;
use h2::client::{ResponseFuture, SendRequest};
use h2::{RecvStream, SendStream};
use http::{Request, Response};

use super::client::{Broken, Client};
use super::pump::Failure;
use crate::net::Clock;

/// Body bytes that may wait for the upstream's window.
const HIGH_WATER: usize = 64 * 1024;

/// Sends the body and reads the response at the same time, as gRPC streams need it.
pub struct Call {
    response: ResponseFuture,
    send: SendStream<Bytes>,
    waiting: BytesMut,
    /// The client's body is read to its end; the end of the stream is sent.
    pub done: bool,
    closed: bool,
    /// Some of the client's body has been taken.
    pub taken: bool,
    clock: Clock,
    limit: Duration,
    trailers: Vec<u8>,
    pub passed: u64,
}

impl Call {
    /// `bytes` is the body at hand; `complete` whether that is all.
    pub fn start(
        mut sender: SendRequest<Bytes>,
        head: Request<()>,
        bytes: &[u8],
        complete: bool,
        limit: Duration,
    ) -> Result<Self, Failure> {
        let ends = complete && bytes.is_empty();
        let (response, send) = sender.send_request(head, ends).map_err(|error| lost(&error))?;
        let mut clock = Clock::default();
        clock.set(limit);
        Ok(Self {
            response,
            send,
            waiting: bytes.into(),
            done: complete,
            closed: ends,
            taken: false,
            clock,
            limit,
            trailers: Vec::new(),
            passed: 0,
        })
    }

    /// Moves the request's body as far as it goes without waiting.
    fn poll_upload<C: Client>(&mut self, cx: &mut Context<'_>, client: &mut C) -> Result<(), Failure> {
        while !self.closed {
            while !self.done && self.waiting.len() < HIGH_WATER {
                let (waiting, taken) = (&mut self.waiting, &mut self.taken);
                let polled = client.poll_body(cx, &mut |piece| {
                    *taken = true;
                    waiting.extend_from_slice(piece);
                });
                match polled {
                    Poll::Ready(more) => self.done = !more.map_err(Failure::Client)?,
                    Poll::Pending => break,
                }
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
        self.clock.set(self.limit);
        Poll::Ready(length > 0 && self.send.send_data(piece, self.closed).is_ok())
    }

    /// The head of the response.
    pub fn poll_head<C: Client>(
        &mut self,
        cx: &mut Context<'_>,
        client: &mut C,
    ) -> Poll<Result<Response<RecvStream>, Failure>> {
        self.poll_upload(cx, client)?;
        if let Poll::Ready(head) = Pin::new(&mut self.response).poll(cx) {
            self.clock.set(self.limit);
            return Poll::Ready(head.map_err(|error| lost(&error)));
        }
        self.poll_stuck(cx, client)
    }

    /// The next piece of the response's body, trailers set aside; an empty one is the last.
    pub fn poll_piece<C: Client>(
        &mut self,
        cx: &mut Context<'_>,
        client: &mut C,
        body: &mut RecvStream,
    ) -> Poll<Result<Bytes, Failure>> {
        self.poll_upload(cx, client)?;
        if let Poll::Ready(Err(broken)) = client.poll_flush(cx) {
            return Poll::Ready(Err(Failure::Client(broken)));
        }
        while let Poll::Ready(piece) = body.poll_data(cx) {
            self.clock.set(self.limit);
            let Some(piece) = piece else { return self.poll_trailers(cx, client, body) };
            let piece = piece.map_err(|error| lost(&error))?;
            body.flow_control().release_capacity(piece.len()).map_err(|error| lost(&error))?;
            self.passed += piece.len() as u64;
            if !piece.is_empty() {
                return Poll::Ready(Ok(piece));
            }
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
            super::reply::write_line(&mut self.trailers, name.as_str().as_bytes(), value.as_bytes());
        }
        Poll::Ready(Ok(Bytes::new()))
    }

    /// Whole lines; there once the last piece was read.
    pub fn trailers(&self) -> &[u8] {
        &self.trailers
    }

    fn poll_stuck<T, C: Client>(&mut self, cx: &mut Context<'_>, client: &mut C) -> Poll<Result<T, Failure>> {
        if self.clock.poll(cx).is_ready() {
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
