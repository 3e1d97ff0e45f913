//! What is known is carried over when the configuration or DNS changes.

use std::time::Duration;

use gopura_balancer::{Attempt, Balancer, HashSource, Resolution};
use serde_json::json;

use crate::setup::{NOW, balancer, counts, last, named, picks, spec, target};

#[test]
fn health_stays_with_its_address() {
    let checks = json!({"healthchecks": {"passive": {"unhealthy": {"http_failures": 1}}}});
    let before = balancer(&checks, vec![target(1, 100), target(2, 100)]);
    before.set_health("10.0.0.1", 80, None, false).unwrap();
    let after = Balancer::new(spec(&checks), vec![target(3, 100), target(1, 50)], Some(&before), NOW, 7);
    assert_eq!(counts(&picks(&after, 20)), [(3, 20)].into());
    // An exchange that began before the change may still report.
    before.set_health("10.0.0.1", 80, None, true).unwrap();
    assert_eq!(counts(&picks(&after, 150)), [(1, 50), (3, 100)].into());
}

#[test]
fn health_is_remembered_for_a_while() {
    let checks = json!({"healthchecks": {"passive": {"unhealthy": {"http_failures": 1}}}});
    for (seconds, served) in [(9, [(1, 20)].into()), (11, [(1, 10), (2, 10)].into())] {
        let before = balancer(&checks, vec![target(1, 100), target(2, 100)]);
        before.set_health("10.0.0.2", 80, None, false).unwrap();
        let none = Balancer::new(spec(&checks), Vec::new(), Some(&before), NOW, 7);
        let later = NOW + Duration::from_secs(seconds);
        let after = Balancer::new(spec(&checks), vec![target(1, 100), target(2, 100)], Some(&none), later, 7);
        assert_eq!(counts(&picks(&after, 20)), served, "{seconds}");
    }
}

#[test]
fn turns_go_on() {
    let before = balancer(&json!({}), vec![target(1, 100), target(2, 100)]);
    let first = picks(&before, 1);
    let after = Balancer::new(spec(&json!({})), vec![target(1, 100), target(2, 100)], Some(&before), NOW, 7);
    assert_ne!(first, picks(&after, 1));
}

#[test]
fn open_requests_stay_counted() {
    let least = json!({"algorithm": "least-connections"});
    let before = balancer(&least, vec![target(1, 10)]);
    let leases: Vec<_> = (0..3).map(|_| before.pick(&mut Attempt::default(), b"", NOW).unwrap()).collect();
    let after = Balancer::new(spec(&least), vec![target(1, 10), target(2, 10)], Some(&before), NOW, 7);
    let more: Vec<_> = (0..3).map(|_| after.pick(&mut Attempt::default(), b"", NOW).unwrap()).collect();
    assert!(more.iter().all(|lease| last(lease) == Some(2)));
    drop(leases);
    assert_eq!(last(&after.pick(&mut Attempt::default(), b"", NOW).unwrap()), Some(1));
}

/// A new address begins with the average latency of the others and is not flooded.
#[test]
fn new_addresses_start_slowly() {
    let latency = json!({"algorithm": "latency"});
    let before = balancer(&latency, vec![target(1, 100), target(2, 100)]);
    for address in before.addresses() {
        let taken = Duration::from_millis(if last(address) == Some(1) { 10 } else { 100 });
        before.observe_latency(address, taken, NOW);
    }
    let after = Balancer::new(
        spec(&latency),
        vec![target(1, 100), target(2, 100), target(3, 100)],
        Some(&before),
        NOW,
        7,
    );
    assert_eq!(counts(&picks(&after, 30)), [(1, 30)].into());
}

#[test]
fn retries_know_addresses_over_generations() {
    let before = balancer(&json!({}), vec![target(1, 100), target(2, 100)]);
    let mut attempt = Attempt::default();
    let first = last(&before.pick(&mut attempt, b"", NOW).unwrap());
    let after = Balancer::new(spec(&json!({})), vec![target(1, 100), target(2, 100)], Some(&before), NOW, 7);
    assert_ne!(first, last(&after.pick(&mut attempt, b"", NOW).unwrap()));
}

#[test]
fn names_that_do_not_resolve_take_no_requests() {
    let mut failing = named("a.test", 100, &[]);
    failing.resolution = Resolution::Failed("dns server error: 3 name error".to_owned());
    let index = balancer(&json!({}), vec![failing, target(2, 1)]);
    assert_eq!(counts(&picks(&index, 10)), [(2, 10)].into());
}

#[test]
fn weights_of_srv_records() {
    let srv = named("a.test", 5, &[("10.0.0.1:81", Some(0)), ("10.0.0.2:82", Some(3))]);
    assert_eq!(counts(&picks(&balancer(&json!({}), vec![srv.clone()]), 40)), [(1, 10), (2, 30)].into());
    let out = gopura_balancer::Target { weight: 0, ..srv };
    assert!(balancer(&json!({}), vec![out]).pick(&mut Attempt::default(), b"", NOW).is_err());
}

#[test]
fn hash_sources() {
    let read = |json| spec(&json).hash_sources().map(|source| format!("{source:?}")).collect::<Vec<_>>();
    let show = |source: HashSource<'_>| format!("{source:?}");
    for (json, expected) in [
        (json!({"hash_on": "none", "hash_fallback": "ip"}), vec![]),
        (json!({"hash_on": "ip", "hash_fallback": "none"}), vec![show(HashSource::Ip)]),
        (
            json!({"hash_on": "consumer", "hash_fallback": "header", "hash_fallback_header": "x-f", "hash_on_header": null}),
            vec![show(HashSource::Consumer), show(HashSource::Header("x-f"))],
        ),
        (
            json!({"hash_on": "query_arg", "hash_on_query_arg": "u", "hash_fallback": "uri_capture", "hash_fallback_uri_capture": "1"}),
            vec![show(HashSource::QueryArg("u")), show(HashSource::UriCapture("1"))],
        ),
        (
            json!({"hash_on": "path", "hash_fallback": "cookie", "hash_on_cookie": "c", "hash_on_cookie_path": "/p"}),
            vec![show(HashSource::Path), show(HashSource::Cookie { name: "c", path: "/p" })],
        ),
    ] {
        assert_eq!(read(json), expected);
    }
}
