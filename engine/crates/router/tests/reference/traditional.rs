//! The `traditional` flavour: categories by how many kinds of conditions a route has, and an order in each.

use std::cmp::Reverse;

use gopura_router::RouteSpec;
use uuid::Uuid;

use super::{Owned, regex};

pub struct Part<'r> {
    route: &'r RouteSpec,
    path: Option<&'r str>,
    /// Position among the paths of its route, those with regexes first, shorter prefixes before longer.
    position: usize,
}

pub fn parts(routes: &[RouteSpec]) -> Vec<Part<'_>> {
    let mut parts: Vec<Part<'_>> = routes.iter().flat_map(split).collect();
    parts.sort_by_key(|part| Reverse(order(part)));
    parts
}

pub fn find<'r>(parts: &[Part<'r>], request: &Owned) -> Option<(&'r RouteSpec, Option<usize>)> {
    parts.iter().find_map(|part| holds(part, request).map(|length| (part.route, length)))
}

fn split(route: &RouteSpec) -> Vec<Part<'_>> {
    if route.paths.is_empty() {
        return vec![Part { route, path: None, position: 0 }];
    }
    let paths = route.paths.iter().enumerate();
    paths.map(|(position, path)| Part { route, path: Some(path), position }).collect()
}

fn order(part: &Part<'_>) -> impl Ord + use<> {
    let route = part.route;
    let bits = [
        (0x40, !route.hosts.is_empty()),
        (0x20, !route.headers.is_empty()),
        (0x10, part.path.is_some()),
        (0x08, !route.methods.is_empty()),
        (0x04, !route.snis.is_empty()),
    ];
    let category: u32 = bits.iter().map(|(bit, has)| if *has { *bit } else { 0 }).sum();
    let is_regex = part.path.is_some_and(|path| path.starts_with('~'));
    let wildcard = |host: &&String| host.contains('*');
    let plain_only = !route.hosts.is_empty() && !route.hosts.iter().any(|host| wildcard(&host));
    let wildcard_port = route.hosts.iter().any(|host| wildcard(&host) && host.contains(':'));
    let kind = u32::from(wildcard_port) * 4 + u32::from(plain_only) * 2 + u32::from(is_regex);
    (
        (category.count_ones(), category),
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
    if !route.hosts.is_empty() && !route.hosts.iter().any(|host| host_holds(host, request)) {
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
        Some(path) => match path.strip_prefix('~') {
            Some(source) => {
                regex(&format!("^(?:{source})")).find(&request.path).map(|found| Some(found.len()))
            }
            None => request.path.starts_with(path).then_some(Some(path.len())),
        },
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
