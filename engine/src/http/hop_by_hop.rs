//! Fields that concern one connection only (RFC 9110, 7.6.1). They are taken off as soon as a message has come, before
//! the gateway or a plugin asserts anything in it: what a peer names in `Connection` is its own field, never one of ours.
use std::collections::HashSet;

use gopura_http1::Headers;

use super::forward::{is_replaced, wants_trailers, wants_websocket};
use crate::exchange::Exchange;
use crate::shared::Shared;

/// Takes off the request what its `Connection` names. What the gateway reads or writes itself stays: the length of the
/// body, the host, who the client is.
pub fn leave_client(exchange: &mut Exchange, shared: &Shared) {
    let headers = &mut exchange.request.headers;
    let Some(named) = named(headers) else { return };
    let has_id = shared.added.request_id_upstream;
    headers.retain(|line| is_replaced(&line.name, has_id) || !has(&named, &line.name));
}

/// Takes off the response what concerns the connection with the upstream.
pub fn leave_upstream(exchange: &mut Exchange) {
    let websocket = wants_websocket(&exchange.request.headers);
    let trailers = wants_trailers(&exchange.request.headers);
    let Some(response) = &mut exchange.response else { return };
    let named = named(&response.headers);
    response.headers.retain(|line| {
        let is = |name: &str| line.is(name);
        let dropped = match line.name.len() {
            7 if is("upgrade") => !(websocket && line.value.eq_ignore_ascii_case(b"websocket")),
            7 => is("trailer") && !trailers,
            10 => is("connection") || is("keep-alive"),
            16 => is("proxy-connection"),
            17 => is("transfer-encoding"),
            _ => false,
        };
        let by_name = || named.as_ref().is_some_and(|named| has(named, &line.name) && !is("upgrade"));
        !dropped && !is_internal(&line.name) && !by_name()
    });
}

/// Instructions to nginx itself, which it never passes on.
fn is_internal(name: &[u8]) -> bool {
    name.len() > 8
        && name[..8].eq_ignore_ascii_case(b"x-accel-")
        && ["expires", "redirect", "limit-rate", "buffering", "charset"]
            .iter()
            .any(|rest| name[8..].eq_ignore_ascii_case(rest.as_bytes()))
}

/// The names in all `Connection` lines, in lower case; `None` in the usual case that none names a field.
fn named(headers: &Headers) -> Option<HashSet<Vec<u8>>> {
    if headers.get_all("connection").all(|value| is_plain(value)) {
        return None;
    }
    let words = headers.get_all("connection").flat_map(|value| value.split(|byte| *byte == b','));
    Some(words.map(|word| word.trim_ascii().to_ascii_lowercase()).collect())
}

fn has(named: &HashSet<Vec<u8>>, name: &[u8]) -> bool {
    named.contains(&name.to_ascii_lowercase())
}

/// Whether a Connection header names no other header.
fn is_plain(connection: &[u8]) -> bool {
    match connection.len() {
        5 => connection.eq_ignore_ascii_case(b"close"),
        7 => connection.eq_ignore_ascii_case(b"upgrade"),
        10 => connection.eq_ignore_ascii_case(b"keep-alive"),
        _ => false,
    }
}
