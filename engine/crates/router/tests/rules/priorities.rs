//! Which of several routes that match goes first.

use crate::asking::{BOTH, check};
use gopura_router::Flavor::{Traditional, TraditionalCompatible};
use serde_json::json;

#[test]
fn more_kinds_of_conditions_first() {
    let routes = json!([
        {"name": "path", "paths": ["/a"]},
        {"name": "path, method", "paths": ["/a"], "methods": ["GET"]},
        {"name": "path, method, header", "paths": ["/a"], "methods": ["GET"], "headers": {"x": ["1"]}},
        {"name": "longer path", "paths": ["/a/longer"]},
        {"name": "host, path", "hosts": ["h.test"], "paths": ["/a"]},
        {"name": "wildcard", "hosts": ["*.test"]},
    ]);
    check(
        BOTH,
        &routes,
        &[
            ("POST http://x/a/longer", "longer path"),
            ("GET http://x/a/longer", "path, method"),
            ("GET http://x/a/longer x:1", "path, method, header"),
            ("POST http://h.test/a/longer", "host, path"),
            ("GET http://g.test/a/b", "path, method"),
        ],
    );
}

/// Between equal numbers of conditions, `traditional` prefers hosts to headers to paths to methods to names;
/// the compatible flavour goes on with the length of the path and then the greater id.
#[test]
fn equal_numbers_of_conditions() {
    let routes = json!([
        {"name": "header", "headers": {"x": ["1"]}},
        {"name": "host", "hosts": ["*.test"]},
        {"name": "method", "methods": ["GET"]},
        {"name": "path", "paths": ["/a"]},
    ]);
    check(
        &[Traditional],
        &routes,
        &[("GET http://h.test/a x:1", "host"), ("GET http://h/a x:1", "header"), ("GET http://h/a", "path")],
    );
    check(
        &[TraditionalCompatible],
        &routes,
        &[
            ("GET http://h.test/a", "path"),
            ("GET http://h.test/a x:1", "header"),
            ("GET http://h.test/b", "method"),
        ],
    );
}

#[test]
fn plain_hosts_before_wildcards() {
    let routes = json!([
        {"name": "wildcard, long", "hosts": ["*.test"], "paths": ["/long/path"]},
        {"name": "plain, short", "hosts": ["h.test"], "paths": ["/"]},
        {"name": "wildcard, regex", "hosts": ["*.test"], "paths": ["~/long/.*"]},
        {"name": "mixed", "hosts": ["h.test", "*.org"], "paths": ["/long"]},
    ]);
    check(
        BOTH,
        &routes,
        &[
            ("GET http://h.test/long/path", "plain, short"),
            ("GET http://g.test/long/path", "wildcard, regex"),
            ("GET http://g.test/other", ""),
            ("GET http://x.org/long", "mixed"),
        ],
    );
}

/// Kong's compatible flavour adds plain hosts and regex paths above the number of conditions.
#[test]
fn flags_above_the_number_of_conditions() {
    let routes = json!([
        {"name": "plain host", "hosts": ["h.test"]},
        {"name": "path, method", "paths": ["/a"], "methods": ["GET"]},
        {"name": "regex", "paths": ["~/a"]},
    ]);
    check(
        &[Traditional],
        &routes,
        &[("GET http://h.test/a", "path, method"), ("GET http://x/a", "path, method")],
    );
    check(
        &[TraditionalCompatible],
        &routes,
        &[("GET http://h.test/a", "plain host"), ("GET http://x/a", "regex")],
    );
}

#[test]
fn regexes_before_prefixes() {
    let routes = json!([
        {"name": "long prefix", "paths": ["/api/users/profile"]},
        {"name": "low", "paths": ["~/api/[a-z]+"], "regex_priority": 1},
        {"name": "high", "paths": ["~/api/users"], "regex_priority": 5},
        {"name": "negative", "paths": ["~/api"], "regex_priority": -1},
    ]);
    check(
        &[Traditional],
        &routes,
        &[
            ("GET http://x/api/users/profile", "high"),
            ("GET http://x/api/things", "low"),
            ("GET http://x/api/1", "negative"),
        ],
    );
    // A negative number sets all bits of the packed priority.
    check(&[TraditionalCompatible], &routes, &[("GET http://x/api/users/profile", "negative")]);
    let routes = json!([routes[0], routes[1], routes[2]]);
    check(
        &[TraditionalCompatible],
        &routes,
        &[
            ("GET http://x/api/users/profile", "high"),
            ("GET http://x/api/things", "low"),
            ("GET http://x/api/1", ""),
        ],
    );
}

#[test]
fn regex_priority_means_nothing_to_prefixes() {
    let routes = json!([
        {"name": "short", "paths": ["/a"], "regex_priority": 9},
        {"name": "long", "paths": ["/a/b"], "regex_priority": 1},
        {"name": "mixed", "paths": ["/c/d/e", "~/c"], "regex_priority": 3},
        {"name": "other", "paths": ["~/c/[a-z]"], "regex_priority": 4},
    ]);
    check(
        BOTH,
        &routes,
        &[("GET http://x/a/b", "long"), ("GET http://x/c/d/e", "other"), ("GET http://x/c/1", "mixed")],
    );
}

#[test]
fn more_headers_before_longer_paths() {
    let routes = json!([
        {"name": "two headers", "paths": ["/a"], "headers": {"x": ["1"], "y": ["1"]}},
        {"name": "one header", "paths": ["/a/long"], "headers": {"x": ["1"]}},
        {"name": "plain", "paths": ["/a/long/path"]},
    ]);
    check(
        BOTH,
        &routes,
        &[
            ("GET http://x/a/long/path x:1 y:1", "two headers"),
            ("GET http://x/a/long/path x:1", "one header"),
            ("GET http://x/a/long/path y:1", "plain"),
        ],
    );
}

#[test]
fn longer_prefixes_first() {
    let routes = json!([
        {"name": "a", "paths": ["/", "/deep/er/path"]},
        {"name": "b", "paths": ["/deep/er"]},
        {"name": "c", "paths": ["/deep"]},
    ]);
    check(
        BOTH,
        &routes,
        &[
            ("GET http://x/deep/er/path/x", "a"),
            ("GET http://x/deep/er/pat", "b"),
            ("GET http://x/deeper", "c"),
            ("GET http://x/x", "a"),
        ],
    );
}

/// The last word: the elder route in `traditional`, the greater id in the compatible flavour.
#[test]
fn equal_ranks() {
    let routes = json!([{"name": "elder", "paths": ["/a"]}, {"name": "younger", "paths": ["/a"]}]);
    check(&[Traditional], &routes, &[("GET http://x/a", "elder")]);
    check(&[TraditionalCompatible], &routes, &[("GET http://x/a", "younger")]);
}

/// Nothing that half matches hides what matches whole.
#[test]
fn halves_do_not_count() {
    let routes = json!([
        {"name": "host, path", "hosts": ["a.test"], "paths": ["/x/y"]},
        {"name": "path", "paths": ["/x"]},
        {"name": "wildcard, method", "hosts": ["*.test"], "methods": ["POST"]},
        {"name": "regex, method", "paths": ["~/r/[0-9]+"], "methods": ["PUT"]},
        {"name": "r", "paths": ["/r"]},
        {"name": "sni, method", "snis": ["a.test"], "methods": ["GET"]},
    ]);
    check(
        BOTH,
        &routes,
        &[
            ("GET https://b.org/x/y sni=c.test", "path"),
            ("GET https://a.test/x sni=c.test", "path"),
            ("GET https://b.test/x sni=c.test", "path"),
            ("POST http://b.test/x", "wildcard, method"),
            ("DELETE http://b.org/r/1", "r"),
            ("PUT http://b.org/r/1", "regex, method"),
        ],
    );
}
