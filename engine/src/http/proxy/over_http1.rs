//! One request over HTTP/1.1, until the head of its response.
use std::future::poll_fn;
use std::time::Instant;

use gopura_http1::{Body, Fault, Framing, ResponseHead, Scanner, response_framing};

use super::answer::{Answer, Incoming};
use super::tries::{Again, Lost, Times, is_idempotent, note_failure};
use crate::exchange::Exchange;
use crate::http::body::Outbound;
use crate::http::client::Client;
use crate::http::forward::{wants_websocket, write_request};
use crate::http::pump::{Download, Failure, Upload, poll_head};
use crate::shared::Shared;
use crate::upstream::{Connection, Peer};

pub async fn attempt<C: Client>(
    client: &mut C,
    exchange: &mut Exchange,
    mut connection: Connection,
    outbound: &Outbound,
    peer: &Peer,
    times: &Times,
    shared: &Shared,
) -> Result<Answer, Lost> {
    connection.io.discard_output();
    write_request(connection.io.output(), exchange, outbound.framing, &peer.authority, shared);
    let mut upload = Upload::start(&mut connection, outbound, times.write, times.read);
    let mut scanner = Scanner::default();
    let answered =
        poll_fn(|cx| poll_head(cx, client, &mut connection, &mut upload, &mut scanner, shared)).await;
    exchange.timing.sent = upload.sent_at.or_else(|| Some(Instant::now()));
    let read = answered.and_then(|head| {
        exchange.timing.head = Some(Instant::now());
        let framing = framing(exchange, &head).map_err(Failure::Invalid)?;
        Ok((head, framing))
    });
    match read {
        Ok((head, framing)) => {
            connection.body = Body::new(framing);
            let keep = keeps_alive(&head, framing);
            let body = Incoming::Http1 { connection, upload, download: Download::default(), keep };
            Ok(Answer { status: head.status, reason: head.reason, headers: head.headers, framing, body })
        }
        Err(failure) => {
            note_failure(exchange, &failure);
            let again = again(exchange, &failure, &connection, &upload);
            Err(Lost { failure, again })
        }
    }
}

fn again(exchange: &Exchange, failure: &Failure, connection: &Connection, upload: &Upload) -> Again {
    let repeatable = !upload.has_taken() && (is_idempotent(exchange) || !upload.is_sent());
    match failure {
        Failure::Closed if repeatable && connection.is_reused() => Again::Freely,
        Failure::Closed | Failure::TimedOut if repeatable => Again::Elsewhere,
        _ => Again::Never,
    }
}

fn framing(exchange: &Exchange, head: &ResponseHead) -> Result<Framing, Fault> {
    if head.status == 101 && !wants_websocket(&exchange.request.headers) {
        return Err(Fault::Bad("101 that was not asked for"));
    }
    let method = exchange.outgoing.method.as_ref().unwrap_or(&exchange.request.method);
    response_framing(head, method)
}

/// RFC 9112, 9.3.
fn keeps_alive(head: &ResponseHead, framing: Framing) -> bool {
    let says = |word: &[u8]| {
        head.headers.get_all("connection").any(|value| {
            value.split(|byte| *byte == b',').any(|item| item.trim_ascii().eq_ignore_ascii_case(word))
        })
    };
    framing != Framing::Close && !says(b"close") && (head.minor == 1 || says(b"keep-alive"))
}
