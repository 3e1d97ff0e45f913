//! A connection that speaks HTTP/1.x, as the client's side of one exchange after the other.
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use gopura_http1::{
    Body, Fault, Framing, Piece, RequestHead, host, is_plain_name, parse_request, refuse_repeated,
    request_framing,
};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::exchange::{Exchange, Origin, Version};
use crate::http::client::{Broken, Client, limit_of};
use crate::http::reply;
use crate::net::{Clock, Io, Stream};
use crate::shared::Shared;

/// Unread request body that is read and thrown away to keep the connection.
const DRAIN: u64 = 64 * 1024;
/// How long a connection that closes may still send.
const LINGER: Duration = Duration::from_secs(2);
/// How long an idle connection may still bring a request after the node began to drain.
const DRAINING_IDLE: Duration = Duration::from_secs(2);

pub struct Http1 {
    pub io: Io,
    framing: Framing,
    body: Body,
    /// Bytes of the request's body so far, and how many there may be.
    body_received: u64,
    body_limit: u64,
    usual_limit: u64,
    /// The client waits for `100 Continue`.
    expects: bool,
    answers_head: bool,
    /// The response has no body, or its body is not sent.
    silent: bool,
    minor: u8,
    /// Another request may follow on the connection.
    pub keep: bool,
    chunked: bool,
    before: (u64, u64),
    /// How long the client may keep its body back, and how long it may take nothing of the response.
    body_clock: Clock,
    body_timeout: Duration,
    send_clock: Clock,
    send_timeout: Duration,
}

impl Http1 {
    pub fn new(stream: Stream, shared: &Shared) -> Self {
        let settings = &shared.settings;
        Self {
            io: Io::new(stream),
            framing: Framing::Empty,
            body: Body::new(Framing::Empty),
            body_received: 0,
            body_limit: u64::MAX,
            usual_limit: limit_of(settings),
            expects: false,
            answers_head: false,
            silent: false,
            minor: 1,
            keep: false,
            chunked: false,
            before: (0, 0),
            body_clock: Clock::default(),
            body_timeout: settings.nginx_http_client_body_timeout.0,
            send_clock: Clock::default(),
            send_timeout: settings.nginx_http_send_timeout.0,
        }
    }

    /// Prepares for one exchange.
    pub fn begin(
        &mut self,
        bytes: &Bytes,
        started: Instant,
        origin: &Origin,
        shared: &Arc<Shared>,
    ) -> Result<Box<Exchange>, Fault> {
        self.keep = false;
        // From here on the clocks of body and response count.
        self.io.deadline(Duration::ZERO);
        self.before = (self.io.received - (self.io.input.len() + bytes.len()) as u64, self.io.sent);
        let mut head = parse_request(bytes)?;
        refuse_repeated(&head.headers)?;
        if shared.ignores_odd_headers() {
            head.headers.retain(|line| is_plain_name(&line.name));
        }
        let host = host(&head)?;
        self.framing = request_framing(&head)?;
        self.body = Body::new(self.framing);
        self.body_received = 0;
        self.body_limit = self.usual_limit;
        self.minor = head.minor;
        self.keep = keeps_alive(&head);
        self.expects = head.minor == 1 && !self.body.is_done() && expects_continue(&head);
        self.answers_head = head.method == "HEAD";
        let version = if head.minor == 0 { Version::Http10 } else { Version::Http11 };
        let RequestHead { method, target, headers, .. } = head;
        Ok(Exchange::new(shared, origin, started, version, method, host, target, headers))
    }

    /// Waits for the first byte of the next request; false when there will be none.
    pub async fn wait_idle(&mut self, draining: &mut watch::Receiver<bool>) -> bool {
        let io = &mut self.io;
        io.release();
        tokio::select! {
            biased;
            filled = poll_fn(|cx| io.poll_fill(cx)) => return matches!(filled, Ok(1..)),
            _ = draining.wait_for(|draining| *draining) => {}
        }
        // A request may be on its way already, and closing now would lose it; the answer will say `close`.
        self.io.deadline(DRAINING_IDLE);
        matches!(self.io.fill().await, Ok(1..))
    }

    /// Reads what is left of the request's body if it is little; false when the connection must close.
    pub async fn drain(&mut self) -> bool {
        let mut left = DRAIN;
        self.expects = false;
        while !self.body.is_done() {
            let mut length = 0;
            let more = poll_fn(|cx| self.poll_body(cx, &mut |piece| length += piece.len() as u64)).await;
            left = left.saturating_sub(length);
            if more.is_err() || left == 0 {
                return false;
            }
        }
        true
    }

    /// Sends what is left, then gives the client a moment to read it: closing at once would reset the connection
    /// under an answer that the client has not read yet.
    pub async fn close(&mut self) {
        self.io.deadline(self.send_timeout);
        if self.io.flush().await.is_err() || self.io.shutdown().await.is_err() {
            return;
        }
        // A deadline of `io` counts only while nothing comes: this one also ends a client that goes on sending.
        self.io.deadline(Duration::ZERO);
        let _ = timeout(LINGER, async {
            while matches!(self.io.fill().await, Ok(1..)) {
                self.io.input.consume(self.io.input.len());
            }
        })
        .await;
    }

    fn poll_piece(
        &mut self,
        cx: &mut Context<'_>,
        sink: &mut dyn FnMut(&[u8]),
    ) -> Poll<Result<bool, Broken>> {
        loop {
            if let Some(more) = self.next_piece(sink).map_err(Broken::Fault)? {
                if self.body_received > self.body_limit {
                    return Poll::Ready(Err(Broken::TooLarge));
                }
                return Poll::Ready(Ok(more));
            }
            if std::mem::take(&mut self.expects) {
                self.io.output().extend_from_slice(b"HTTP/1.1 100 Continue\r\n\r\n");
            }
            if self.io.has_output()
                && let Poll::Ready(Err(broken)) = self.poll_flush(cx)
            {
                return Poll::Ready(Err(broken));
            }
            let Poll::Ready(filled) = self.io.poll_fill(cx) else {
                self.body_clock.begin(self.body_timeout);
                return self.body_clock.poll(cx).map(|()| Err(Broken::TimedOut));
            };
            self.body_clock.clear();
            if filled? == 0 {
                return Poll::Ready(Err(Broken::Gone));
            }
        }
    }

    /// One step through the buffered input; `None` when it needs more.
    fn next_piece(&mut self, sink: &mut dyn FnMut(&[u8])) -> Result<Option<bool>, Fault> {
        match self.body.next(self.io.input.data())? {
            Piece::More => Ok(None),
            Piece::End => Ok(Some(false)),
            Piece::Skip(length) | Piece::Trailer(length) => {
                self.io.input.consume(length);
                Ok(if self.body.is_done() { Some(false) } else { Some(true) })
            }
            Piece::Data(length) => {
                sink(&self.io.input.data()[..length]);
                self.io.input.consume(length);
                self.body_received += length as u64;
                Ok(Some(!self.body.is_done()))
            }
        }
    }
}

impl Client for Http1 {
    fn framing(&self) -> Framing {
        self.framing
    }

    fn limit_body(&mut self, bytes: u64) {
        self.body_limit = self.body_limit.min(bytes);
    }

    fn poll_body(&mut self, cx: &mut Context<'_>, sink: &mut dyn FnMut(&[u8])) -> Poll<Result<bool, Broken>> {
        let polled = self.poll_piece(cx, sink);
        // Nobody knows where the next request would begin.
        self.keep &= !matches!(polled, Poll::Ready(Err(_)));
        polled
    }

    fn start(&mut self, exchange: &Exchange, framing: Framing) {
        // A client that was not told to go on may or may not send its body: nobody knows what comes next.
        self.keep &= !std::mem::take(&mut self.expects);
        let status = exchange.response.as_ref().map_or(0, |response| response.status);
        let framing = reply::framing(status, framing);
        self.silent = self.answers_head || framing == Framing::Empty;
        self.chunked = framing == Framing::Chunked && self.minor == 1 && !self.silent;
        if framing == Framing::Close || (framing == Framing::Chunked && self.minor == 0) {
            self.keep = false;
        }
        let framing = match framing {
            Framing::Chunked | Framing::Close if self.minor == 0 => Framing::Close,
            other => other,
        };
        let keep = self.keep;
        reply::write_head(self.io.output(), exchange, framing, keep);
    }

    fn push(&mut self, piece: &[u8]) {
        if piece.is_empty() || self.silent {
            return;
        }
        let chunked = self.chunked;
        let output = self.io.output();
        if chunked {
            gopura_http1::chunked::size_line(output, piece.len());
        }
        output.extend_from_slice(piece);
        if chunked {
            output.extend_from_slice(b"\r\n");
        }
    }

    fn finish(&mut self, trailers: &[u8]) {
        if self.chunked {
            let output = self.io.output();
            output.extend_from_slice(b"0\r\n");
            output.extend_from_slice(trailers);
            output.extend_from_slice(b"\r\n");
        }
    }

    fn abort(&mut self) {
        self.keep = false;
    }

    fn is_congested(&self) -> bool {
        self.io.is_congested()
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        let sent = self.io.sent;
        let flushed = self.io.poll_flush(cx);
        if flushed.is_ready() || self.io.sent > sent {
            self.send_clock.clear();
        }
        if flushed.is_pending() {
            self.send_clock.begin(self.send_timeout);
            return self.send_clock.poll(cx).map(|()| Err(Broken::TimedOut));
        }
        flushed.map_err(Broken::from)
    }

    fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.io.input.is_full() {
            return Poll::Pending;
        }
        loop {
            match ready!(self.io.poll_fill(cx)) {
                Ok(1..) if !self.io.input.is_full() => {}
                Ok(1..) => return Poll::Pending,
                _ => return Poll::Ready(()),
            }
        }
    }

    fn tunnel(&mut self) -> Option<&mut Io> {
        self.keep = false;
        Some(&mut self.io)
    }

    fn traffic(&self) -> (u64, u64) {
        let ahead = self.io.input.len() as u64;
        (self.io.received - ahead - self.before.0, self.io.sent - self.before.1)
    }
}

/// RFC 9112, 9.3.
fn keeps_alive(head: &RequestHead) -> bool {
    let mut keep = head.minor == 1;
    for value in head.headers.get_all("connection") {
        for word in value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
            if word.eq_ignore_ascii_case(b"close") {
                return false;
            }
            keep |= word.eq_ignore_ascii_case(b"keep-alive");
        }
    }
    keep
}

fn expects_continue(head: &RequestHead) -> bool {
    head.headers.get("expect").is_some_and(|value| value.eq_ignore_ascii_case(b"100-continue"))
}
