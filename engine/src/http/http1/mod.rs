//! HTTP/1.x towards the client: one request after the other on one connection.
mod wire;

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use gopura_http1::{Fault, Scanner};
use tokio::sync::watch;

use super::about::tell;
use super::decide;
use crate::exchange::{Exchange, Origin, Version};
use crate::net::{Io, Stream};
use crate::shared::{Shared, count, discount};
use wire::Http1;

/// Serves a connection until it closes. `bytes` were read from it already.
pub async fn serve(stream: Stream, bytes: &[u8], origin: Origin, shared: Arc<Shared>) {
    let mut client = Http1::new(stream, &shared);
    client.io.seed(bytes);
    let mut served = 0;
    let mut draining = shared.draining.subscribe();
    loop {
        let head = match next_head(&mut client, &origin, &shared, served, &mut draining).await {
            Ok(Some(head)) => head,
            Ok(None) => return,
            Err(fault) => {
                let read = Bytes::copy_from_slice(client.io.input.data());
                return refuse(&mut client, fault, &read, &origin, &shared).await;
            }
        };
        served += 1;
        count(&origin.counters(&shared).requests);
        let started = Instant::now();
        let exchange = match client.begin(&head, started, &origin, &shared) {
            Ok(exchange) => exchange,
            Err(fault) => return refuse(&mut client, fault, &head, &origin, &shared).await,
        };
        client.keep &= !shared.settings.nginx_http_keepalive_timeout.0.is_zero();
        client.keep &= served < shared.settings.nginx_http_keepalive_requests && !*draining.borrow();
        decide::run(&mut client, exchange, &shared).await;
        if !client.keep || !client.drain().await {
            return client.close().await;
        }
    }
}

/// Waits for the next request; `None` when the connection ends instead.
async fn next_head(
    client: &mut Http1,
    origin: &Origin,
    shared: &Shared,
    served: u32,
    draining: &mut watch::Receiver<bool>,
) -> Result<Option<Bytes>, Fault> {
    let settings = &shared.settings;
    if served > 0 && client.io.input.is_empty() {
        let counters = origin.counters(shared);
        client.io.deadline(settings.nginx_http_keepalive_timeout.0);
        count(&counters.waiting);
        let more = client.wait_idle(draining).await;
        discount(&counters.waiting);
        if !more {
            return Ok(None);
        }
    }
    client.io.deadline(settings.nginx_http_client_header_timeout.0);
    read_head(&mut client.io, shared).await
}

async fn read_head(io: &mut Io, shared: &Shared) -> Result<Option<Bytes>, Fault> {
    let mut scanner = Scanner::default();
    let mut blank = 0;
    loop {
        // RFC 9112, 2.2: empty lines before a request are skipped.
        while blank < 4 && io.input.data().starts_with(b"\r\n") {
            io.input.consume(2);
            blank += 1;
        }
        if io.input.data() != b"\r"
            && let Some(length) = scanner.advance(io.input.data(), &shared.limits)?
        {
            let head = Bytes::copy_from_slice(&io.input.data()[..length]);
            io.input.consume(length);
            return Ok(Some(head));
        }
        if !matches!(io.fill().await, Ok(1..)) {
            return Ok(None);
        }
    }
}

/// Method and target as far as they came; a line that is no request line is all target.
fn first_line(read: &Bytes) -> (Bytes, Bytes) {
    let end = memchr::memchr2(b'\r', b'\n', read).unwrap_or(read.len());
    let mut words = read[..end].splitn(3, |byte| *byte == b' ');
    match (words.next(), words.next()) {
        (Some(method), Some(target)) if !method.is_empty() && method.iter().all(u8::is_ascii_uppercase) => {
            (read.slice_ref(method), read.slice_ref(target))
        }
        _ => (Bytes::new(), read.slice(..end)),
    }
}

/// Answers a request that could not be understood, and closes.
async fn refuse(client: &mut Http1, fault: Fault, read: &Bytes, origin: &Origin, shared: &Arc<Shared>) {
    client.keep = false;
    let (method, target) = first_line(read);
    let exchange = Exchange::unparsed(origin, shared, Version::Http11, method, target);
    tell!(info, &exchange, "request refused: {}", fault.reason());
    decide::refuse(client, exchange, fault.status(), shared).await;
    client.close().await;
}
