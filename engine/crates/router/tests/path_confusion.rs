//! What is routed is what is forwarded: an origin that reads the forwarded path as the gateway read the
//! received one comes to the same path, and to the same route.
//!
//! Malformed percent-encoding never comes this far (the engine answers 400), so paths here are well-formed.

use gopura_router::{
    Flavor, Match, PathHandling, Request, RouteSpec, Router, Scheme, escape_path, normalize_path,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

const PIECES: &[&str] = &[
    "/", "/", "//", ".", "..", "/.", "/..", "/../", "%2e", "%2E", "%2f", "%2F", "%5c", "\\", ";", "%3b",
    "..;/", "%00", "%25", "%252e", "%3f", "%23", "a", "b", "admin", "ADMIN", "%61", "%41", "%7e", "ü",
    "%c3%bc", "%ff", " ", "%20", "*",
];

fn raw_path() -> impl Strategy<Value = String> {
    vec(select(PIECES), 0..14).prop_map(|pieces| format!("/{}", pieces.concat()))
}

fn find<'r>(index: &'r Router, path: &[u8]) -> Option<Match<'r>> {
    let headers: Vec<(&str, &str)> = Vec::new();
    index.find(&Request {
        method: b"GET",
        host: Some(b"h"),
        path,
        query: b"",
        scheme: Scheme::Http,
        sni: None,
        headers: &headers,
    })
}

fn index(strip_path: bool, path_handling: PathHandling) -> Router {
    let paths =
        ["/", "/a", "/admin", "/admin/", "/a/b", "/%2F", "/b;", "~/a.*b$", "~/[^/]+/admin", "/ü", "/*"];
    let route = |(number, path): (usize, &&str)| RouteSpec {
        id: format!("00000000-0000-4000-8000-{number:012x}"),
        paths: vec![(*path).to_owned()],
        strip_path,
        path_handling,
        ..RouteSpec::default()
    };
    Router::build(paths.iter().enumerate().map(route).collect(), Flavor::Traditional).unwrap()
}

fn has_dot_segment(path: &[u8]) -> bool {
    path.split(|byte| *byte == b'/').any(|segment| matches!(segment, b"." | b".."))
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() }
}

#[test]
fn forwarded_and_parsed_again_is_the_same() {
    let index = index(false, PathHandling::V0);
    proptest!(config(), |(raw in raw_path())| {
        let path = normalize_path(raw.as_bytes());
        prop_assert!(!has_dot_segment(&path) && !path.windows(2).any(|pair| pair == b"//"), "{:?}", path);
        let found = find(&index, &path).unwrap();
        let mut upstream = Vec::new();
        found.upstream_path(&mut upstream, &path, b"/");
        let forwarded = escape_path(&upstream);
        prop_assert!(forwarded.iter().all(|byte| (0x21..0x7f).contains(byte)), "{:?}", forwarded);
        let parsed = normalize_path(&forwarded);
        prop_assert_eq!(&parsed, &path);
        prop_assert_eq!(find(&index, &parsed).unwrap().slot, found.slot);
    });
}

#[test]
fn stripping_never_climbs() {
    for handling in [PathHandling::V0, PathHandling::V1] {
        let index = index(true, handling);
        proptest!(config(), |(raw in raw_path())| {
            let path = normalize_path(raw.as_bytes());
            let mut upstream = Vec::new();
            find(&index, &path).unwrap().upstream_path(&mut upstream, &path, b"/base");
            prop_assert!(!has_dot_segment(&upstream) && upstream.starts_with(b"/base"), "{:?}", upstream);
            let parsed = normalize_path(&upstream);
            prop_assert!(parsed.starts_with(b"/base"));
        });
    }
}
