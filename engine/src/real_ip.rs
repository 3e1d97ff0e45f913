//! Who the client is when trusted proxies stand before the gateway.
use std::net::{IpAddr, SocketAddr};

use crate::exchange::Request;
use crate::shared::Shared;

/// Sets `client` from `real_ip_header` when the peer is trusted (nginx's realip module).
pub fn apply(request: &mut Request, shared: &Shared) {
    let settings = &shared.settings;
    if settings.real_ip_header == "proxy_protocol" {
        if !request.trusted {
            request.client = request.peer;
        }
        return;
    }
    request.client = request.peer;
    if !request.trusted {
        return;
    }
    let recursive = settings.real_ip_recursive == "on";
    let mut found = None;
    let values: Vec<_> = request.headers.get_all(&settings.real_ip_header).collect();
    for word in values.iter().rev().flat_map(|value| value.rsplit(|byte| *byte == b',')) {
        let Some(address) = parse(word) else { break };
        found = Some(address);
        if !recursive || !shared.trusted.holds(address.ip()) {
            break;
        }
    }
    request.client = found.unwrap_or(request.client);
}

/// An address with or without port.
fn parse(word: &[u8]) -> Option<SocketAddr> {
    let text = std::str::from_utf8(word.trim_ascii()).ok()?;
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(SocketAddr::new(address, 0));
    }
    text.parse().ok()
}
