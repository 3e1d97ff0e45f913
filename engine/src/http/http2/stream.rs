//! One HTTP/2 stream as the client's side of an exchange.
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use gopura_http1::{Fault, Framing};
use h2::server::SendResponse;
use h2::{Reason, RecvStream, SendStream};
use http::HeaderMap;

use super::convert;
use crate::exchange::Exchange;
use crate::http::client::{Broken, Client, limit_of};
use crate::http::reply;
use crate::net::{Clock, Io};
use crate::shared::Shared;

const HIGH_WATER: usize = 64 * 1024;

pub struct Http2 {
    body: RecvStream,
    framing: Framing,
    received: u64,
    limit: u64,
    respond: SendResponse<Bytes>,
    /// There once the head is sent and a body follows.
    send: Option<SendStream<Bytes>>,
    output: BytesMut,
    sent: u64,
    answers_head: bool,
    finished: bool,
    trailers: Option<HeaderMap>,
    /// The end of the stream is sent.
    closed: bool,
    gone: bool,
    /// How long the client may keep its body, and its window, back.
    body_clock: Clock,
    body_timeout: Duration,
    send_clock: Clock,
    send_timeout: Duration,
}

impl Http2 {
    pub fn new(exchange: &Exchange, body: RecvStream, respond: SendResponse<Bytes>, shared: &Shared) -> Self {
        Self {
            framing: framing(exchange, &body),
            body,
            received: 0,
            limit: limit_of(&shared.settings),
            respond,
            send: None,
            output: BytesMut::new(),
            sent: 0,
            answers_head: exchange.request.method == "HEAD",
            finished: false,
            trailers: None,
            closed: false,
            gone: false,
            body_clock: Clock::default(),
            body_timeout: shared.settings.nginx_http_client_body_timeout.0,
            send_clock: Clock::default(),
            send_timeout: shared.settings.nginx_http_send_timeout.0,
        }
    }

    fn poll_output(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), h2::Error>> {
        let Some(send) = &mut self.send else { return Poll::Ready(Ok(())) };
        while !self.output.is_empty() {
            send.reserve_capacity(self.output.len());
            while send.capacity() == 0 {
                match ready!(send.poll_capacity(cx)) {
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return Poll::Ready(Err(error)),
                    None => return Poll::Ready(Err(Reason::CANCEL.into())),
                }
            }
            let length = send.capacity().min(self.output.len());
            let piece = self.output.split_to(length).freeze();
            let last = self.finished && self.output.is_empty() && self.trailers.is_none();
            send.send_data(piece, last)?;
            self.send_clock.clear();
            self.sent += length as u64;
            self.closed = last;
        }
        if self.finished && !self.closed {
            self.closed = true;
            match self.trailers.take() {
                Some(trailers) => send.send_trailers(trailers)?,
                None => send.send_data(Bytes::new(), true)?,
            }
        }
        Poll::Ready(Ok(()))
    }
}

fn framing(exchange: &Exchange, body: &RecvStream) -> Framing {
    if body.is_end_stream() {
        return Framing::Empty;
    }
    let length = exchange.request.headers.get("content-length");
    let length = length.and_then(|value| std::str::from_utf8(value).ok()?.parse().ok());
    length.map_or(Framing::Chunked, Framing::Length)
}

impl Client for Http2 {
    fn framing(&self) -> Framing {
        self.framing
    }

    fn limit_body(&mut self, bytes: u64) {
        self.limit = self.limit.min(bytes);
    }

    fn poll_body(&mut self, cx: &mut Context<'_>, sink: &mut dyn FnMut(&[u8])) -> Poll<Result<bool, Broken>> {
        let Poll::Ready(piece) = self.body.poll_data(cx) else {
            self.body_clock.begin(self.body_timeout);
            return self.body_clock.poll(cx).map(|()| Err(Broken::TimedOut));
        };
        self.body_clock.clear();
        match piece {
            None => Poll::Ready(Ok(false)),
            Some(Err(_)) => Poll::Ready(Err(Broken::Gone)),
            Some(Ok(piece)) => {
                self.received += piece.len() as u64;
                if self.received > self.limit {
                    return Poll::Ready(Err(Broken::TooLarge));
                }
                sink(&piece);
                let released = self.body.flow_control().release_capacity(piece.len());
                released.map_err(|_| Broken::Fault(Fault::Bad("flow control")))?;
                Poll::Ready(Ok(!self.body.is_end_stream()))
            }
        }
    }

    fn start(&mut self, exchange: &Exchange, framing: Framing) {
        let status = exchange.response.as_ref().map_or(0, |response| response.status);
        let framing = reply::framing(status, framing);
        let head = convert::response(exchange, framing);
        let ends = self.answers_head || matches!(framing, Framing::Empty | Framing::Length(0));
        match self.respond.send_response(head, ends) {
            Ok(send) if !ends => self.send = Some(send),
            Ok(_) => self.closed = true,
            Err(_) => self.gone = true,
        }
    }

    fn push(&mut self, piece: &[u8]) {
        if self.send.is_some() {
            self.output.extend_from_slice(piece);
        }
    }

    fn finish(&mut self, trailers: &[u8]) {
        self.finished = true;
        self.trailers = (!trailers.is_empty()).then(|| convert::trailers(trailers));
    }

    fn abort(&mut self) {
        if self.closed {
            return;
        }
        match &mut self.send {
            Some(send) => send.send_reset(Reason::INTERNAL_ERROR),
            None => self.respond.send_reset(Reason::INTERNAL_ERROR),
        }
    }

    fn is_congested(&self) -> bool {
        self.output.remaining() >= HIGH_WATER
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        if self.gone {
            return Poll::Ready(Err(Broken::Gone));
        }
        match self.poll_output(cx) {
            Poll::Pending => {
                self.send_clock.begin(self.send_timeout);
                self.send_clock.poll(cx).map(|()| Err(Broken::TimedOut))
            }
            done @ Poll::Ready(_) => {
                self.send_clock.clear();
                done.map_err(|_| Broken::Gone)
            }
        }
    }

    fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let reset = match &mut self.send {
            Some(send) => send.poll_reset(cx),
            None => self.respond.poll_reset(cx),
        };
        reset.map(drop)
    }

    fn tunnel(&mut self) -> Option<&mut Io> {
        None
    }

    fn traffic(&self) -> (u64, u64) {
        (self.received, self.sent)
    }
}
