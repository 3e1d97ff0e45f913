//! What each kind of condition accepts, in both traditional flavours and where they differ.

use crate::asking::{BOTH, check};
use gopura_router::Flavor::{Traditional, TraditionalCompatible};
use serde_json::json;

#[test]
fn hosts() {
    let routes = json!([
        {"name": "plain", "hosts": ["a.test"]},
        {"name": "left", "hosts": ["*.a.test"]},
        {"name": "right", "hosts": ["a.*"]},
        {"name": "port", "hosts": ["p.test:8080"]},
        {"name": "left port", "hosts": ["*.b.test:81"]},
    ]);
    let both = [
        ("GET http://a.test/", "plain"),
        ("GET http://A.TEST/", ""),
        ("GET http://a.test:1234/", "plain"),
        ("GET http://x.a.test/", "left"),
        ("GET http://x.y.a.test:1/", "left"),
        ("GET http://xa.test/", ""),
        ("GET http://a.com/", "right"),
        ("GET http://a.b.com:99/", "right"),
        ("GET http://a.test./", "right"),
        ("GET http://a./", "right"),
        ("GET http://p.test:8080/", "port"),
        ("GET http://p.test:81/", ""),
        ("GET http://p.test/", ""),
        ("GET http://x.b.test:81/", "left port"),
        ("GET http://x.b.test:82/", ""),
        ("GET http://x.b.test/", ""),
        ("GET http:///", ""),
        ("GET http://other.test/", ""),
    ];
    check(BOTH, &routes, &both);
    check(&[Traditional], &routes, &[("GET http://.a.test/", ""), ("GET http://a.test:/", "plain")]);
    check(
        &[TraditionalCompatible],
        &routes,
        &[("GET http://.a.test/", "left"), ("GET http://a.test:/", "right")],
    );
}

#[test]
fn ports_of_hosts() {
    let routes = json!([
        {"name": "port", "hosts": ["a.*:80", "b.test:80"]},
        {"name": "tls port", "hosts": ["a.*:443"]},
        {"name": "any", "hosts": ["a.*", "b.test"]},
    ]);
    check(
        BOTH,
        &routes,
        &[("GET http://a.test:1/", "any"), ("GET http://b.test/", "any"), ("GET http://b.test:1/", "any")],
    );
    // A wildcard's port may be the scheme's own; a port comes before none, which ids decide in the other flavour.
    check(
        &[Traditional],
        &routes,
        &[
            ("GET http://a.test/", "port"),
            ("GET https://a.test/", "tls port"),
            ("GET http://a.test:80/", "port"),
            ("GET http://b.test:80/", "port"),
        ],
    );
    check(
        &[TraditionalCompatible],
        &routes,
        &[("GET http://a.test/", "any"), ("GET https://a.test/", "any"), ("GET http://a.test:80/", "any")],
    );
}

#[test]
fn numeric_hosts() {
    let routes = json!([
        {"name": "six", "hosts": ["[::1]"]},
        {"name": "six with port", "hosts": ["[::2]:321"]},
        {"name": "four", "hosts": ["127.0.0.1"]},
    ]);
    check(
        BOTH,
        &routes,
        &[
            ("GET http://[::1]/", "six"),
            ("GET http://[::2]:321/", "six with port"),
            ("GET http://[::2]:322/", ""),
            ("GET http://127.0.0.1:8000/", "four"),
        ],
    );
    check(&[Traditional], &routes, &[("GET http://[::1]:99/", "six")]);
}

#[test]
fn paths() {
    let routes = json!([
        {"name": "root", "paths": ["/"]},
        {"name": "p", "paths": ["/p"]},
        {"name": "q", "paths": ["/p/q", "/r%2Fs", "/ü"]},
        {"name": "regex", "paths": [r"~/foo\d"]},
    ]);
    check(
        BOTH,
        &routes,
        &[
            ("GET http://a/", "root"),
            ("GET http://a/P", "root"),
            ("GET http://a/pq", "p"),
            ("GET http://a//p", "p"),
            ("GET http://a/p//q", "q"),
            ("GET http://a/p/./x/../q", "q"),
            ("GET http://a/%70", "p"),
            ("GET http://a/r%2fs", "q"),
            ("GET http://a/r/s", "root"),
            ("GET http://a/%C3%bc", "q"),
            ("GET http://a/foo1", "regex"),
            ("GET http://a/foo%31bar", "regex"),
            ("GET http://a/bar/foo1", "root"),
            ("GET http://a/FOO1", "root"),
        ],
    );
    check(&[Traditional], &routes, &[("GET http://a/p%ff", "p")]);
    check(&[TraditionalCompatible], &routes, &[("GET http://a/p%ff", "")]);
}

#[test]
fn regexes() {
    let routes = json!([
        {"name": "end", "paths": [r"~/digits/\d{3}$"]},
        {"name": "either", "paths": ["~/alt/(one|two)"]},
        {"name": "maybe", "paths": ["~/opt/x?/y"]},
        {"name": "inner", "paths": [r"~/ext/.*\.json$"]},
        {"name": "case", "paths": ["~/(?i)case"]},
        {"name": "class", "paths": ["~/class/[a-f]+/[^/]+$"]},
        {"name": "look-ahead", "paths": ["~/admin(?!/public)"]},
        {"name": "back reference", "paths": [r"~/(\w+)/twice/\1$"]},
        {"name": "two", "paths": ["~/first", "~/second/[a-z]"]},
    ]);
    check(
        BOTH,
        &routes,
        &[
            ("GET http://a/digits/123", "end"),
            ("GET http://a/digits/1234", ""),
            ("GET http://a/alt/twox", "either"),
            ("GET http://a/alt/three", ""),
            ("GET http://a/opt/x/y", "maybe"),
            ("GET http://a/opt//y", ""),
            ("GET http://a/ext/a/b.json", "inner"),
            ("GET http://a/ext/a.jsonx", ""),
            ("GET http://a/Case/x", "case"),
            ("GET http://a/class/abc/x", "class"),
            ("GET http://a/class/abc/x/y", ""),
            ("GET http://a/admin/private", "look-ahead"),
            ("GET http://a/admin/public", ""),
            ("GET http://a/x/twice/x", "back reference"),
            ("GET http://a/x/twice/y", ""),
            ("GET http://a/second/b", "two"),
        ],
    );
    let open = json!([{"name": "alternatives", "paths": ["~/a|/b"]}]);
    check(&[Traditional], &open, &[("GET http://a/x/b", ""), ("GET http://a/b", "alternatives")]);
    check(&[TraditionalCompatible], &open, &[("GET http://a/x/b", "alternatives")]);
}

#[test]
fn headers() {
    let routes = json!([
        {"name": "one", "headers": {"X-V": ["1", "One"]}},
        {"name": "pattern", "headers": {"x-v": [r"~*^2\.\d-beta$"]}},
        {"name": "both", "headers": {"x-a": ["1"], "x-b": ["1"]}},
    ]);
    check(
        BOTH,
        &routes,
        &[
            ("GET http://a/", ""),
            ("GET http://a/ x-v:1", "one"),
            ("GET http://a/ X-v:oNE", "one"),
            ("GET http://a/ x-v:0 x-v:1", "one"),
            ("GET http://a/ x-v:0,1", ""),
            ("GET http://a/ x-v:2.1-BETA", "pattern"),
            ("GET http://a/ x-v:2.1", ""),
            ("GET http://a/ x-a:1", ""),
            ("GET http://a/ x-a:1 x-b:1", "both"),
        ],
    );
    let mixed = json!([{"name": "mixed", "headers": {"x-v": ["1", "~*^2"]}}]);
    check(BOTH, &mixed, &[("GET http://a/ x-v:1", "mixed")]);
    check(&[Traditional], &mixed, &[("GET http://a/ x-v:22", ""), ("GET http://a/ x-v:~*^2", "mixed")]);
    check(
        &[TraditionalCompatible],
        &mixed,
        &[("GET http://a/ x-v:22", "mixed"), ("GET http://a/ x-v:~*^2", "")],
    );
}

#[test]
fn underscores_in_header_names() {
    let routes = json!([{"name": "under", "headers": {"x_v": ["1"]}}]);
    check(
        BOTH,
        &routes,
        &[
            ("GET http://a/ x_v:1", "under"),
            ("GET http://a/ x-v:1", "under"),
            ("GET http://a/ x_v:2 x-v:1", ""),
        ],
    );
    let routes = json!([{"name": "hyphen", "headers": {"x-v": ["1"]}}]);
    check(BOTH, &routes, &[("GET http://a/ x-v:1", "hyphen")]);
    check(&[Traditional], &routes, &[("GET http://a/ x_v:1", "")]);
    check(&[TraditionalCompatible], &routes, &[("GET http://a/ x_v:1", "hyphen")]);
}

#[test]
fn methods() {
    let routes = json!([{"name": "post", "methods": ["POST", "PURGE"]}]);
    check(
        BOTH,
        &routes,
        &[
            ("POST http://a/", "post"),
            ("PURGE http://a/", "post"),
            ("post http://a/", ""),
            ("GET http://a/", ""),
        ],
    );
}

#[test]
fn server_names() {
    let routes = json!([
        {"name": "a", "snis": ["a.test."], "paths": ["/x"]},
        {"name": "any", "paths": ["/x"]},
    ]);
    check(
        BOTH,
        &routes,
        &[
            ("GET https://h/x sni=a.test", "a"),
            ("GET https://h/x sni=b.test", "any"),
            ("GET https://h/x", "any"),
        ],
    );
    // Over plain HTTP a name refuses nothing; whether it still counts for the priority differs.
    check(&[Traditional], &routes, &[("GET http://h/x", "any")]);
    check(&[TraditionalCompatible], &routes, &[("GET http://h/x", "a")]);
}

#[test]
fn conditions_add_up() {
    let routes = json!([
        {"name": "r", "hosts": ["h.test", "*.h.test"], "paths": ["/p", "/q", r"~/r\d"], "methods": ["GET", "POST"],
         "headers": {"x": ["1"]}},
    ]);
    check(
        BOTH,
        &routes,
        &[
            ("GET http://h.test/p x:1", "r"),
            ("POST http://x.h.test/r5/z x:1", "r"),
            ("PUT http://h.test/p x:1", ""),
            ("GET http://h.test/s x:1", ""),
            ("GET http://j.test/p x:1", ""),
            ("GET http://h.test/p", ""),
        ],
    );
}
