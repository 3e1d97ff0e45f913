//! The client's side of one exchange, whatever its HTTP version.
use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll};

use gopura_http1::{Fault, Framing};

use crate::exchange::Exchange;
use crate::net::Io;
use crate::settings::Settings;

/// Why the client's side can not go on.
#[derive(Debug)]
pub enum Broken {
    /// The connection is gone; nobody hears an answer.
    Gone,
    /// The client was too slow.
    TimedOut,
    /// The request's body breaks its framing.
    Fault(Fault),
    /// The body is larger than allowed.
    TooLarge,
    /// The body could not be kept on disk.
    NotKept,
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::TimedOut { Self::TimedOut } else { Self::Gone }
    }
}

impl Broken {
    pub fn from_disk(error: io::Error) -> Self {
        tracing::error!("a request's body cannot be kept on disk: {error}");
        Self::NotKept
    }

    /// The status to answer with; 499 is nginx's for a client that left.
    pub fn status(&self) -> u16 {
        match self {
            Self::Gone => 499,
            Self::TimedOut => 408,
            Self::Fault(fault) => fault.status(),
            Self::TooLarge => 413,
            Self::NotKept => 500,
        }
    }
}

/// Reads a request's body and writes a response. Output is buffered until `poll_flush`.
pub trait Client: Send {
    /// How the request's body is framed, as announced.
    fn framing(&self) -> Framing;

    /// Takes no more of the request's body than so many bytes, and no more than before.
    fn limit_body(&mut self, bytes: u64);

    /// Hands the next piece of the request's body to `sink`; false once the body has ended.
    fn poll_body(&mut self, cx: &mut Context<'_>, sink: &mut dyn FnMut(&[u8])) -> Poll<Result<bool, Broken>>;

    /// Writes the response's head. `framing` is that of the body that follows.
    fn start(&mut self, exchange: &Exchange, framing: Framing);

    /// Adds a piece of the response's body.
    fn push(&mut self, piece: &[u8]);

    /// Ends the response; `trailers` are whole lines.
    fn finish(&mut self, trailers: &[u8]);

    /// The response can not be finished: make the client notice.
    fn abort(&mut self);

    /// Whether so much is buffered that more should wait.
    fn is_congested(&self) -> bool;

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Broken>>;

    /// Ready when the client has gone away. Only asked while nothing else reads from it.
    fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<()>;

    /// The connection itself, for a tunnel; HTTP/2 has none.
    fn tunnel(&mut self) -> Option<&mut Io>;

    /// Bytes received and sent so far for this exchange.
    fn traffic(&self) -> (u64, u64);
}

/// The bytes that any request's body may have.
pub fn limit_of(settings: &Settings) -> u64 {
    match settings.nginx_http_client_max_body_size.0 {
        0 => u64::MAX,
        limit => limit,
    }
}

/// Waits for `work`, but no longer than the client does. Only where nothing reads from it: with its whole body at hand.
pub async fn while_there<C: Client, T>(client: &mut C, work: impl Future<Output = T>) -> Result<T, Broken> {
    tokio::select! {
        biased;
        done = work => Ok(done),
        () = poll_fn(|cx| client.poll_gone(cx)) => Err(Broken::Gone),
    }
}

/// Sends what is buffered.
pub async fn flush<C: Client>(client: &mut C) -> Result<(), Broken> {
    poll_fn(|cx| client.poll_flush(cx)).await
}
