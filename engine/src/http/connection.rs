//! A new connection: PROXY header, TLS, and which HTTP it speaks.
use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{http1, http2};
use crate::exchange::{Origin, Scheme};
use crate::net::{Input, Stream};
use crate::settings::Listener;
use crate::shared::Shared;

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
    let mut origin = Origin { peer, local, scheme: Scheme::Http, sni: None, worker };
    if listener.ssl {
        origin.scheme = Scheme::Https;
        serve_tls(stream, origin, shared).await;
    } else {
        serve_plain(stream, origin, &listener, shared).await;
    }
}

async fn serve_plain(stream: TcpStream, origin: Origin, listener: &Listener, shared: Arc<Shared>) {
    let mut stream = Stream::Tcp(stream);
    let limit = shared.settings.nginx_http_client_header_timeout.0;
    if !listener.http2 {
        return http1::serve(stream, &[], origin, shared).await;
    }
    let Some(input) = first_bytes(&mut stream, limit).await else { return };
    if input.data() == PREFACE || input.data().starts_with(PREFACE) {
        http2::serve(stream, input.data(), origin, shared).await;
    } else {
        http1::serve(stream, input.data(), origin, shared).await;
    }
}

/// Reads until it is clear whether the preface comes.
async fn first_bytes(stream: &mut Stream, limit: Duration) -> Option<Input> {
    let mut input = Input::default();
    let read = async {
        loop {
            let length = poll_fn(|cx| input.poll_fill(stream, cx)).await.ok()?;
            let common = input.len().min(PREFACE.len());
            if length == 0 {
                return None;
            }
            if input.data()[..common] != PREFACE[..common] || common == PREFACE.len() {
                return Some(());
            }
        }
    };
    timeout(limit, read).await.ok()??;
    Some(input)
}

async fn serve_tls(stream: TcpStream, mut origin: Origin, shared: Arc<Shared>) {
    let limit = shared.settings.nginx_http_client_header_timeout.0;
    let acceptor = shared.certificates.acceptor();
    let stream = match timeout(limit, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return tracing::info!(client = %origin.peer, "TLS handshake failed: {error}"),
        Err(_) => return tracing::info!(client = %origin.peer, "TLS handshake timed out"),
    };
    let session = stream.get_ref().1;
    origin.sni = session.server_name().map(Arc::from);
    let is_http2 = session.alpn_protocol() == Some(b"h2");
    let stream = Stream::Server(Box::new(stream));
    if is_http2 {
        http2::serve(stream, &[], origin, shared).await;
    } else {
        http1::serve(stream, &[], origin, shared).await;
    }
}
