//! The `expressions` flavour: the language's rules, and random expressions against `atc-router` itself.

use atc_router::ast::{Type, Value};
use atc_router::context::Context;
use atc_router::router::Router as Reference;
use atc_router::schema::Schema;
use gopura_router::{Flavor, Match, Request, RouteSpec, Router, Scheme, Warning};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

const FIELDS: &[&str] =
    &["net.protocol", "tls.sni", "http.method", "http.host", "http.path", "http.headers.*", "http.queries.*"];

#[derive(Clone, Debug)]
struct Asked {
    method: &'static str,
    host: &'static str,
    port: Option<u16>,
    path: &'static str,
    query: String,
    https: bool,
    sni: Option<&'static str>,
    headers: Vec<(&'static str, &'static str)>,
}

impl Asked {
    fn find<'r>(&self, index: &'r Router) -> Option<Match<'r>> {
        let host = self.port.map_or_else(|| self.host.to_owned(), |port| format!("{}:{port}", self.host));
        index.find(&Request {
            method: self.method.as_bytes(),
            host: Some(host.as_bytes()),
            path: self.path.as_bytes(),
            query: self.query.as_bytes(),
            scheme: if self.https { Scheme::Https } else { Scheme::Http },
            sni: self.sni.map(str::as_bytes),
            headers: &self.headers,
        })
    }

    /// The values as Kong hands them to the crate.
    fn context<'s>(&self, schema: &'s Schema) -> Context<'s> {
        let mut context = Context::new(schema);
        let mut add = |field: &str, value: &str| context.add_value(field, Value::String(value.to_owned()));
        add("net.protocol", if self.https { "https" } else { "http" });
        add("http.method", self.method);
        add("http.host", self.host);
        add("http.path", self.path);
        self.sni.iter().for_each(|name| add("tls.sni", name));
        for (name, value) in &self.headers {
            add(&format!("http.headers.{}", name.replace('-', "_")), &value.to_lowercase());
        }
        for pair in self.query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            add(&format!("http.queries.{name}"), value);
        }
        self.port.iter().for_each(|port| context.add_value("net.port", Value::Int(i64::from(*port))));
        context
    }
}

fn schema() -> Schema {
    let mut schema = Schema::default();
    for field in FIELDS {
        schema.add_field(field, Type::String);
    }
    schema.add_field("net.port", Type::Int);
    schema
}

const PREDICATES: &[&str] = &[
    r#"http.path == "/a""#,
    r#"http.path ^= "/a""#,
    r#"http.path ^= "/a/b""#,
    r#"http.path ^= "/""#,
    r#"http.path =^ ".json""#,
    r#"http.path ~ "^/a/[0-9]+""#,
    r#"http.path ~ "b+""#,
    r#"http.path ~ r#".*"#,
    r#"http.path contains "a""#,
    r#"http.path != "/a""#,
    r#"lower(http.path) == "/a/b""#,
    r#"http.host == "a.test""#,
    r#"http.host =^ ".a.test""#,
    r#"http.host ^= "b.""#,
    r#"http.host =^ "test""#,
    r#"lower(http.host) == "a.test""#,
    r#"http.host != "a.test""#,
    r#"http.method == "GET""#,
    r#"http.method == "POST""#,
    r#"net.protocol == "https""#,
    "net.port == 8080",
    "net.port > 100",
    "net.port != 8080",
    "net.port <= 100",
    r#"tls.sni == "a.test""#,
    r#"http.headers.x_v == "1""#,
    r#"any(http.headers.x_v) == "1""#,
    r#"http.headers.x_v != "1""#,
    r#"any(http.headers.x_v) ~ "^t""#,
    r#"any(lower(http.headers.x_w)) ^= "t""#,
    r#"http.queries.q == "1""#,
    r#"any(http.queries.q) == "2""#,
    r#"http.queries.q == """#,
];

fn expression() -> impl Strategy<Value = String> {
    let leaf = select(PREDICATES).prop_map(|source| source.replace(r#"r#".*"#, r##"r#".*"#"##));
    leaf.prop_recursive(4, 12, 2, |inner| {
        prop_oneof![
            3 => (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("({one} && {other})")),
            2 => (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("({one} || {other})")),
            1 => (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("{one} && {other}")),
            1 => (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("{one} || {other}")),
            1 => inner.prop_map(|inner| format!("!({inner})")),
        ]
    })
}

fn asked() -> impl Strategy<Value = Asked> {
    let places = (
        select(vec!["GET", "POST"]),
        select(vec!["a.test", "A.test", "x.a.test", "b.org", "test"]),
        proptest::option::of(select(vec![80, 8080])),
        select(vec!["/", "/a", "/A/b", "/a/b", "/a/b.json", "/a/12/b", "/bb"]),
    );
    let rest = (
        select(vec!["", "q", "q=1", "q=1&q=2", "q=2", "z=1"]),
        any::<bool>(),
        proptest::option::of(select(vec!["a.test", "b.test"])),
        vec((select(vec!["x-v", "x-w"]), select(vec!["1", "2", "two", "Two"])), 0..3),
    );
    (places, rest).prop_map(|((method, host, port, path), (query, https, sni, headers))| Asked {
        method,
        host,
        port,
        path,
        query: query.to_owned(),
        https,
        sni: sni.filter(|_| https),
        headers,
    })
}

fn route(id: u128, expression: String, priority: u64) -> RouteSpec {
    let id = uuid::Uuid::from_u128(id).to_string();
    RouteSpec { id, expression: Some(expression), priority, ..RouteSpec::default() }
}

#[test]
fn equal_to_the_crate() {
    let schema = schema();
    let config = ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() };
    let input = (vec((any::<u128>(), expression(), 0..3_u64), 0..40), vec(asked(), 105));
    proptest!(config, |((routes, requests) in input)| {
        let specs: Vec<_> = routes.iter().map(|(id, source, priority)| route(*id, source.clone(), *priority)).collect();
        let index = Router::build(specs.clone(), Flavor::Expressions).unwrap();
        let mut reference = Reference::new(&schema);
        for spec in &specs {
            let id = spec.id.parse().unwrap();
            reference.add_matcher(usize::try_from(spec.priority).unwrap(), id, spec.expression.as_deref().unwrap()).unwrap();
        }
        for request in &requests {
            let mut context = request.context(&schema);
            reference.execute(&mut context);
            let expected = context.result.map(|result| {
                let taken = result.matches.get("http.path").map(|value| match value {
                    Value::String(text) => text.len(),
                    other => panic!("{other:?}"),
                });
                (result.uuid.to_string(), taken)
            });
            let found = request.find(&index).map(|found| (found.route.id.to_string(), found.matched_path));
            prop_assert_eq!(found, expected, "{:?}", request);
        }
    });
}

const PLAIN: Asked = Asked {
    method: "GET",
    host: "a.test",
    port: None,
    path: "/a/12/b",
    query: String::new(),
    https: false,
    sni: None,
    headers: Vec::new(),
};

#[test]
fn protocols_are_conditions_but_for_https_alone() {
    for (protocols, http, https) in [
        (vec!["http", "https"], true, true),
        (vec!["http"], true, false),
        (vec!["https"], true, true),
        (vec!["grpc"], true, false),
        (vec!["grpc", "grpcs"], true, true),
    ] {
        let protocols: Vec<String> = protocols.into_iter().map(str::to_owned).collect();
        let spec =
            RouteSpec { protocols, ..route(1, r#"http.path == "/x" || http.path ^= "/a""#.to_owned(), 0) };
        let index = Router::build(vec![spec], Flavor::Expressions).unwrap();
        assert_eq!(PLAIN.find(&index).is_some(), http);
        assert_eq!(Asked { https: true, ..PLAIN }.find(&index).is_some(), https);
    }
}

#[test]
fn captures_and_stripping() {
    let source = r#"http.host =^ "test" && http.path ~ "^/a/(?<id>\\d+)""#;
    let spec = RouteSpec { strip_path: true, ..route(1, source.to_owned(), 0) };
    let index = Router::build(vec![spec], Flavor::Expressions).unwrap();
    let found = PLAIN.find(&index).unwrap();
    let captures = found.captures(PLAIN.path.as_bytes());
    assert_eq!((captures[1].name, captures[1].value), (Some("id"), &b"12"[..]));
    let mut upstream = Vec::new();
    found.upstream_path(&mut upstream, PLAIN.path.as_bytes(), b"/s");
    assert_eq!(upstream, b"/s/b");
}

#[test]
fn what_cannot_be_served_is_said() {
    for (source, word) in [
        (None, "no expression"),
        (Some("http.path = \"/\""), "expected"),
        (Some("http.unknown == \"/\""), "Unknown LHS field"),
        (Some("http.path ~ \"(\""), "unclosed"),
        (Some("net.port == \"1\""), "mismatch"),
    ] {
        let spec = RouteSpec { expression: source.map(str::to_owned), ..route(1, String::new(), 0) };
        let Err(errors) = Router::build(vec![spec], Flavor::Expressions) else {
            panic!("{source:?} was built")
        };
        assert!(errors[0].message.contains(word), "{}", errors[0].message);
    }
}

#[test]
fn fields_of_streams_are_reported() {
    let spec = route(1, "net.src.ip in 10.0.0.0/8 || net.dst.port == 1".to_owned(), 0);
    let index = Router::build(vec![spec], Flavor::Expressions).unwrap();
    assert!(PLAIN.find(&index).is_none());
    let warnings = index.warnings();
    let [Warning { message, .. }] = warnings else { panic!("{warnings:?}") };
    assert!(message.contains("stream"), "{message}");
}
