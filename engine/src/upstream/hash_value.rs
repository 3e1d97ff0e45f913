//! What consistent hashing hashes.
use gopura_balancer::{Algorithm, HashSource, UpstreamSpec};

use crate::exchange::{Cookie, Exchange};
use crate::http::query;

/// The value of the first source that the request has, be it empty. A cookie that it lacks is made, for the response to
/// set.
pub fn of(exchange: &mut Exchange, spec: &UpstreamSpec) -> Vec<u8> {
    if spec.algorithm != Algorithm::ConsistentHashing {
        return Vec::new();
    }
    for source in spec.hash_sources() {
        if let Some(value) = value(exchange, &source) {
            return value;
        }
        if let HashSource::Cookie { name, path } = source {
            return make_cookie(exchange, name, path);
        }
    }
    Vec::new()
}

fn value(exchange: &Exchange, source: &HashSource<'_>) -> Option<Vec<u8>> {
    let request = &exchange.request;
    match source {
        HashSource::Consumer => {
            let id = |entity: &std::sync::Arc<crate::snapshot::Entity>| entity.id().as_bytes().to_vec();
            exchange.consumer.as_ref().map(id).or_else(|| exchange.credential.as_ref().map(id))
        }
        HashSource::Ip => Some(request.client.ip().to_canonical().to_string().into_bytes()),
        HashSource::Header(name) => {
            let values: Vec<_> = request.headers.get_all(name).map(|value| &value[..]).collect();
            (!values.is_empty()).then(|| values.concat())
        }
        HashSource::Cookie { name, .. } => cookie(exchange, name),
        HashSource::Path => Some(request.path.to_vec()),
        HashSource::QueryArg(name) => arguments(request.query.as_deref()?, name, exchange.seen.arguments),
        HashSource::UriCapture(name) => {
            exchange.captures.iter().find(|(known, _)| known == name).map(|(_, value)| value.to_vec())
        }
    }
}

fn cookie(exchange: &Exchange, name: &str) -> Option<Vec<u8>> {
    let lines = exchange.request.headers.get_all("cookie");
    let mut pairs = lines.flat_map(|line| line.split(|byte| *byte == b';')).map(<[u8]>::trim_ascii);
    pairs.find_map(|pair| Some(pair.strip_prefix(name.as_bytes())?.strip_prefix(b"=")?.to_vec()))
}

fn make_cookie(exchange: &mut Exchange, name: &str, path: &str) -> Vec<u8> {
    let value = uuid();
    exchange.cookie = Some(Cookie { name: name.to_owned(), value: value.clone(), path: path.to_owned() });
    value.into_bytes()
}

/// All values of an argument among the first `most`, sorted, joined by commas; one without `=` is `true`.
fn arguments(query: &[u8], name: &str, most: usize) -> Option<Vec<u8>> {
    let meant = query::arguments(query).take(most).filter(|(found, _)| **found == *name.as_bytes());
    let mut values: Vec<_> = meant.map(|(_, value)| value.unwrap_or(b"true".into())).collect();
    values.sort_unstable();
    (!values.is_empty()).then(|| values.join(&b','))
}

/// A random UUID (version 4).
fn uuid() -> String {
    let bits = fastrand::u128(..) & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{bits:032x}");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_and_arguments() {
        let id = uuid();
        assert_eq!((id.len(), &id[14..15]), (36, "4"));
        assert!(matches!(&id[19..20], "8" | "9" | "a" | "b"));
        let cases: [(&str, &str, Option<&str>); 9] = [
            ("u=2&v=3&u=1", "u", Some("1,2")),
            ("v=3", "u", None),
            ("u", "u", Some("true")),
            ("u=", "u", Some("")),
            ("u=s&u&u=1&u=", "u", Some(",1,s,true")),
            ("u=1&a&a&u=2&u=3", "u", Some("1,2")),
            ("u&u&", "u", Some("true,true")),
            ("%7b%7D=1", "{}", Some("1")),
            ("a+b=%20c", "a b", Some(" c")),
        ];
        for (query, name, expected) in cases {
            let found = arguments(query.as_bytes(), name, 4);
            assert_eq!(found.as_deref(), expected.map(str::as_bytes), "{query} {name}");
        }
    }
}
