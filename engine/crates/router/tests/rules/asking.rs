//! A short language for tests: routes as JSON, requests as one line.

use gopura_router::{Flavor, Match, Request, RouteSpec, Router, Scheme, normalize_path};
use serde_json::{Value, json};

pub const BOTH: &[Flavor] = &[Flavor::Traditional, Flavor::TraditionalCompatible];

/// Builds routes from a JSON array. Names are the answers; ids and ages follow the order in the array, so that
/// of two routes of equal rank the first one is the elder in `traditional` and the lesser in the compatible flavour.
pub fn router(flavor: Flavor, routes: &Value) -> Router {
    let mut specs = Vec::new();
    for (number, route) in routes.as_array().unwrap().iter().enumerate() {
        let mut route = route.clone();
        route["id"] = json!(format!("00000000-0000-4000-8000-{number:012x}"));
        if route["created_at"].is_null() {
            route["created_at"] = json!(1_700_000_000 + number);
        }
        specs.push(serde_json::from_value::<RouteSpec>(route).unwrap());
    }
    Router::build(specs, flavor).unwrap()
}

/// One line: `GET http://host/path`, then `sni=NAME` and `Field:value` words. No host: `http:///path`.
pub struct Line<'l> {
    method: &'l str,
    host: Option<&'l str>,
    pub path: Vec<u8>,
    https: bool,
    sni: Option<&'l str>,
    headers: Vec<(&'l str, &'l str)>,
}

impl<'l> Line<'l> {
    pub fn parse(line: &'l str) -> Self {
        let mut words = line.split(' ');
        let method = words.next().unwrap();
        let (scheme, rest) = words.next().unwrap().split_once("://").unwrap();
        let (host, path) = rest.split_at(rest.find('/').unwrap());
        let mut sni = None;
        let mut headers = Vec::new();
        for word in words {
            match word.strip_prefix("sni=") {
                Some(name) => sni = Some(name),
                None => headers.push(word.split_once(':').unwrap()),
            }
        }
        let path = normalize_path(path.as_bytes()).into_owned();
        Self {
            method,
            host: (!host.is_empty()).then_some(host),
            path,
            https: scheme == "https",
            sni,
            headers,
        }
    }

    pub fn find<'r>(&self, router: &'r Router) -> Option<Match<'r>> {
        router.find(&Request {
            method: self.method.as_bytes(),
            host: self.host.map(str::as_bytes),
            path: &self.path,
            query: b"",
            scheme: if self.https { Scheme::Https } else { Scheme::Http },
            sni: self.sni.map(str::as_bytes),
            headers: &self.headers,
        })
    }
}

/// Asserts that each request meets the route named beside it; `""` is none.
pub fn check(flavors: &[Flavor], routes: &Value, requests: &[(&str, &str)]) {
    for &flavor in flavors {
        let built = router(flavor, routes);
        for (line, expected) in requests {
            let found = Line::parse(line).find(&built);
            let name = found.and_then(|found| routes[found.slot]["name"].as_str()).unwrap_or_default();
            assert_eq!(name, *expected, "{flavor:?}: {line}");
        }
    }
}
