//! A client's TLS handshake, plugins of the `certificate` phase included.
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use rustls::ServerConfig;
use rustls::server::Acceptor;
use tokio::io::AsyncWriteExt;
use tokio_rustls::server::TlsStream;
use tokio_rustls::{LazyConfigAcceptor, StartHandshake, TlsAcceptor};

use super::hello::Hello;
use super::{Ask, Client, Wire};
use crate::exchange::{Exchange, Origin, Version};
use crate::net::{Rewind, Stream};
use crate::phases;
use crate::shared::Shared;

/// A fatal alert, `internal_error`, before any keys are agreed on.
const REFUSAL: [u8; 7] = [21, 3, 3, 0, 2, 2, 80];

/// A connection that keys are agreed on for.
pub struct Accepted {
    pub stream: Stream,
    /// In lower case.
    pub name: Option<Arc<str>>,
    pub client: Arc<Client>,
    pub is_http2: bool,
}

impl From<TlsStream<Rewind>> for Accepted {
    fn from(stream: TlsStream<Rewind>) -> Self {
        let session = stream.get_ref().1;
        Self {
            name: session.server_name().map(|name| name.to_ascii_lowercase().into()),
            client: Client::of(session),
            is_http2: session.alpn_protocol() == Some(b"h2"),
            stream: Stream::Server(Box::new(stream)),
        }
    }
}

/// Agrees on keys with a client: by rustls, or by OpenSSL when the client's server name or the certificate for it is
/// beyond rustls. Plugins of the `certificate` phase are at rustls only: what they would be asked for ends there.
pub async fn accept(
    mut stream: Rewind,
    origin: &Origin,
    http2: bool,
    shared: &Shared,
) -> io::Result<Accepted> {
    let hello = Hello::look(&mut stream).await?;
    let is_free = shared.snapshot.load().handshakes.plugins(hello.name.as_deref()).is_empty();
    if let Some(session) = is_free.then(|| shared.tls.by_openssl(&hello, http2)).flatten() {
        let wire = Wire::handshake(stream, session?).await?;
        return Ok(Accepted {
            name: hello.name.map(Into::into),
            client: Client::of_facts(&wire.facts),
            is_http2: wire.facts.is_http2,
            stream: Stream::OtherServer(Box::new(wire)),
        });
    }
    by_rustls(stream, origin, http2, shared).await.map(Accepted::from)
}

/// Without plugins for this phase Python is not touched.
async fn by_rustls(
    stream: Rewind,
    origin: &Origin,
    http2: bool,
    shared: &Shared,
) -> io::Result<TlsStream<Rewind>> {
    if shared.snapshot.load().handshakes.is_empty() {
        return TlsAcceptor::from(shared.tls.usual(http2)).accept(stream).await;
    }
    let mut start = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
    match config(&start, origin, http2, shared).await {
        Some(config) => start.into_stream(config).await,
        None => {
            start.io.write_all(&REFUSAL).await?;
            Err(io::Error::other("a plugin failed"))
        }
    }
}

/// What to offer to the client that said hello; `None` when a plugin failed.
async fn config(
    start: &StartHandshake<Rewind>,
    origin: &Origin,
    http2: bool,
    shared: &Shared,
) -> Option<Arc<ServerConfig>> {
    let name = start.client_hello().server_name().map(|name| name.to_ascii_lowercase().into());
    let origin = Origin { sni: name, ..origin.clone() };
    let exchange = Exchange::unparsed(&origin, shared, Version::Http11, Bytes::new(), Bytes::new());
    let plugins = exchange.snapshot.handshakes.plugins(origin.sni.as_deref());
    if plugins.is_empty() {
        return Some(shared.tls.usual(http2));
    }
    let ask = phases::certificate(exchange, plugins).await?;
    special(ask, http2, shared)
}

fn special(ask: Ask, http2: bool, shared: &Shared) -> Option<Arc<ServerConfig>> {
    if !ask.is_special() {
        return Some(shared.tls.usual(http2));
    }
    shared.tls.asking(ask, http2).map_err(|error| tracing::error!("TLS: {error}")).ok()
}
