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
use crate::tls::{self, Accepted};

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
    let Accepted { stream, name, client, is_http2 } = match accepted.await {
        Ok(Ok(accepted)) => accepted,
        Ok(Err(error)) => {
            let reason = tls::client_failure(&error);
            return tracing::info!(client = %origin.peer, "TLS handshake failed: {reason}");
        }
        Err(_) => return tracing::info!(client = %origin.peer, "TLS handshake timed out"),
    };
    origin.sni = name;
    origin.tls = Some(client);
    if is_http2 {
        http2::serve(stream, &[], origin, shared).await;
    } else {
        http1::serve(stream, &[], origin, shared).await;
    }
}
