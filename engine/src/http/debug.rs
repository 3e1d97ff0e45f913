//! Headers that tell what happened to a request: `Kong-Debug` and `X-Kong-Request-Debug`.
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::{Value, json};

use crate::exchange::{Exchange, Timing};
use crate::shared::Shared;

/// Adds what the request asked for and may know.
pub fn add(exchange: &mut Exchange, shared: &Shared) {
    let headers = &exchange.request.headers;
    let names = shared.settings.allow_debug_header && headers.get("kong-debug").is_some_and(|it| *it == "1");
    let times = shared.settings.request_debug && headers.contains("x-kong-request-debug");
    if names {
        add_names(exchange);
    }
    if times && may_know(exchange, shared) {
        add_times(exchange);
    }
}

fn add_names(exchange: &mut Exchange) {
    let (route, service) = (exchange.route().cloned(), exchange.service.clone());
    let Some(response) = &mut exchange.response else { return };
    let mut set = |name: &'static str, value: Option<&str>| {
        if let Some(value) = value {
            response.headers.set(name, value.to_owned());
        }
    };
    if let Some(route) = route {
        set("Kong-Route-Id", Some(&route.id));
        set("Kong-Route-Name", route.name.as_deref());
    }
    if let Some(service) = service {
        set("Kong-Service-Id", Some(&service.id));
        set("Kong-Service-Name", service.name.as_deref());
    }
}

/// From loopback anybody; else who knows the token.
fn may_know(exchange: &Exchange, shared: &Shared) -> bool {
    let token = exchange.request.headers.get("x-kong-request-debug-token");
    match (token, shared.settings.request_debug_token.as_deref()) {
        (Some(given), Some(token)) if !token.is_empty() => same(given, token.as_bytes()),
        _ => exchange.request.peer.ip().to_canonical().is_loopback(),
    }
}

/// Compares in a time that does not tell where the difference lies.
fn same(given: &[u8], token: &[u8]) -> bool {
    given.len() == token.len() && given.iter().zip(token).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
}

fn add_times(exchange: &mut Exchange) {
    let text = describe(&exchange.request.id, &exchange.timing).to_string();
    if let Some(response) = &mut exchange.response {
        response.headers.set("X-Kong-Request-Debug-Output", text);
    }
}

fn describe(id: &Bytes, timing: &Timing) -> Value {
    let between = |from: Option<Instant>, to: Option<Instant>| {
        let taken = from.zip(to).map_or(Duration::ZERO, |(from, to)| to.saturating_duration_since(from));
        (taken.as_secs_f64() * 1_000_000.0).round() / 1000.0
    };
    let started = Some(timing.started);
    let mut child = json!({ "access": { "total_time": between(started, timing.access_ended) } });
    if timing.sent.is_some() {
        child["balancer"] = json!({ "total_time": between(timing.access_ended, timing.sent) });
        child["upstream"] = json!({
            "total_time": between(timing.access_ended, timing.head),
            "child": { "time_to_first_byte": { "total_time": between(timing.sent, timing.head) } },
        });
    }
    json!({
        "request_id": String::from_utf8_lossy(id),
        "total_time_without_upstream":
            between(started, Some(Instant::now())) - between(timing.access_ended, timing.head),
        "total_time": between(started, Some(Instant::now())),
        "child": child,
    })
}
