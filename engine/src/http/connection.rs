//! A new connection: PROXY header, TLS, and which HTTP it speaks.
use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{http1, http2, proxy_protocol};
use crate::exchange::{Origin, Scheme};
use crate::net::{Input, Rewind, Stream};
use crate::settings::Listener;
use crate::shared::Shared;
use crate::tls;

/// What an HTTP/2 client with prior knowledge sends first.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Serves one accepted connection to its end.
pub async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    listener: Arc<Listener>,
    worker: usize,
    shared: Arc<Shared>,
) {
    let Ok(local) = stream.local_addr() else { return };
    let _ = stream.set_nodelay(true);
    let port = shared.outer_port(local.port());
    let mut origin =
        Origin { peer, local, port, proxied_for: None, scheme: Scheme::Http, sni: None, tls: None, worker };
    let (mut stream, mut input) = (Stream::Tcp(stream), Input::default());
    if listener.proxy_protocol {
        let limit = shared.settings.nginx_http_client_header_timeout.0;
        let Some(header) = proxy_protocol::read(&mut stream, &mut input, limit).await else {
            return tracing::error!(client = %peer, "no valid PROXY header");
        };
        origin.proxied_for = header.map(|(client, _)| client);
    }
    if listener.ssl {
        origin.scheme = Scheme::Https;
        serve_tls(Rewind::new(stream, input.data()), origin, &listener, shared).await;
    } else {
        serve_plain(stream, input, origin, &listener, shared).await;
    }
}

async fn serve_plain(
    mut stream: Stream,
    mut input: Input,
    origin: Origin,
    listener: &Listener,
    shared: Arc<Shared>,
) {
    let limit = shared.settings.nginx_http_client_header_timeout.0;
    if listener.http2 && timeout(limit, first_bytes(&mut stream, &mut input)).await != Ok(true) {
        return;
    }
    if listener.http2 && input.data().starts_with(PREFACE) {
        http2::serve(stream, input.data(), origin, shared).await;
    } else {
        http1::serve(stream, input.data(), origin, shared).await;
    }
}

/// Reads until it is clear whether the preface comes; false when nothing comes.
async fn first_bytes(stream: &mut Stream, input: &mut Input) -> bool {
    loop {
        let common = input.len().min(PREFACE.len());
        if common > 0 && (input.data()[..common] != PREFACE[..common] || common == PREFACE.len()) {
            return true;
        }
        if !matches!(poll_fn(|cx| input.poll_fill(stream, cx)).await, Ok(1..)) {
            return false;
        }
    }
}

async fn serve_tls(stream: Rewind, mut origin: Origin, listener: &Listener, shared: Arc<Shared>) {
    let limit = shared.settings.nginx_http_client_header_timeout.0;
    let accepted = timeout(limit, tls::accept(stream, &origin, listener.http2, &shared));
    let stream = match accepted.await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return tracing::info!(client = %origin.peer, "TLS handshake failed: {error}"),
        Err(_) => return tracing::info!(client = %origin.peer, "TLS handshake timed out"),
    };
    let session = stream.get_ref().1;
    origin.sni = session.server_name().map(|name| name.to_ascii_lowercase().into());
    origin.tls = Some(tls::Client::of(session));
    let is_http2 = session.alpn_protocol() == Some(b"h2");
    let stream = Stream::Server(Box::new(stream));
    if is_http2 {
        http2::serve(stream, &[], origin, shared).await;
    } else {
        http1::serve(stream, &[], origin, shared).await;
    }
}
