//! What becomes of a path: normalised once, stripped, joined with the service's, escaped.

use crate::asking::{BOTH, Line, router};
use gopura_router::Flavor::{self, Traditional, TraditionalCompatible};
use gopura_router::{Verdict, escape_path, normalize_path};
use serde_json::json;

#[test]
fn normalized() {
    for (raw, expected) in [
        ("", ""),
        ("/", "/"),
        ("*", "*"),
        ("/a/b", "/a/b"),
        ("/a.b/..c/d..", "/a.b/..c/d.."),
        ("//a///b//", "/a/b/"),
        ("/a/./b/.", "/a/b/"),
        ("/a/../b", "/b"),
        ("/a/b/..", "/a/"),
        ("/../../a", "/a"),
        ("/..", "/"),
        ("/a/%2e%2E/b", "/b"),
        ("/a/%2e./b", "/b"),
        ("/%61%7e%5F", "/a~_"),
        ("/%2f%3a%3F%25", "/%2F%3A%3F%25"),
        ("/a%2f../b", "/a%2F../b"),
        ("/%20%3c%22", "/ <\""),
        ("/%c3%bc", "/ü"),
        ("/%zz%4", "/%zz%4"),
        ("/a//../b", "/b"),
        ("/a;x=1/..;/b", "/a;x=1/..;/b"),
    ] {
        assert_eq!(String::from_utf8_lossy(&normalize_path(raw.as_bytes())), expected, "{raw}");
    }
}

#[test]
fn escaped() {
    for (path, expected) in [
        ("/a/b;c=1/$&'()*+,:@!~[]", "/a/b;c=1/$&'()*+,:@!~[]"),
        ("/a b", "/a%20b"),
        ("/ü", "/%C3%BC"),
        ("/%2F", "/%2F"),
        ("/\"<>\\^`{|}\u{7f}\0", "/%22%3C%3E%5C%5E%60%7B%7C%7D%7F%00"),
    ] {
        assert_eq!(String::from_utf8_lossy(&escape_path(path.as_bytes())), expected, "{path}");
    }
}

struct Join {
    service: &'static str,
    route: &'static str,
    path: &'static str,
    /// Stripped and kept, with `path_handling` v0, then v1.
    expected: [&'static str; 4],
}

const fn join(
    service: &'static str,
    route: &'static str,
    path: &'static str,
    expected: [&'static str; 4],
) -> Join {
    Join { service, route, path, expected }
}

/// An empty route path is a route without paths.
const JOINS: &[Join] = &[
    join("/", "/", "/", ["/", "/", "/", "/"]),
    join("/", "/", "/x/", ["/x/", "/x/", "/x/", "/x/"]),
    join("/", "/r", "/r", ["/", "/r", "/", "/r"]),
    join("/", "/r", "/r/", ["/", "/r/", "/", "/r/"]),
    join("/", "/r", "/rx", ["/x", "/rx", "/x", "/rx"]),
    join("/", "/r/", "/r/x", ["/x", "/r/x", "/x", "/r/x"]),
    join("/", "", "/x", ["/x", "/x", "/x", "/x"]),
    join("/s", "/", "/", ["/s", "/s", "/s", "/s"]),
    join("/s", "/", "/x", ["/s/x", "/s/x", "/sx", "/sx"]),
    join("/s", "/r", "/r", ["/s", "/s/r", "/s", "/sr"]),
    join("/s", "/r", "/r/", ["/s/", "/s/r/", "/s/", "/sr/"]),
    join("/s", "/r", "/r/x", ["/s/x", "/s/r/x", "/s/x", "/sr/x"]),
    join("/s", "/r", "/rx", ["/s/x", "/s/rx", "/sx", "/srx"]),
    join("/s", "/r/", "/r/", ["/s/", "/s/r/", "/s", "/sr/"]),
    join("/s", "/r/", "/r/x", ["/s/x", "/s/r/x", "/sx", "/sr/x"]),
    join("/s", "", "/", ["/s", "/s", "/s", "/s"]),
    join("/s", "", "/x/", ["/s/x/", "/s/x/", "/sx/", "/sx/"]),
    join("/s/", "/", "/", ["/s/", "/s/", "/s/", "/s/"]),
    join("/s/", "/", "/x", ["/s/x", "/s/x", "/s/x", "/s/x"]),
    join("/s/", "/r", "/r", ["/s", "/s/r", "/s/", "/s/r"]),
    join("/s/", "/r", "/r/", ["/s/", "/s/r/", "/s/", "/s/r/"]),
    join("/s/", "/r", "/r/x", ["/s/x", "/s/r/x", "/s/x", "/s/r/x"]),
    join("/s/", "/r", "/rx", ["/s/x", "/s/rx", "/s/x", "/s/rx"]),
    join("/s/", "", "/x", ["/s/x", "/s/x", "/s/x", "/s/x"]),
    // What is left after stripping never climbs.
    join("/s", "/r", "/r../x", ["/s/x", "/s/r../x", "/sx", "/sr../x"]),
    join("/s", "/r", "/r./x", ["/s/x", "/s/r./x", "/sx", "/sr./x"]),
    join("/s/", "/r", "/r%2e%2e", ["/s", "/s/r..", "/s/", "/s/r.."]),
    join("/s", r"~/r\d+", "/r12/x", ["/s/x", "/s/r12/x", "/s/x", "/sr12/x"]),
    join("/s", r"~/r\d+", "/r1x", ["/s/x", "/s/r1x", "/sx", "/sr1x"]),
    join("/s", r"~/r/\d+/$", "/r/7/", ["/s/", "/s/r/7/", "/s", "/sr/7/"]),
];

fn joined(flavor: Flavor, row: &Join, strip: bool, handling: &str) -> String {
    let paths = if row.route.is_empty() { json!(null) } else { json!([row.route]) };
    let routes =
        json!([{"methods": ["GET"], "paths": paths, "strip_path": strip, "path_handling": handling}]);
    let index = router(flavor, &routes);
    let line = format!("GET http://h{}", row.path);
    let line = Line::parse(&line);
    let mut out = Vec::new();
    line.find(&index).unwrap().upstream_path(&mut out, &line.path, row.service.as_bytes());
    String::from_utf8(out).unwrap()
}

#[test]
fn joined_with_the_service_path() {
    for row in JOINS {
        for (column, (strip, handling)) in
            [(true, "v0"), (false, "v0"), (true, "v1"), (false, "v1")].into_iter().enumerate()
        {
            let case = format!("{} + {} ({}), strip {strip}, {handling}", row.service, row.route, row.path);
            assert_eq!(joined(Traditional, row, strip, handling), row.expected[column], "{case}");
            // Only the traditional flavour knows v1.
            assert_eq!(
                joined(TraditionalCompatible, row, strip, handling),
                row.expected[column % 2],
                "{case}"
            );
        }
    }
}

#[test]
fn prefix_and_captures() {
    let routes = json!([
        {"paths": [r"~/v(?<version>\d+)/(items)(/x)?", "/plain"], "strip_path": true},
        {"paths": ["~/(?!y)(z+)"]},
    ]);
    for &flavor in BOTH {
        let index = router(flavor, &routes);
        for (line, prefix, captures) in [
            (
                "GET http://h/v12/items/7",
                Some("/v12/items"),
                vec![(0, None, "/v12/items"), (1, Some("version"), "12"), (2, None, "items")],
            ),
            ("GET http://h/plain/7", Some("/plain"), vec![]),
            ("GET http://h/zz/7", None, vec![(0, None, "/zz"), (1, None, "zz")]),
        ] {
            let line = Line::parse(line);
            let found = line.find(&index).unwrap();
            assert_eq!(found.prefix(&line.path), prefix.map(str::as_bytes));
            let groups = found.captures(&line.path);
            let groups: Vec<_> = groups.iter().map(|group| (group.number, group.name, group.value)).collect();
            let expected: Vec<_> =
                captures.into_iter().map(|(number, name, value)| (number, name, value.as_bytes())).collect();
            assert_eq!(groups, expected);
        }
    }
}

#[test]
fn protocols() {
    let grpc = Some(&b"application/grpc+proto"[..]);
    for (protocols, redirect, https, over_http2, content_type, expected) in [
        (json!(["http", "https"]), 426, false, false, None, Verdict::Proceed),
        (json!(["http"]), 426, true, false, None, Verdict::Proceed),
        (json!(["https"]), 426, true, false, None, Verdict::Proceed),
        (json!(["https"]), 426, false, false, None, Verdict::UseHttps),
        (json!(["https"]), 301, false, false, None, Verdict::Redirect(301)),
        (json!(["https"]), 308, false, false, None, Verdict::Redirect(308)),
        (json!(["grpc", "grpcs"]), 426, false, true, grpc, Verdict::Proceed),
        (json!(["grpc", "grpcs"]), 426, false, false, grpc, Verdict::UseHttp2),
        (json!(["grpc"]), 426, false, true, None, Verdict::NotGrpc),
        (json!(["grpcs"]), 426, false, true, grpc, Verdict::UseGrpcs),
        (json!(["grpcs"]), 426, true, true, grpc, Verdict::Proceed),
    ] {
        let routes =
            json!([{"paths": ["/"], "protocols": protocols, "https_redirect_status_code": redirect}]);
        let index = router(TraditionalCompatible, &routes);
        let found = Line::parse("GET http://h/").find(&index).unwrap();
        assert_eq!(found.verdict(https, over_http2, content_type), expected, "{protocols}");
    }
}
