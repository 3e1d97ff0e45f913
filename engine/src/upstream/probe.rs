//! Active health checks: one request to one address.
use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use gopura_balancer::{Active, Address, Event, Kind, Observer};
use gopura_http1::{Limits, Scanner, parse_response};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Upstream;
use crate::http::reply::write_line;
use crate::net::{Io, Stream};
use crate::tls::{Identity, Pair, Trust};

/// How probes over TLS are made.
pub struct Manner {
    pub trust: Trust,
    /// The certificate to show when the Upstream names none.
    pub shown: Option<Arc<Pair>>,
}

/// Probes the addresses, as many at a time as the upstream allows, and reports what came of it.
pub async fn run(upstream: &Arc<Upstream>, due: Vec<Arc<Address>>, manner: &Manner) {
    let active = &upstream.spec.healthchecks.active;
    let mut waiting = due.into_iter();
    let mut running = FuturesUnordered::new();
    loop {
        while running.len() < active.concurrency.max(1)
            && let Some(address) = waiting.next()
        {
            running.push(async move {
                let limit = Duration::from_secs_f64(active.timeout.clamp(0.001, 65536.0));
                let event = match timeout(limit, probe(upstream, active, &address, manner)).await {
                    Ok(Ok(event)) => event,
                    Ok(Err(error)) if error.kind() == io::ErrorKind::TimedOut => Event::Timeout,
                    Ok(Err(_)) => Event::TcpFailure,
                    Err(_) => Event::Timeout,
                };
                upstream.report(&address, Observer::Active, event);
            });
        }
        if running.next().await.is_none() {
            return;
        }
    }
}

async fn probe(
    upstream: &Upstream,
    active: &Active,
    address: &Address,
    manner: &Manner,
) -> io::Result<Event> {
    let stream = match active.kind {
        Kind::Tcp => return TcpStream::connect(address.socket).await.map(|_| Event::Success),
        Kind::Http | Kind::Grpc => Stream::Tcp(TcpStream::connect(address.socket).await?),
        Kind::Https | Kind::Grpcs => {
            let name = active.https_sni.as_deref().or(address.hostname.as_deref()).unwrap_or(&address.name);
            let trust = active.https_verify_certificate.then_some(&manner.trust);
            let shown = upstream.shown.clone().or_else(|| manner.shown.clone());
            let identity = Identity::of_probe(name, trust, shown)
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
            identity.connect(address.socket).await?
        }
    };
    let mut io = Io::new(stream);
    write_request(io.output(), upstream, active, address);
    io.flush().await?;
    read_status(&mut io).await.map(Event::Status)
}

fn write_request(out: &mut Vec<u8>, upstream: &Upstream, active: &Active, address: &Address) {
    let host = upstream.host_header.as_deref().or(address.hostname.as_deref()).unwrap_or(&address.name);
    out.extend_from_slice(format!("GET {} HTTP/1.0\r\n", active.http_path).as_bytes());
    write_line(out, b"Connection", b"close");
    for (name, values) in &active.headers {
        for value in values {
            write_line(out, name.as_bytes(), value.as_bytes());
        }
    }
    if !active.headers.keys().any(|name| name.eq_ignore_ascii_case("host")) {
        write_line(out, b"Host", host.as_bytes());
    }
    out.extend_from_slice(b"\r\n");
}

async fn read_status(io: &mut Io) -> io::Result<u16> {
    let mut scanner = Scanner::default();
    loop {
        let found = scanner.advance(io.input.data(), &Limits::default());
        let invalid = |_| io::Error::from(io::ErrorKind::InvalidData);
        if let Some(length) = found.map_err(invalid)? {
            let head = bytes::Bytes::copy_from_slice(&io.input.data()[..length]);
            return parse_response(&head).map(|head| head.status).map_err(invalid);
        }
        if io.fill().await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}
