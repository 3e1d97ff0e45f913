//! Heads between HTTP/2 and the exchange.
use bytes::{BufMut, Bytes, BytesMut};
use gopura_http1::{Framing, Headers, Host, is_plain_name, refuse_repeated};
use http::header::{CONTENT_LENGTH, HeaderName, HeaderValue};
use http::request::Parts;
use http::{HeaderMap, Response, StatusCode};

use crate::exchange::Exchange;
use crate::http::reply::{date, keeps_length};
use crate::shared::Shared;

/// Why a request is not served.
pub enum Refused {
    /// The stream is reset (RFC 9113, 8.1.1).
    Malformed,
    Status(u16),
}

type Converted = (Bytes, Host, Bytes, Headers);

/// Method, host, target and headers of a request.
pub fn request(parts: &Parts, shared: &Shared) -> Result<Converted, Refused> {
    if parts.headers.len() > shared.limits.lines {
        return Err(Refused::Status(494));
    }
    let target = parts.uri.path_and_query().map(http::uri::PathAndQuery::as_str).unwrap_or_default();
    if !target.starts_with('/') || gopura_http1::check_path(target.as_bytes()).is_err() {
        return Err(Refused::Status(400));
    }
    if target.len() > shared.limits.line {
        return Err(Refused::Status(414));
    }
    let host = host(parts)?;
    let mut headers = headers(&parts.headers, shared.ignores_odd_headers());
    refuse_repeated(&headers).map_err(|_| Refused::Status(400))?;
    if !headers.contains("host") {
        headers.append("host", host.sent.clone());
    }
    let method = Bytes::copy_from_slice(parts.method.as_str().as_bytes());
    Ok((method, host, Bytes::copy_from_slice(target.as_bytes()), headers))
}

/// `:authority`, or Host where it is missing; both must agree (RFC 9113, 8.3.1).
fn host(parts: &Parts) -> Result<Host, Refused> {
    let authority = parts.uri.authority().map(|authority| authority.as_str().as_bytes());
    let mut lines = parts.headers.get_all("host").iter().map(HeaderValue::as_bytes);
    let line = lines.next();
    if lines.next().is_some() || line.zip(authority).is_some_and(|(a, b)| !a.eq_ignore_ascii_case(b)) {
        return Err(Refused::Malformed);
    }
    let host = authority.or(line).ok_or(Refused::Status(400))?;
    Host::parse(Bytes::copy_from_slice(host)).map_err(|_| Refused::Status(400))
}

/// Cookie crumbs become one line again (RFC 9113, 8.2.3).
fn headers(map: &HeaderMap, ignores_odd: bool) -> Headers {
    let mut headers = Headers::with_capacity(map.len() + 1);
    for name in map.keys() {
        let own = Bytes::copy_from_slice(name.as_str().as_bytes());
        if ignores_odd && !is_plain_name(&own) {
            continue;
        }
        if name == http::header::COOKIE {
            headers.append(own, join(map, name));
            continue;
        }
        for value in map.get_all(name) {
            headers.append(own.clone(), Bytes::copy_from_slice(value.as_bytes()));
        }
    }
    headers
}

fn join(map: &HeaderMap, name: &HeaderName) -> Bytes {
    let mut joined = BytesMut::new();
    for value in map.get_all(name) {
        if !joined.is_empty() {
            joined.put_slice(b"; ");
        }
        joined.put_slice(value.as_bytes());
    }
    joined.freeze()
}

/// The head of the exchange's response.
pub fn response(exchange: &Exchange, framing: Framing) -> Response<()> {
    let mut head = Response::new(());
    let Some(response) = &exchange.response else { return head };
    *head.status_mut() = StatusCode::from_u16(response.status).unwrap_or(StatusCode::BAD_GATEWAY);
    let map = head.headers_mut();
    for line in response.headers.iter().filter(|line| !is_connection_specific(&line.name)) {
        let name = HeaderName::from_bytes(&line.name);
        let value = HeaderValue::from_maybe_shared(line.value.clone());
        if let (Ok(name), Ok(value)) = (name, value) {
            map.append(name, value);
        }
    }
    if let Framing::Length(length) = framing {
        map.insert(CONTENT_LENGTH, length.into());
    } else if !keeps_length(exchange, response, framing) {
        map.remove(CONTENT_LENGTH);
    }
    if !map.contains_key(http::header::DATE)
        && let Ok(value) = HeaderValue::from_bytes(&date())
    {
        map.insert(http::header::DATE, value);
    }
    head
}

/// RFC 9113, 8.2.2.
fn is_connection_specific(name: &[u8]) -> bool {
    let is = |other: &[u8]| name.eq_ignore_ascii_case(other);
    match name.len() {
        7 => is(b"upgrade"),
        10 => is(b"connection") || is(b"keep-alive"),
        16 => is(b"proxy-connection"),
        17 => is(b"transfer-encoding"),
        _ => false,
    }
}

/// Whole trailer lines as a header map.
pub fn trailers(lines: &[u8]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for line in lines.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let name = HeaderName::from_bytes(&line[..colon]);
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii());
        if let (Ok(name), Ok(value)) = (name, value) {
            map.append(name, value);
        }
    }
    map
}
