//! Over random routes and requests the index answers what the plain reference matcher answers.

mod reference;

use std::collections::BTreeMap;

use gopura_router::{Change, Flavor, RouteSpec, Router};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use reference::{Owned, Reference};

/// Route sets per run and requests per set: more than 100,000 pairs for each flavour.
const SETS: u32 = 1000;
const REQUESTS: usize = 105;

const HOSTS: &[&str] = &[
    "a.test",
    "b.test",
    "a.test:80",
    "b.test:8443",
    "*.test",
    "*.a.test",
    "a.*",
    "x.*",
    "*.test:8443",
    "a.*:80",
];
const PATHS: &[&str] = &[
    "/",
    "/a",
    "/ab",
    "/a/",
    "/a/b",
    "/a/bc",
    "/b",
    "/b/c/d",
    "~/a",
    "~/a/b$",
    "~/[ab]",
    "~/a/(?<x>b+)",
    "~/b/.*/d",
    "~/(a|b)/b",
    "~/b|/c",
    "~/a/b/\\d+",
];
const METHODS: &[&str] = &["GET", "POST", "FOO"];
const SNIS: &[&str] = &["a.test", "b.test."];
const VALUES: &[&str] = &["1", "Two", "~*^t", "~*O$"];

fn strings(of: &'static [&'static str], most: usize) -> impl Strategy<Value = Vec<String>> {
    let some = subsequence(of, 1..=most).prop_shuffle();
    prop_oneof![2 => Just(Vec::new()), 3 => some.prop_map(|all| all.into_iter().map(str::to_owned).collect())]
}

fn headers() -> impl Strategy<Value = BTreeMap<String, Vec<String>>> {
    let some =
        btree_map(select(vec!["x-v".to_owned(), "X-W".into(), "x_u".into()]), strings(VALUES, 2), 1..3);
    let some =
        some.prop_filter("a header asks for a value", |all| all.values().all(|values| !values.is_empty()));
    prop_oneof![3 => Just(BTreeMap::new()), 2 => some]
}

fn route() -> impl Strategy<Value = RouteSpec> {
    let parts = (strings(HOSTS, 2), strings(PATHS, 3), strings(METHODS, 2), strings(SNIS, 2), headers());
    (parts, any::<u128>(), 0..4_i64, 0..3_u64).prop_map(|(parts, id, regex_priority, created_at)| {
        let (hosts, mut paths, methods, snis, headers) = parts;
        if hosts.is_empty() && methods.is_empty() && snis.is_empty() && headers.is_empty() && paths.is_empty()
        {
            paths.push("/a".to_owned());
        }
        let id = uuid::Uuid::from_u128(id).to_string();
        RouteSpec {
            id,
            hosts,
            paths,
            methods,
            snis,
            headers,
            regex_priority,
            created_at,
            ..RouteSpec::default()
        }
    })
}

fn request() -> impl Strategy<Value = Owned> {
    let hosts = vec![
        "a.test",
        "b.test",
        "a.test:80",
        "b.test:8443",
        "x.a.test",
        "x.test:8443",
        "a.x",
        ".a.test",
        "a.",
        "x.y",
        "q",
    ];
    let paths = vec![
        "/", "/a", "/ab", "/abc", "/a/", "/a/b", "/a/bb", "/a/b/1", "/a/bcd", "/b", "/b/b", "/b/c/d",
        "/b/x/d", "/c", "/x/b", "/B",
    ];
    let field = (select(vec!["X-V", "x-w", "x-u", "x_u"]), select(vec!["1", "two", "TWO", "zero", "0"]));
    (
        (select(METHODS), proptest::option::weighted(0.9, select(hosts)), select(paths)),
        (any::<bool>(), proptest::option::of(select(vec!["a.test", "b.test", "c.test"]))),
        vec(field, 0..3),
    )
        .prop_map(|((method, host, path), (https, sni), headers)| Owned {
            method: method.to_owned(),
            host: host.map(str::to_owned),
            path: path.to_owned(),
            https,
            sni: sni.filter(|_| https).map(str::to_owned),
            headers: headers.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        })
}

fn compare(
    index: &Router,
    routes: &[RouteSpec],
    flavor: Flavor,
    requests: &[Owned],
) -> Result<(), TestCaseError> {
    let reference = Reference::new(routes, flavor);
    for request in requests {
        let found = index.find(&request.borrow());
        let found = found.map(|found| (found.route.id.to_string(), found.matched_path));
        let expected = reference.find(request).map(|(route, length)| (route.id.clone(), length));
        prop_assert_eq!(found, expected, "{:?}", request);
    }
    Ok(())
}

fn equal(flavor: Flavor) {
    let config = ProptestConfig { cases: SETS, failure_persistence: None, ..ProptestConfig::default() };
    let input = (vec(route(), 0..64), vec(request(), REQUESTS));
    proptest!(config, |((routes, requests) in input)| {
        let router = Router::build(routes.clone(), flavor).unwrap();
        compare(&router, &routes, flavor, &requests)?;
    });
}

#[test]
fn traditional_compatible() {
    equal(Flavor::TraditionalCompatible);
}

#[test]
fn traditional() {
    equal(Flavor::Traditional);
}

/// A router that came about step by step answers as one built at once, and older generations stay as they were.
#[test]
fn updates() {
    let config = ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() };
    let input = (
        vec(route(), 1..40),
        vec(route(), 0..8),
        vec(any::<prop::sample::Index>(), 0..12),
        vec(request(), 30),
    );
    proptest!(config, |((first, added, changed, requests) in input, traditional in any::<bool>())| {
        let flavor = if traditional { Flavor::Traditional } else { Flavor::TraditionalCompatible };
        let before = Router::build(first.clone(), flavor).unwrap();
        let mut routes = first.clone();
        let mut after = before.clone();
        for (step, index) in changed.iter().enumerate() {
            let at = index.index(routes.len());
            let change = match added.get(step) {
                Some(other) => {
                    routes[at] = RouteSpec { id: routes[at].id.clone(), ..other.clone() };
                    Change::Put(Box::new(routes[at].clone()))
                }
                None if routes.len() > 1 => Change::Remove(routes.remove(at).id),
                None => continue,
            };
            after = after.update([change]).unwrap();
        }
        compare(&after, &routes, flavor, &requests)?;
        compare(&before, &first, flavor, &requests)?;
    });
}
