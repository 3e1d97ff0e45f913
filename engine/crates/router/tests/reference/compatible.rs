//! The `traditional_compatible` flavour: routes become expressions with a priority; the greatest that holds wins.

use std::cmp::Reverse;

use gopura_router::RouteSpec;
use uuid::Uuid;

use super::{Owned, regex};

pub struct Part<'r> {
    route: &'r RouteSpec,
    paths: Vec<&'r str>,
    id: Uuid,
}

pub fn parts(routes: &[RouteSpec]) -> Vec<Part<'_>> {
    let mut parts: Vec<Part<'_>> = routes.iter().flat_map(split).collect();
    parts.sort_by_key(|part| Reverse((priority(part), part.id)));
    parts
}

pub fn find<'r>(parts: &[Part<'r>], request: &Owned) -> Option<(&'r RouteSpec, Option<usize>)> {
    parts.iter().find_map(|part| holds(part, request).map(|length| (part.route, length)))
}

/// One part for each length of prefix and one for all regexes; parts get ids of their own.
fn split(route: &RouteSpec) -> Vec<Part<'_>> {
    let id = Uuid::parse_str(&route.id).unwrap();
    let all: Vec<&str> = route.paths.iter().map(String::as_str).collect();
    if all.len() < 2 {
        return vec![Part { route, paths: all, id }];
    }
    let key = |path: &&str| if path.starts_with('~') { "true".to_owned() } else { path.len().to_string() };
    let mut keys: Vec<String> = all.iter().map(key).collect();
    keys.sort();
    keys.dedup();
    let namespace = Uuid::parse_str("7f145bf9-0dce-4f91-98eb-debbce4b9f6b").unwrap();
    let part = |group: &String| Part {
        route,
        paths: all.iter().copied().filter(|path| key(path) == *group).collect(),
        id: Uuid::new_v5(&namespace, format!("{}#{group}", route.id).as_bytes()),
    };
    keys.iter().map(part).collect()
}

/// Shifts of plain numbers are those of 32 bits, by the count modulo 32; two flags are added in 64 bits.
fn priority(part: &Part<'_>) -> u64 {
    let route = part.route;
    let shift = |value: i64, by: u32| low_bits(value).wrapping_shl(by);
    let is_regex = part.paths.first().is_some_and(|path| path.starts_with('~'));
    let mut weight = 0;
    for empty in [
        route.methods.is_empty(),
        route.hosts.is_empty(),
        route.headers.is_empty(),
        route.snis.is_empty(),
        part.paths.is_empty(),
    ] {
        weight += i64::from(!empty);
    }
    let length = if is_regex { 0 } else { part.paths.first().map_or(0, |path| path.len()) };
    let numbers = shift(weight, 61)
        | shift(i64::try_from(route.headers.len()).unwrap(), 52)
        | shift(if is_regex { route.regex_priority } else { 0 }, 19)
        | i32::try_from(length).unwrap();
    let plain = !route.hosts.is_empty() && !route.hosts.iter().any(|host| host.contains('*'));
    u64::from(numbers.cast_unsigned())
        | u64::from(numbers < 0) << 63
        | u64::from(plain) << 60
        | u64::from(is_regex) << 51
}

#[expect(clippy::cast_possible_truncation, reason = "as the original does")]
fn low_bits(value: i64) -> i32 {
    value as i32
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
    if !route.hosts.is_empty() && !route.hosts.iter().any(|host| host_holds(host, request.host.as_deref())) {
        return None;
    }
    for (name, wanted) in &route.headers {
        let values = request.values(&name.to_ascii_lowercase().replace('-', "_"));
        let accepted = |value: &String| match value.strip_prefix("~*") {
            Some(source) => {
                let regex = regex(&source.to_ascii_lowercase());
                values.iter().any(|value| regex.is_match(value))
            }
            None => values.contains(&value.to_ascii_lowercase()),
        };
        if !wanted.iter().any(accepted) {
            return None;
        }
    }
    if part.paths.is_empty() {
        return Some(None);
    }
    let matched = |path: &&str| match path.strip_prefix('~') {
        Some(source) => regex(&format!("^{source}")).find(&request.path).map(|found| found.len()),
        None => request.path.starts_with(path).then_some(path.len()),
    };
    part.paths.iter().find_map(matched).map(Some)
}

fn split_host(host: &str) -> (&str, Option<u16>) {
    match host.split_once(':').map(|(name, port)| (name, port.parse())) {
        Some((name, Ok(port))) => (name, Some(port)),
        _ => (host, None),
    }
}

fn host_holds(pattern: &str, host: Option<&str>) -> bool {
    let Some(host) = host else { return false };
    let (name, port) = split_host(host);
    let (pattern, wanted) = split_host(pattern);
    let name_holds = if let Some(suffix) = pattern.strip_prefix('*') {
        name.ends_with(suffix)
    } else if let Some(prefix) = pattern.strip_suffix('*') {
        name.starts_with(prefix)
    } else {
        name == pattern
    };
    name_holds && (wanted.is_none() || wanted == port)
}
