//! The request as the upstream gets it.
use std::io::Write;

use bytes::Bytes;
use gopura_http1::{Framing, Headers};

use super::reply::write_line;
use crate::exchange::{Exchange, Scheme};
use crate::shared::Shared;

/// What Kong tells the upstream about the client's request; made from the route before any plugin runs, so that
/// plugins may change the headers themselves.
#[derive(Debug, Default)]
pub struct Forwarded {
    pub proto: Bytes,
    pub host: Bytes,
    pub port: Bytes,
    pub path: Bytes,
    pub prefix: Option<Bytes>,
}

impl Forwarded {
    /// `prefix` is the part of the path that was stripped.
    pub fn new(exchange: &Exchange, prefix: Option<&[u8]>) -> Self {
        let request = &exchange.request;
        let said = |name: &str| request.headers.get(name).filter(|_| request.trusted).cloned();
        let host = if request.host.is_empty() { Bytes::from_static(b"kong") } else { request.host.clone() };
        let prefix = prefix.filter(|prefix| *prefix != b"/").map(Bytes::copy_from_slice);
        Self {
            proto: said("x-forwarded-proto")
                .unwrap_or_else(|| Bytes::from_static(request.scheme.as_str().as_bytes())),
            host: said("x-forwarded-host").unwrap_or(host),
            port: said("x-forwarded-port").unwrap_or_else(|| number(request.port)),
            path: said("x-forwarded-path").unwrap_or_else(|| path_as_sent(&request.target)),
            prefix: said("x-forwarded-prefix").or(prefix),
        }
    }

    pub fn is_https(&self) -> bool {
        &self.proto[..] == b"https"
    }
}

fn number(port: u16) -> Bytes {
    match port {
        80 => Bytes::from_static(b"80"),
        443 => Bytes::from_static(b"443"),
        8000 => Bytes::from_static(b"8000"),
        8443 => Bytes::from_static(b"8443"),
        _ => Bytes::copy_from_slice(itoa::Buffer::new().format(port).as_bytes()),
    }
}

/// Kong looks for the `?` from the second byte on.
fn path_as_sent(target: &Bytes) -> Bytes {
    let mark = target.iter().skip(1).position(|byte| *byte == b'?');
    mark.map_or_else(|| target.clone(), |mark| target.slice(..=mark))
}

/// Whether the client can read trailers.
pub fn wants_trailers(headers: &Headers) -> bool {
    headers.get_all("te").any(|value| has_word(value, b"trailers"))
}

/// Whether the client wants to speak WebSocket.
pub fn wants_websocket(headers: &Headers) -> bool {
    headers.get("upgrade").is_some_and(|value| value.eq_ignore_ascii_case(b"websocket"))
}

/// Appends request line and headers. `host` is the Host header for this target.
pub fn write_request(out: &mut Vec<u8>, exchange: &Exchange, framing: Framing, host: &[u8], shared: &Shared) {
    write_request_line(out, exchange);
    write_line(out, b"Host", exchange.outgoing.host_header.as_deref().unwrap_or(host));
    let upgrade = wants_websocket(&exchange.request.headers);
    out.extend_from_slice(if upgrade {
        b"Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
    } else {
        b"Connection: keep-alive\r\n".as_slice()
    });
    write_forwarded(out, exchange, shared);
    write_client_headers(out, exchange, shared);
    match framing {
        Framing::Length(length) => {
            write_line(out, b"Content-Length", itoa::Buffer::new().format(length).as_bytes());
        }
        Framing::Chunked | Framing::Close => out.extend_from_slice(b"Transfer-Encoding: chunked\r\n"),
        Framing::Empty => {}
    }
    out.extend_from_slice(b"\r\n");
}

fn write_request_line(out: &mut Vec<u8>, exchange: &Exchange) {
    let (request, outgoing) = (&exchange.request, &exchange.outgoing);
    out.extend_from_slice(outgoing.method.as_deref().unwrap_or(&request.method));
    out.push(b' ');
    out.extend_from_slice(&gopura_router::escape_path(&outgoing.path));
    match (&outgoing.query, &request.query) {
        (Some(query), _) if query.is_empty() => {}
        (Some(query), _) | (None, Some(query)) => {
            out.push(b'?');
            out.extend_from_slice(query);
        }
        (None, None) => {}
    }
    out.extend_from_slice(b" HTTP/1.1\r\n");
}

/// X-Forwarded-* and X-Real-IP, after the rules of Kong's nginx template.
fn write_forwarded(out: &mut Vec<u8>, exchange: &Exchange, shared: &Shared) {
    let (request, forwarded) = (&exchange.request, &exchange.outgoing.forwarded);
    out.extend_from_slice(b"X-Forwarded-For: ");
    let mut earlier = false;
    for value in request.headers.get_all("x-forwarded-for") {
        out.extend_from_slice(value);
        out.extend_from_slice(b", ");
        earlier = true;
    }
    let address = if earlier { request.peer } else { request.client };
    let _ = write!(out, "{}\r\n", address.ip().to_canonical());
    write_line(out, b"X-Forwarded-Proto", &forwarded.proto);
    write_line(out, b"X-Forwarded-Host", &forwarded.host);
    write_line(out, b"X-Forwarded-Port", &forwarded.port);
    write_line(out, b"X-Forwarded-Path", &forwarded.path);
    if let Some(prefix) = &forwarded.prefix {
        write_line(out, b"X-Forwarded-Prefix", prefix);
    }
    let _ = write!(out, "X-Real-IP: {}\r\n", request.client.ip().to_canonical());
    if shared.added.request_id_upstream {
        write_line(out, b"X-Kong-Request-Id", &request.id);
    }
}

/// The same headers as pairs, for HTTP/2.
pub fn forwarded_lines(exchange: &Exchange, shared: &Shared) -> Vec<(Bytes, Bytes)> {
    let mut out = Vec::with_capacity(1024);
    write_forwarded(&mut out, exchange, shared);
    write_client_headers(&mut out, exchange, shared);
    let out = Bytes::from(out);
    let mut lines = Vec::new();
    let mut start = 0;
    while let Some(length) = memchr::memmem::find(&out[start..], b"\r\n") {
        let line = out.slice(start..start + length);
        if let Some(colon) = memchr::memmem::find(&line, b": ") {
            lines.push((line.slice(..colon), line.slice(colon + 2..)));
        }
        start += length + 2;
    }
    lines
}

fn write_client_headers(out: &mut Vec<u8>, exchange: &Exchange, shared: &Shared) {
    let headers = &exchange.request.headers;
    if wants_trailers(headers) {
        write_line(out, b"TE", b"trailers");
    }
    for line in headers {
        if !is_replaced(&line.name, shared.added.request_id_upstream) {
            write_line(out, &line.name, &line.value);
        }
    }
}

fn has_word(list: &[u8], word: &[u8]) -> bool {
    list.split(|byte| *byte == b',').any(|item| {
        let item = item.split(|byte| *byte == b';').next().unwrap_or_default();
        item.trim_ascii().eq_ignore_ascii_case(word)
    })
}

/// Headers of the client that the gateway writes itself or never forwards; its request id is among them when `has_id`.
pub fn is_replaced(name: &[u8], has_id: bool) -> bool {
    let is = |other: &[u8]| name.eq_ignore_ascii_case(other);
    match name.len() {
        2 => is(b"te"),
        4 => is(b"host"),
        5 => is(b"proxy"),
        6 => is(b"expect"),
        7 => is(b"upgrade"),
        9 => is(b"x-real-ip"),
        10 => is(b"connection") || is(b"keep-alive"),
        14 => is(b"content-length"),
        15 => is(b"x-forwarded-for"),
        16 => {
            is(b"x-forwarded-host")
                || is(b"x-forwarded-port")
                || is(b"x-forwarded-path")
                || is(b"proxy-connection")
        }
        17 => is(b"x-forwarded-proto") || is(b"transfer-encoding") || (has_id && is(b"x-kong-request-id")),
        18 => is(b"x-forwarded-prefix"),
        _ => false,
    }
}

/// Headers in which the gateway says who the client is; a client may not set them. Many an upstream cannot tell
/// underscores in names from dashes.
pub fn remove_asserted(headers: &mut Headers) {
    headers.retain(|line| !is_asserted(&line.name));
}

fn is_asserted(name: &[u8]) -> bool {
    let plain = |byte: &u8| if *byte == b'_' { b'-' } else { byte.to_ascii_lowercase() };
    let is = |other: &[u8]| name.iter().map(plain).eq(other.iter().copied());
    match name.len() {
        13 => is(b"x-consumer-id"),
        17 => is(b"x-consumer-groups"),
        19 => is(b"x-consumer-username"),
        20 => is(b"x-consumer-custom-id") || is(b"x-anonymous-consumer"),
        21 => is(b"x-credential-username") || is(b"x-authenticated-scope"),
        22 => is(b"x-authenticated-groups") || is(b"x-authenticated-userid"),
        23 => is(b"x-credential-identifier"),
        _ => false,
    }
}

/// `scheme://` defaults need no port in a Host header.
pub fn authority(host: &str, port: u16, scheme: Scheme) -> String {
    match (scheme, port) {
        (Scheme::Http, 80) | (Scheme::Https, 443) => host.to_owned(),
        _ => format!("{host}:{port}"),
    }
}
