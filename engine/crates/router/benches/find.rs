//! What a match and a miss cost among 100 and among 10,000 routes, and what building and changing costs.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use gopura_router::{Change, Flavor, Request, RouteSpec, Router, Scheme};

/// How the routes of one set differ from each other.
#[derive(Clone, Copy, Debug)]
enum Shape {
    /// Ten paths on each host.
    HostAndPath,
    /// No hosts; one path each.
    Path,
    /// One wildcard host each.
    Wildcard,
    /// One regex each, told apart by their first literals.
    Regex,
    /// One regex each, with the same first literals.
    SimilarRegex,
    /// The same path, one header value each.
    Header,
    /// One expression on host and path each.
    Expression,
}

const SHAPES: &[Shape] = &[
    Shape::HostAndPath,
    Shape::Path,
    Shape::Wildcard,
    Shape::Regex,
    Shape::SimilarRegex,
    Shape::Header,
    Shape::Expression,
];

fn route(shape: Shape, number: usize) -> RouteSpec {
    let mut route =
        RouteSpec { id: format!("00000000-0000-4000-8000-{number:012x}"), ..RouteSpec::default() };
    match shape {
        Shape::HostAndPath => {
            route.hosts = vec![format!("host-{}.example.com", number / 10)];
            route.paths = vec![format!("/service/{}", number % 10)];
        }
        Shape::Path => route.paths = vec![format!("/service/{number:05}/api")],
        Shape::Wildcard => route.hosts = vec![format!("*.host-{number}.example.com")],
        Shape::Regex => route.paths = vec![format!("~/service/{number:05}/[0-9]+/items")],
        Shape::SimilarRegex => route.paths = vec![format!("~/service/[a-z]+/{number:05}")],
        Shape::Header => {
            route.paths = vec!["/service".to_owned()];
            route.headers = [("x-tenant".to_owned(), vec![format!("tenant-{number}")])].into();
        }
        Shape::Expression => {
            let (host, path) =
                (format!("host-{}.example.com", number / 10), format!("/service/{}", number % 10));
            route.expression = Some(format!(
                r#"http.method != "PATCH" && http.host == "{host}" && (http.path ^= "{path}" || http.path ~ "^{path}x[0-9]+")"#
            ));
        }
    }
    route
}

/// Host, path and tenant of a request for the route with this number.
fn target(shape: Shape, number: usize) -> (String, String, String) {
    let host = match shape {
        Shape::HostAndPath | Shape::Expression => format!("host-{}.example.com", number / 10),
        Shape::Wildcard => format!("www.host-{number}.example.com"),
        _ => "www.example.com".to_owned(),
    };
    let path = match shape {
        Shape::HostAndPath | Shape::Expression => format!("/service/{}/users/42/orders", number % 10),
        Shape::Path => format!("/service/{number:05}/api/users/42"),
        Shape::Regex => format!("/service/{number:05}/4711/items"),
        Shape::SimilarRegex => format!("/service/users/{number:05}"),
        Shape::Wildcard | Shape::Header => "/service/users/42".to_owned(),
    };
    (host, path, format!("tenant-{number}"))
}

fn flavor(shape: Shape) -> Flavor {
    match shape {
        Shape::Expression => Flavor::Expressions,
        _ => Flavor::TraditionalCompatible,
    }
}

fn find(criterion: &mut Criterion) {
    for &shape in SHAPES {
        for count in [100, 10_000] {
            let routes = (0..count).map(|number| route(shape, number)).collect();
            let index = Router::build(routes, flavor(shape)).unwrap();
            for (name, number) in [("hit", count / 2), ("miss", count + 20_000)] {
                let (host, path, tenant) = target(shape, number);
                let headers = vec![("user-agent", "bench"), ("accept", "*/*"), ("x-tenant", &tenant)];
                let request = Request {
                    method: b"GET",
                    host: Some(host.as_bytes()),
                    path: path.as_bytes(),
                    query: b"",
                    scheme: Scheme::Http,
                    sni: None,
                    headers: &headers,
                };
                assert_eq!(index.find(&request).is_some(), name == "hit", "{shape:?}");
                let id = format!("{shape:?}/{name}/{count}");
                criterion.bench_function(&id, |bencher| {
                    bencher.iter(|| black_box(index.find(black_box(&request))));
                });
            }
        }
    }
}

fn build(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("build 10,000 routes");
    group.sample_size(10);
    for &shape in &[Shape::HostAndPath, Shape::Path, Shape::Header, Shape::SimilarRegex] {
        let routes: Vec<_> = (0..10_000).map(|number| route(shape, number)).collect();
        let index = Router::build(routes.clone(), Flavor::TraditionalCompatible).unwrap();
        group.bench_function(format!("{shape:?}/whole"), |bencher| {
            bencher.iter(|| Router::build(routes.clone(), Flavor::TraditionalCompatible));
        });
        let changed = RouteSpec { methods: vec!["GET".to_owned()], ..route(shape, 5000) };
        group.bench_function(format!("{shape:?}/one changed"), |bencher| {
            bencher.iter(|| index.update([Change::Put(Box::new(changed.clone()))]));
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(std::time::Duration::from_millis(200))
        .measurement_time(std::time::Duration::from_millis(600));
    targets = find, build
}
criterion_main!(benches);
