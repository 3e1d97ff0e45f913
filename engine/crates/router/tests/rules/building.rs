//! What building and changing a router says and keeps.

use crate::asking::{Line, router};
use gopura_router::Flavor::TraditionalCompatible;
use gopura_router::{BuildError, Change, RouteSpec, Router, Warning};
use serde_json::json;

fn route(id: &str, path: &str) -> RouteSpec {
    RouteSpec { id: id.to_owned(), paths: vec![path.to_owned()], ..RouteSpec::default() }
}

#[test]
fn every_bad_route_is_named() {
    let blank = RouteSpec { id: "1".to_owned(), name: Some("blank".to_owned()), ..RouteSpec::default() };
    let routes = vec![blank, route("2", "/fine"), route("3", "~/("), route("4", "~/[z-a]")];
    let Err(errors) = Router::build(routes, TraditionalCompatible) else { panic!("built") };
    let named: Vec<_> = errors.iter().map(|error| error.route_id.as_str()).collect();
    assert_eq!(named, ["1", "3", "4"]);
    let expected = BuildError {
        route_id: "1".to_owned(),
        name: Some("blank".to_owned()),
        message: "could not categorize route".to_owned(),
    };
    assert_eq!(errors[0], expected);
    assert!(errors[1].message.contains("unclosed group"), "{}", errors[1].message);
}

#[test]
fn slots_stay_with_their_routes() {
    let first = Router::build(vec![route("a", "/a"), route("b", "/b")], TraditionalCompatible).unwrap();
    let put = |id, path| Change::Put(Box::new(route(id, path)));
    let second = first.update([Change::Remove("a".to_owned()), put("c", "/c"), put("b", "/new")]).unwrap();
    let third = second.update([put("d", "/d"), Change::Remove("unknown".to_owned())]).unwrap();
    for (router, path, slot) in [
        (&first, "/a", Some(0)),
        (&first, "/b", Some(1)),
        (&second, "/a", None),
        (&second, "/b", None),
        (&second, "/new", Some(1)),
        (&second, "/c", Some(0)),
        (&third, "/d", Some(2)),
        (&third, "/c", Some(0)),
    ] {
        let line = format!("GET http://h{path}");
        assert_eq!(Line::parse(&line).find(router).map(|found| found.slot), slot, "{path}");
    }
    assert_eq!((third.slots(), third.slot("b"), third.slot("a")), (3, Some(1), None));
    let found = Line::parse("GET http://h/d").find(&third).map(|found| found.route.id.to_string());
    assert_eq!(found.as_deref(), Some("d"));
}

#[test]
fn stream_routes_are_left_out() {
    let routes = json!([
        {"protocols": ["tcp", "tls"], "snis": ["a.test"]},
        {"protocols": ["grpc"], "paths": ["/"]},
    ]);
    let index = router(TraditionalCompatible, &routes);
    assert_eq!(Line::parse("GET https://h/ sni=a.test").find(&index).map(|found| found.slot), Some(1));
}

#[test]
fn what_only_pcre_has_is_reported() {
    let routes = json!([{"paths": ["~/a"]}, {"name": "n", "paths": ["/x", "~/a(?=b)"]}]);
    let index = router(TraditionalCompatible, &routes);
    let warnings = index.warnings();
    let [Warning { name, message, .. }] = warnings else { panic!("{warnings:?}") };
    assert_eq!(name.as_deref(), Some("n"));
    assert!(message.contains("backtracking"), "{message}");
    let next = index.update([Change::Put(Box::new(route("c", "/c")))]).unwrap();
    assert_eq!(next.warnings(), []);
}

#[test]
fn nulls_are_defaults() {
    let stored = json!({"id": "x", "name": null, "hosts": null, "paths": ["/"], "headers": null, "tags": null,
        "regex_priority": 0, "strip_path": true, "path_handling": "v1", "service": {"id": "y"}});
    let read: RouteSpec = serde_json::from_value(stored).unwrap();
    assert_eq!((read.hosts.len(), read.strip_path, read.created_at), (0, true, 0));
}
