//! The `traditional` flavour: categories by how many kinds of conditions a route has, and an order in each.

use std::cmp::Reverse;

use gopura_router::RouteSpec;
use uuid::Uuid;

use super::{Owned, regex};

pub struct Part<'r> {
    route: &'r RouteSpec,
    /// Plain hosts with a port come before others: they are tried on their own.
    hosts: Vec<&'r str>,
    path: Option<&'r str>,
    /// Position among the paths of its route.
    position: usize,
}

pub fn parts(routes: &[RouteSpec]) -> Vec<Part<'_>> {
    let mut parts: Vec<Part<'_>> = routes.iter().flat_map(split).collect();
    parts.sort_by_key(|part| Reverse(order(part)));
    parts
}

pub fn find<'r>(parts: &[Part<'r>], request: &Owned) -> Option<(&'r RouteSpec, Option<usize>)> {
    let start = if request.https { None } else { Some(met(parts, request)) };
    if start == Some((0, 0)) {
        return None;
    }
    let start = start.filter(|start| parts.iter().any(|part| category(part) == *start));
    let mut admitted = parts.iter().filter(|part| start.is_none_or(|start| category(part) <= start));
    admitted.find_map(|part| holds(part, request).map(|length| (part.route, length)))
}

/// The kinds of conditions of any routes that the request meets, each on its own. Without TLS there is no server name.
fn met(parts: &[Part<'_>], request: &Owned) -> (u32, u32) {
    let any = |test: &dyn Fn(&Part<'_>) -> bool| parts.iter().any(test);
    let has = |name: &String| !request.values(&name.to_ascii_lowercase()).is_empty();
    let bits = [
        (HOST, any(&|part| part.hosts.iter().any(|host| host_holds(host, request)))),
        (HEADER, any(&|part| part.route.headers.keys().any(has))),
        (PATH, any(&|part| part.path.is_some_and(|path| path_holds(path, request).is_some()))),
        (METHOD, any(&|part| part.route.methods.contains(&request.method))),
    ];
    number_and_bits(&bits)
}

const HOST: u32 = 0x40;
const HEADER: u32 = 0x20;
const PATH: u32 = 0x10;
const METHOD: u32 = 0x08;
const SNI: u32 = 0x04;

fn number_and_bits(bits: &[(u32, bool)]) -> (u32, u32) {
    let bits: u32 = bits.iter().map(|(bit, has)| if *has { *bit } else { 0 }).sum();
    (bits.count_ones(), bits)
}

fn category(part: &Part<'_>) -> (u32, u32) {
    let route = part.route;
    number_and_bits(&[
        (HOST, !route.hosts.is_empty()),
        (HEADER, !route.headers.is_empty()),
        (PATH, part.path.is_some()),
        (METHOD, !route.methods.is_empty()),
        (SNI, !route.snis.is_empty()),
    ])
}

fn split(route: &RouteSpec) -> Vec<Part<'_>> {
    let is_specific = |host: &&str| !host.contains('*') && host.contains(':');
    let (specific, others): (Vec<_>, Vec<_>) = route.hosts.iter().map(String::as_str).partition(is_specific);
    let hosts = match (specific.is_empty(), others.is_empty()) {
        (true, _) => vec![others],
        (_, true) => vec![specific],
        _ => vec![specific, others],
    };
    let paths: Vec<_> = match route.paths.as_slice() {
        [] => vec![None],
        paths => paths.iter().map(|path| Some(path.as_str())).collect(),
    };
    let mut parts = Vec::new();
    for hosts in hosts {
        for (position, path) in paths.iter().enumerate() {
            parts.push(Part { route, hosts: hosts.clone(), path: *path, position });
        }
    }
    parts
}

fn order(part: &Part<'_>) -> impl Ord + use<> {
    let route = part.route;
    let is_regex = part.path.is_some_and(|path| path.starts_with('~'));
    let wildcard = |host: &&String| host.contains('*');
    let plain_only = !route.hosts.is_empty() && !route.hosts.iter().any(|host| wildcard(&host));
    let wildcard_port = route.hosts.iter().any(|host| wildcard(&host) && host.contains(':'));
    let kind = u32::from(wildcard_port) * 4 + u32::from(plain_only) * 2 + u32::from(is_regex);
    (
        category(part),
        part.hosts.iter().any(|host| !host.contains('*') && host.contains(':')),
        kind,
        route.headers.len(),
        if is_regex { route.regex_priority } else { 0 },
        if is_regex { 0 } else { part.path.map_or(0, str::len) },
        Reverse(route.created_at),
        // Kong leaves the rest open.
        (Uuid::parse_str(&route.id).unwrap(), Reverse(part.position)),
    )
}

/// Bytes of the path that matched; none when the route has no paths.
type Length = Option<usize>;

fn holds(part: &Part<'_>, request: &Owned) -> Option<Length> {
    let route = part.route;
    let sni = |name: &String| {
        let name = if name.len() > 1 { name.strip_suffix('.').unwrap_or(name) } else { name };
        request.sni.as_deref() == Some(name)
    };
    if !route.snis.is_empty() && request.https && !route.snis.iter().any(sni) {
        return None;
    }
    if !route.methods.is_empty() && !route.methods.contains(&request.method) {
        return None;
    }
    if !part.hosts.is_empty() && !part.hosts.iter().any(|host| host_holds(host, request)) {
        return None;
    }
    for (name, wanted) in &route.headers {
        let values = request.values(&name.to_ascii_lowercase());
        let is_wanted = |value: &String| wanted.iter().any(|wanted| wanted.to_ascii_lowercase() == *value);
        let pattern = match wanted.as_slice() {
            [only] => only.strip_prefix("~*").map(regex),
            _ => None,
        };
        let fits = |value: &String| pattern.as_ref().is_some_and(|pattern| pattern.is_match(value));
        if !values.iter().any(|value| is_wanted(value) || fits(value)) {
            return None;
        }
    }
    match part.path {
        None => Some(None),
        Some(path) => path_holds(path, request).map(Some),
    }
}

/// How much of the request's path it takes.
fn path_holds(path: &str, request: &Owned) -> Option<usize> {
    match path.strip_prefix('~') {
        Some(source) => regex(&format!("^(?:{source})")).find(&request.path).map(|found| found.len()),
        None => request.path.starts_with(path).then_some(path.len()),
    }
}

fn host_holds(pattern: &str, request: &Owned) -> bool {
    let Some(host) = request.host.as_deref() else { return false };
    let (name, port) = match host.split_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (name, Some(port)),
        _ => (host, None),
    };
    if !pattern.contains('*') {
        return pattern == host || pattern == name;
    }
    let default = if request.https { "443" } else { "80" };
    let with_port = format!("{name}:{}", port.filter(|port| !port.is_empty()).unwrap_or(default));
    let any_port = if pattern.contains(':') { "" } else { r"(?::\d+)?" };
    let source = pattern.replace('.', r"\.").replace('*', ".+");
    regex(&format!("^(?:{source}{any_port}$)")).is_match(&with_port)
}
