//! HTTP/2 towards the client: a connection, and one task for each of its streams.
mod convert;
mod stream;

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use h2::server::{self, Connection, SendResponse};
use h2::{Reason, RecvStream};
use http::Request;
use tokio::sync::watch;
use tokio::time::timeout;

use super::decide;
use crate::exchange::{Exchange, Origin, Version};
use crate::net::{Rewind, Stream};
use crate::shared::{Shared, count};
use stream::Http2;

type Wire = Connection<Rewind, Bytes>;

/// nginx's `http2_max_concurrent_streams`.
const STREAMS: u32 = 128;
/// What a client may send ahead on one stream, and on all together: 256 kB are 5 MB/s over a round trip of 50 ms.
const STREAM_WINDOW: u32 = 256 * 1024;
const CONNECTION_WINDOW: u32 = 1024 * 1024;
/// Response bytes that may wait for a stream's window.
const SEND_BUFFER: usize = 64 * 1024;
/// Streams that a client may reset before they were looked at (rapid reset).
const PENDING_RESETS: usize = 20;
/// Resets that a client may provoke by breaking the protocol.
const PROVOKED_RESETS: usize = 100;

/// Serves a connection until it closes. `bytes` were read from it already.
pub async fn serve(stream: Stream, bytes: &[u8], origin: Origin, shared: Arc<Shared>) {
    let wire = Rewind::new(stream, bytes);
    let limit = shared.settings.nginx_http_client_header_timeout.0;
    let Ok(Ok(mut connection)) = timeout(limit, builder(&shared).handshake(wire)).await else { return };
    let mut draining = shared.draining.subscribe();
    loop {
        match next(&mut connection, &mut draining, &shared).await {
            Next::Stream(opened) => {
                let (request, respond) = *opened;
                count(&origin.counters(&shared).requests);
                tokio::spawn(exchange(request, respond, origin.clone(), shared.clone()));
            }
            Next::Shutdown => {
                connection.graceful_shutdown();
                return finish(&mut connection, &origin, &shared).await;
            }
            Next::Closed => return,
        }
    }
}

fn builder(shared: &Shared) -> server::Builder {
    let mut builder = server::Builder::new();
    builder
        .max_concurrent_streams(STREAMS)
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_header_list_size(u32::try_from(shared.limits.head).unwrap_or(u32::MAX))
        .max_send_buffer_size(SEND_BUFFER)
        .max_pending_accept_reset_streams(PENDING_RESETS)
        .max_local_error_reset_streams(Some(PROVOKED_RESETS));
    builder
}

enum Next {
    Stream(Box<(Request<RecvStream>, SendResponse<Bytes>)>),
    /// Idle for too long, or the node drains.
    Shutdown,
    Closed,
}

async fn next(connection: &mut Wire, draining: &mut watch::Receiver<bool>, shared: &Shared) -> Next {
    let idle = shared.settings.nginx_http_keepalive_timeout.0;
    loop {
        let accepted = tokio::select! {
            biased;
            _ = draining.wait_for(|draining| *draining) => return Next::Shutdown,
            accepted = timeout(idle, connection.accept()) => accepted,
        };
        match accepted {
            Ok(Some(Ok(opened))) => return Next::Stream(Box::new(opened)),
            Ok(_) => return Next::Closed,
            Err(_) if !connection.has_streams() => return Next::Shutdown,
            Err(_) => {}
        }
    }
}

/// Lets the streams that are open end; new ones are refused by the shutdown.
async fn finish(connection: &mut Wire, origin: &Origin, shared: &Arc<Shared>) {
    while let Some(Ok((request, respond))) = connection.accept().await {
        tokio::spawn(exchange(request, respond, origin.clone(), shared.clone()));
    }
    let _ = poll_fn(|cx| connection.poll_closed(cx)).await;
}

async fn exchange(
    request: Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
    origin: Origin,
    shared: Arc<Shared>,
) {
    let (parts, body) = request.into_parts();
    let converted = convert::request(&parts, &shared);
    let started = Instant::now();
    match converted {
        Ok((method, host, target, headers)) => {
            let exchange =
                Exchange::new(&shared, &origin, started, Version::Http2, method, host, target, headers);
            let mut client = Http2::new(&exchange, body, respond, &shared);
            decide::run(&mut client, exchange, &shared).await;
        }
        Err(convert::Refused::Malformed) => respond.send_reset(Reason::PROTOCOL_ERROR),
        Err(convert::Refused::Status(status)) => {
            let method = Bytes::copy_from_slice(parts.method.as_str().as_bytes());
            let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
            let target = Bytes::copy_from_slice(target.as_bytes());
            let exchange = Exchange::unparsed(&origin, &shared, Version::Http2, method, target);
            let mut client = Http2::new(&exchange, body, respond, &shared);
            decide::refuse(&mut client, exchange, status, &shared).await;
        }
    }
}
