//! The status API: how the node is, is answered here and never by Python, so that it is true when Python is stuck.
mod memory;

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use gopura_http1::{Scanner, parse_request};
use pyo3::prelude::*;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

pub use memory::Memory;
use memory::Unit;

use crate::http::reply::{date, write_line};
use crate::http::status_text::reason;
use crate::net::{Io, Rewind, Stream};
use crate::shared::Shared;

const PATIENCE: Duration = Duration::from_secs(10);

/// Serves one connection.
pub async fn serve(stream: TcpStream, ssl: bool, shared: Arc<Shared>) {
    let mut stream = Stream::Tcp(stream);
    if ssl {
        let handshake = TlsAcceptor::from(shared.tls.usual(false)).accept(Rewind::new(stream, &[]));
        let Ok(Ok(session)) = timeout(PATIENCE, handshake).await else { return };
        stream = Stream::Server(Box::new(session));
    }
    let mut io = Io::new(stream);
    io.deadline(PATIENCE);
    while let Some(head) = read_head(&mut io, &shared).await {
        let (status, body) = match parse_request(&head) {
            Ok(request) if is_pythons(&request.target) => {
                asked(&request.method, &request.target, &shared).await
            }
            Ok(request) => answer(&request.method, &request.target, &shared),
            Err(fault) => (fault.status(), message("Bad request")),
        };
        write_answer(io.output(), status, &body, head.starts_with(b"HEAD "), &shared);
        if io.flush().await.is_err() {
            return;
        }
        io.deadline(PATIENCE);
    }
}

async fn read_head(io: &mut Io, shared: &Shared) -> Option<Bytes> {
    let mut scanner = Scanner::default();
    loop {
        if let Some(length) = scanner.advance(io.input.data(), &shared.limits).ok()? {
            let head = Bytes::copy_from_slice(&io.input.data()[..length]);
            io.input.consume(length);
            return Some(head);
        }
        if io.fill().await.ok()? == 0 {
            return None;
        }
    }
}

fn path(target: &Bytes) -> &[u8] {
    let end = target.iter().position(|byte| *byte == b'?').unwrap_or(target.len());
    let path = &target[..end];
    if path.len() > 1 { path.strip_suffix(b"/").unwrap_or(path) } else { path }
}

fn query(target: &Bytes) -> String {
    let mut parts = target.splitn(2, |byte| *byte == b'?');
    parts.nth(1).map(String::from_utf8_lossy).unwrap_or_default().into_owned()
}

fn answer(method: &[u8], target: &Bytes, shared: &Shared) -> (u16, String) {
    match (path(target), method) {
        (b"/status" | b"/status/ready", b"OPTIONS") => (204, String::new()),
        (b"/status", b"GET" | b"HEAD") => match Unit::of(&query(target)) {
            Ok(unit) => (200, counters(shared, &unit)),
            Err(problem) => (400, message(&problem)),
        },
        (b"/status/ready", b"GET" | b"HEAD") => match unready(shared) {
            Some(reason) => (503, message(reason)),
            None => (200, message("ready")),
        },
        (b"/status" | b"/status/ready", _) => (405, message("Method not allowed")),
        _ => (404, message("Not found")),
    }
}

/// Why no traffic should come here; `None` when it may.
fn unready(shared: &Shared) -> Option<&'static str> {
    if *shared.draining.borrow() {
        return Some("draining: no new connections are accepted");
    }
    if !shared.loaded.load(Ordering::Acquire) {
        return Some("no configuration available (configuration hash is not initialized)");
    }
    is_empty(shared).then_some("no configuration available (empty configuration present)")
}

/// Without a database a gateway begins with nothing, and waits for its configuration.
fn is_empty(shared: &Shared) -> bool {
    let of_its_own = |kind: &str| matches!(kind, "workspaces" | "parameters");
    let snapshot = shared.snapshot.load();
    shared.settings.database == "off"
        && snapshot.tables.kinds().all(|(kind, table)| of_its_own(kind) || table.rows().next().is_none())
}

/// What Python answers: measurements, and what is known of upstreams.
fn is_pythons(target: &Bytes) -> bool {
    path(target) == b"/metrics" || target.starts_with(b"/upstreams/")
}

/// On a thread of its own, so that nothing waits for it.
async fn asked(method: &Bytes, target: &Bytes, shared: &Arc<Shared>) -> (u16, String) {
    let text = |bytes: &Bytes| String::from_utf8_lossy(bytes).into_owned();
    let (shared, method, target) = (shared.clone(), text(method), text(target));
    let answer = tokio::task::spawn_blocking(move || {
        Python::attach(|py| {
            let source = shared.status_source.lock().unwrap_or_else(PoisonError::into_inner);
            let source = source.as_ref().map(|source| source.clone_ref(py))?;
            Some(
                source
                    .call1(py, (method, target))
                    .and_then(|found| found.extract::<Option<(u16, String)>>(py)),
            )
        })
    });
    match answer.await {
        Ok(Some(Ok(Some(found)))) => found,
        Ok(Some(Ok(None)) | None) => (404, message("Not found")),
        Ok(Some(Err(error))) => {
            tracing::error!("the status API failed: {error}");
            (500, message("An unexpected error occurred"))
        }
        Err(_) => (500, message("An unexpected error occurred")),
    }
}

fn message(text: &str) -> String {
    serde_json::json!({ "message": text }).to_string()
}

fn counters(shared: &Shared, unit: &Unit) -> String {
    let active = shared.total(|counters| &counters.active);
    let accepted = shared.total(|counters| &counters.accepted);
    let waiting = shared.total(|counters| &counters.waiting);
    let snapshot = shared.snapshot.load();
    let mut body = serde_json::json!({
        "server": {
            "connections_active": active,
            "connections_accepted": accepted,
            "connections_handled": accepted,
            "connections_reading": 0,
            "connections_writing": active.saturating_sub(waiting),
            "connections_waiting": waiting,
            "total_requests": shared.total(|counters| &counters.requests),
        },
        "memory": shared.memory.json(unit),
        "snapshot": { "version": snapshot.version, "hash": snapshot.hash },
    });
    if !snapshot.limits.is_empty() {
        let row =
            |(id, reason): (&Arc<str>, &Arc<str>)| serde_json::json!({ "id": &**id, "reason": &**reason });
        body["certificates"] =
            serde_json::json!({ "limited": snapshot.limits.iter().map(row).collect::<Vec<_>>() });
    }
    if shared.settings.database == "off" {
        let known = snapshot.hash.get(..32).filter(|_| !is_empty(shared));
        body["configuration_hash"] = known.unwrap_or("00000000000000000000000000000000").into();
    } else {
        let answers = shared.database_answers.load(Ordering::Relaxed);
        body["database"] = serde_json::json!({ "reachable": answers });
    }
    body.to_string()
}

fn write_answer(out: &mut Vec<u8>, status: u16, body: &str, is_head: bool, shared: &Shared) {
    out.extend_from_slice(format!("HTTP/1.1 {status} {}\r\n", reason(status)).as_bytes());
    write_line(out, b"Date", &date());
    let is_text = !body.starts_with('{');
    let kind = if is_text { "text/plain; charset=UTF-8" } else { "application/json; charset=utf-8" };
    write_line(out, b"Content-Type", kind.as_bytes());
    write_line(out, b"Connection", b"keep-alive");
    write_line(out, b"Server", shared.settings.server.as_bytes());
    if status == 204 {
        write_line(out, b"Allow", b"GET, HEAD, OPTIONS");
        write_line(out, b"Access-Control-Allow-Methods", b"GET, HEAD, OPTIONS");
        write_line(out, b"Access-Control-Allow-Headers", b"Content-Type");
    } else {
        write_line(out, b"Content-Length", body.len().to_string().as_bytes());
    }
    out.extend_from_slice(b"\r\n");
    if !is_head {
        out.extend_from_slice(body.as_bytes());
    }
}
