//! What is observed leads to health, and health to choices.

use std::sync::Arc;
use std::time::Duration;

use gopura_balancer::{Address, Attempt, Balancer, Event, HealthchecksOff, NoPeer, Observer, Prober};
use serde_json::json;

use crate::setup::{NOW, balancer, counts, last, pick, picks, target};
use Event::{Status, Success, TcpFailure, Timeout};
use Observer::{Active, Passive};

fn address(balancer: &Balancer, wanted: u8) -> Arc<Address> {
    let mut all = balancer.addresses().iter();
    Arc::clone(all.find(|address| last(address) == Some(wanted)).unwrap())
}

/// Counts are of failures in a row; one success forgets all kinds of failures, one failure the successes.
#[test]
fn counters() {
    let checks = json!({"healthchecks": {
        "active": {"healthy": {"interval": 1, "successes": 2},
                   "unhealthy": {"interval": 1, "http_failures": 2, "tcp_failures": 2, "timeouts": 3}},
        "passive": {"healthy": {"successes": 3}, "unhealthy": {"http_failures": 3, "http_statuses": [500, 503]}},
    }});
    for (observations, healthy) in [
        (vec![(Active, TcpFailure)], true),
        (vec![(Active, TcpFailure), (Active, TcpFailure)], false),
        (vec![(Active, TcpFailure), (Active, Success), (Active, TcpFailure)], true),
        (vec![(Active, TcpFailure), (Active, Status(500)), (Active, Timeout), (Active, Timeout)], true),
        (vec![(Active, Timeout), (Active, Timeout), (Active, Timeout)], false),
        (vec![(Active, Status(500)), (Active, Status(404))], false),
        (vec![(Active, Status(500)), (Active, Status(418)), (Active, Status(500))], false),
        (vec![(Passive, Status(500)), (Passive, Status(502)), (Passive, Status(503))], true),
        (vec![(Passive, Status(500)), (Active, Status(500)), (Passive, Status(503))], false),
        (vec![(Passive, TcpFailure); 9], true),
        (vec![(Active, TcpFailure), (Active, TcpFailure), (Active, Status(200))], false),
        (
            vec![(Active, TcpFailure), (Active, TcpFailure), (Active, Status(200)), (Active, Status(302))],
            true,
        ),
        (
            vec![(Active, TcpFailure), (Active, TcpFailure), (Active, Status(200)), (Passive, Status(200))],
            false,
        ),
        (
            vec![
                (Active, Status(500)),
                (Active, Status(500)),
                (Active, Success),
                (Active, Timeout),
                (Active, Success),
            ],
            false,
        ),
    ] {
        let index = balancer(&checks, vec![target(1, 100)]);
        let one = address(&index, 1);
        let changes =
            observations.iter().filter_map(|(observer, event)| index.report(&one, *observer, *event));
        let all: Vec<_> = changes.map(|change| change.healthy).collect();
        let last_change = all.last().copied();
        assert_eq!(index.is_available(&one), healthy, "{observations:?}");
        assert!(last_change.is_none_or(|last| last == healthy));
    }
}

#[test]
fn unavailable_addresses_are_not_chosen() {
    let checks = json!({"healthchecks": {"passive": {"unhealthy": {"http_failures": 1, "tcp_failures": 1}}}});
    for algorithm in ["round-robin", "consistent-hashing", "least-connections", "latency"] {
        let mut json = checks.clone();
        json["algorithm"] = algorithm.into();
        let index = balancer(&json, vec![target(1, 100), target(2, 100), target(3, 0)]);
        assert!(index.report(&address(&index, 1), Passive, TcpFailure).is_some_and(|change| !change.healthy));
        assert_eq!(counts(&picks(&index, 50)), [(2, 50)].into(), "{algorithm}");
        index.report(&address(&index, 2), Passive, Status(500));
        let none = index.pick(&mut Attempt::default(), b"", NOW);
        assert_eq!(none.err(), Some(NoPeer::NoneAvailable), "{algorithm}");
        assert_eq!(index.set_health("10.0.0.1", 80, None, true), Ok(1));
        assert_eq!(pick(&index, "x"), Some(1), "{algorithm}");
    }
}

#[test]
fn without_checks_nothing_is_unavailable() {
    let index = balancer(&json!({}), vec![target(1, 100)]);
    for event in [TcpFailure, Timeout, Status(500)] {
        assert!(index.report(&address(&index, 1), Passive, event).is_none());
    }
    assert_eq!(index.set_health("10.0.0.1", 80, None, false), Err(HealthchecksOff));
    assert_eq!(pick(&index, ""), Some(1));
}

#[test]
fn no_targets_no_peer() {
    for targets in [vec![], vec![target(1, 0)]] {
        let index = balancer(&json!({}), targets);
        assert_eq!(index.pick(&mut Attempt::default(), b"", NOW).err(), Some(NoPeer::NoneAvailable));
    }
}

#[test]
fn below_the_threshold_nobody_serves() {
    let checks = json!({"healthchecks": {"threshold": 60, "passive": {"unhealthy": {"http_failures": 1}}}});
    let index = balancer(&checks, vec![target(1, 50), target(2, 50), target(3, 100)]);
    assert!(index.is_healthy());
    index.set_health("10.0.0.1", 80, None, false).unwrap();
    assert!(index.is_healthy());
    index.set_health("10.0.0.2", 80, None, false).unwrap();
    assert_eq!(index.pick(&mut Attempt::default(), b"", NOW).err(), Some(NoPeer::Unhealthy));
    index.set_health("10.0.0.2", 80, None, true).unwrap();
    assert!(pick(&index, "").is_some());
}

/// A retry never meets the same target while another is available.
#[test]
fn retries_go_elsewhere() {
    for algorithm in ["round-robin", "consistent-hashing", "least-connections", "latency"] {
        let index =
            balancer(&json!({"algorithm": algorithm}), vec![target(1, 1000), target(2, 1), target(3, 1)]);
        for value in 0..200 {
            let mut attempt = Attempt::default();
            let mut next =
                || last(&index.pick(&mut attempt, value.to_string().as_bytes(), NOW).unwrap()).unwrap();
            let mut met = [next(), next(), next()];
            met.sort_unstable();
            assert_eq!(met, [1, 2, 3], "{algorithm}");
            assert!((1..=3).contains(&next()), "all were tried: begin again");
        }
    }
}

#[test]
fn retries_prefer_another_target_to_another_address() {
    let name = crate::setup::named("a.test", 100, &[("10.0.0.1:80", None), ("10.0.0.2:80", None)]);
    let index = balancer(&json!({}), vec![name, target(3, 1)]);
    for _ in 0..100 {
        let mut attempt = Attempt::default();
        let first = last(&index.pick(&mut attempt, b"", NOW).unwrap()).unwrap();
        let second = last(&index.pick(&mut attempt, b"", NOW).unwrap()).unwrap();
        assert_eq!((first == 3), (second != 3), "{first} {second}");
    }
}

#[test]
fn probes_are_due_by_health() {
    let checks = json!({"healthchecks": {"active": {
        "healthy": {"interval": 10}, "unhealthy": {"interval": 2, "tcp_failures": 1},
    }}});
    let index = balancer(&checks, vec![target(1, 100), target(2, 100), target(3, 0)]);
    let mut prober = Prober::default();
    let second = Duration::from_secs(1);
    let mut due = |index: &Balancer, now: Duration| {
        let (due, next) = prober.due(index, NOW + now);
        (
            due.iter().map(|address| last(address).unwrap()).collect::<Vec<_>>(),
            next.map(|next| next.saturating_sub(NOW)),
        )
    };
    assert_eq!(due(&index, Duration::ZERO), (vec![], Some(second * 2)));
    assert_eq!(due(&index, second * 2), (vec![], Some(second * 4)));
    index.report(&address(&index, 1), Active, TcpFailure);
    assert_eq!(due(&index, second * 4), (vec![1], Some(second * 6)));
    assert_eq!(due(&index, second * 10), (vec![1, 2], Some(second * 12)));
    let off = balancer(&json!({}), vec![target(1, 100)]);
    assert_eq!(due(&off, second * 20), (vec![], None));
}
