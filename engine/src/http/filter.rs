//! What happens to a response between its source and the client.
use std::time::Instant;

use bytes::Bytes;
use gopura_http1::Headers;

use super::debug;
use crate::exchange::Exchange;
use crate::phases::{self, Phase};
use crate::shared::Shared;

/// Runs a whole body through the body filters; `None` when one failed.
pub async fn whole(exchange: Box<Exchange>, body: Bytes) -> (Box<Exchange>, Option<Bytes>) {
    if !exchange.phases.has(Phase::BodyFilter) {
        return (exchange, Some(body));
    }
    phases::body_filter(exchange, body, true).await
}

/// What comes before the plugins' header filters.
pub fn begin(exchange: &mut Exchange) {
    debug::filtering(exchange);
    set_cookie(exchange);
}

/// Gives the client the cookie by which it finds its target again. One of that name that the upstream sets gives way.
fn set_cookie(exchange: &mut Exchange) {
    let Some(cookie) = exchange.cookie.take_if(|_| exchange.proxied) else { return };
    let Some(response) = &mut exchange.response else { return };
    let start = format!("{}=", cookie.name);
    let mut is_first = true;
    response.headers.retain(|line| {
        let replaced = is_first
            && line.name.eq_ignore_ascii_case(b"set-cookie")
            && line.value.starts_with(start.as_bytes());
        is_first &= !replaced;
        !replaced
    });
    let value = format!("{start}{}; Path={}; Same-Site=Lax; HttpOnly", cookie.value, cookie.path);
    response.headers.append("Set-Cookie", value);
}

/// Adds the gateway's own headers, after the plugins' header filters.
pub fn add_headers(exchange: &mut Exchange, shared: &Shared) {
    add_charset(exchange, shared);
    debug::add(exchange, shared);
    if let (Some(header), Some(response)) = (&shared.add_header, &mut exchange.response) {
        header.apply(response);
    }
    let (added, timing) = (&shared.added, &exchange.timing);
    let own = timing.handed_over().unwrap_or_else(Instant::now).saturating_duration_since(timing.started);
    let waited = timing.waited().unwrap_or_default();
    let Some(response) = &mut exchange.response else { return };
    let headers = &mut response.headers;
    if exchange.proxied {
        if added.upstream_status && !exchange.tries.is_empty() {
            let status = exchange.upstream.as_ref().map_or(response.status, |upstream| upstream.0);
            set(headers, "X-Kong-Upstream-Status", number(status.into()));
        }
        if added.upstream_latency {
            set(headers, "X-Kong-Upstream-Latency", number(waited.as_millis()));
        }
        if added.proxy_latency {
            set(headers, "X-Kong-Proxy-Latency", number(own.as_millis()));
        }
        if added.via {
            set(headers, "Via", shared.server.clone());
        }
    } else {
        if added.response_latency {
            set(headers, "X-Kong-Response-Latency", number(own.as_millis()));
        }
        add_server(headers, shared);
    }
    if added.request_id {
        set(headers, "X-Kong-Request-Id", exchange.request.id.clone());
    }
}

/// A plugin that answers with the gateway's Via (a cached response) keeps the upstream's Server.
fn add_server(headers: &mut Headers, shared: &Shared) {
    let via = shared.added.via && headers.get("via").is_some_and(|value| *value == shared.server);
    if via {
        return;
    }
    headers.remove("server");
    if shared.added.server {
        headers.append("Server", shared.server.clone());
    }
}

fn set(headers: &mut Headers, name: &'static str, value: Bytes) {
    headers.set(Bytes::from_static(name.as_bytes()), value);
}

fn number(value: u128) -> Bytes {
    const SMALL: &[u8; 10] = b"0123456789";
    match usize::try_from(value) {
        Ok(digit @ 0..10) => Bytes::from_static(&SMALL[digit..=digit]),
        _ => Bytes::copy_from_slice(itoa::Buffer::new().format(value).as_bytes()),
    }
}

/// nginx's `charset`: text types that name none get one.
fn add_charset(exchange: &mut Exchange, shared: &Shared) {
    let charset = &shared.settings.nginx_http_charset;
    let Some(response) = exchange.response.as_mut().filter(|_| exchange.proxied && charset != "off") else {
        return;
    };
    if matches!(response.status, 301 | 302 | 304) {
        return;
    }
    let value = response.headers.get("content-type").filter(|value| is_text(value));
    if let Some(value) = value {
        let value = [value, &b"; charset="[..], charset.as_bytes()].concat();
        response.headers.set("Content-Type", value);
    }
}

fn is_text(media: &[u8]) -> bool {
    const TEXTS: [&[u8]; 6] = [
        b"text/html",
        b"text/plain",
        b"text/xml",
        b"text/vnd.wap.wml",
        b"application/javascript",
        b"application/rss+xml",
    ];
    TEXTS.iter().any(|text| media.eq_ignore_ascii_case(text))
}
