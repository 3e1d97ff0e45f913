//! Each algorithm gives each address its share.

use std::time::Duration;

use gopura_balancer::{Attempt, Balancer, Lease, Target};
use serde_json::{Value, json};

use crate::setup::{NOW, balancer, counts, last, pick, picks, target};

fn algorithm(name: &str) -> Value {
    json!({"algorithm": name})
}

fn targets(weights: &[u32]) -> Vec<Target> {
    (1..).zip(weights).map(|(last, weight)| target(last, *weight)).collect()
}

#[test]
fn round_robin_is_exact() {
    for weights in [vec![100, 100], vec![100, 50, 50], vec![5, 1, 1], vec![1, 0, 3], vec![70, 30, 900]] {
        let index = balancer(&algorithm("round-robin"), targets(&weights));
        let total: u32 = weights.iter().sum();
        let counted = counts(&picks(&index, total * 3));
        for (last, weight) in (1..).zip(&weights) {
            assert_eq!(counted.get(&last).copied().unwrap_or_default(), weight * 3, "{weights:?}");
        }
    }
}

#[test]
fn round_robin_alternates() {
    let index = balancer(&algorithm("round-robin"), targets(&[100, 100]));
    assert!(picks(&index, 20).windows(2).all(|pair| pair[0] != pair[1]));
}

/// Pearson's statistic against the weights.
fn chi_squared(index: &Balancer, weights: &[u32], requests: u32) -> f64 {
    let counted = counts(&picks(index, requests));
    let total: f64 = weights.iter().map(|weight| f64::from(*weight)).sum();
    let of_one = |(last, weight): (u8, &u32)| {
        let expected = f64::from(requests) * f64::from(*weight) / total;
        let got = f64::from(counted.get(&last).copied().unwrap_or_default());
        (got - expected).powi(2) / expected
    };
    (1..).zip(weights).map(of_one).sum()
}

#[test]
fn hashed_values_spread_by_weight() {
    // With probability 0.999 the statistic lies below these for so many degrees of freedom.
    for (weights, limit) in [
        (vec![1, 1], 10.83),
        (vec![100; 10], 27.88),
        (vec![1, 2, 3, 4], 16.27),
        (vec![10, 1, 100, 10, 50], 18.47),
        (vec![100; 100], 148.23),
    ] {
        let index = balancer(&algorithm("consistent-hashing"), targets(&weights));
        let statistic = chi_squared(&index, &weights, 20_000);
        assert!(statistic < limit, "{weights:?}: {statistic}");
    }
}

#[test]
fn the_same_value_goes_to_the_same_address() {
    let one = balancer(&algorithm("consistent-hashing"), targets(&[1, 1, 1]));
    let mut reversed = targets(&[1, 1, 1]);
    reversed.reverse();
    let other = balancer(&algorithm("consistent-hashing"), reversed);
    assert_eq!(picks(&one, 500), picks(&other, 500));
    assert_eq!(picks(&one, 500), picks(&one, 500));
}

/// A change moves the values of the changed target, at most 1.1 times its share, and no others.
#[test]
fn a_change_moves_only_its_share() {
    const VALUES: u32 = 40_000;
    for weights in [vec![1; 3], vec![100; 9], vec![10, 20, 70, 100], vec![100; 99]] {
        for weight in [10, 100] {
            let index = balancer(&algorithm("consistent-hashing"), targets(&weights));
            let added = [weights.clone(), vec![weight]].concat();
            let after = balancer(&algorithm("consistent-hashing"), targets(&added));
            let new = u8::try_from(added.len()).unwrap();
            let (before, after) = (picks(&index, VALUES), picks(&after, VALUES));
            let moved: Vec<_> = before.iter().zip(&after).filter(|(before, after)| before != after).collect();
            assert!(moved.iter().all(|(_, to)| **to == new));
            let share = f64::from(weight) / added.iter().map(|weight| f64::from(*weight)).sum::<f64>();
            let moved = f64::from(u32::try_from(moved.len()).unwrap()) / f64::from(VALUES);
            // Three standard deviations of the sample are not the algorithm's fault.
            let noise = 3.0 * (share * (1.0 - share) / f64::from(VALUES)).sqrt();
            assert!(moved <= (1.1 * share).max(share + noise), "{weights:?} + {weight}: {moved} of {share}");
        }
    }
}

#[test]
fn least_connections_follow_open_requests_and_weights() {
    let index = balancer(&algorithm("least-connections"), targets(&[10, 20, 0]));
    let open = |index: &Balancer| index.pick(&mut Attempt::default(), b"", NOW).unwrap();
    let leases: Vec<Lease> = (0..30).map(|_| open(&index)).collect();
    let lasts: Vec<u8> = leases.iter().map(|lease| last(lease).unwrap()).collect();
    assert_eq!(counts(&lasts), [(1, 10), (2, 20)].into());
    // Those that end make room.
    let still_open: Vec<Lease> = leases.into_iter().filter(|lease| last(lease) == Some(2)).collect();
    assert_eq!(still_open.len(), 20);
    assert_eq!(pick(&index, ""), Some(1));
}

#[test]
fn least_connections_without_load_take_turns() {
    let index = balancer(&algorithm("least-connections"), targets(&[10, 10, 10, 10]));
    assert_eq!(counts(&picks(&index, 400)), [(1, 100), (2, 100), (3, 100), (4, 100)].into());
}

#[test]
fn latency_prefers_the_quick() {
    let index = balancer(&algorithm("latency"), targets(&[100, 100, 100]));
    let mut now = NOW;
    let mut lasts = Vec::new();
    for _ in 0..3000 {
        let lease = index.pick(&mut Attempt::default(), b"", now).unwrap();
        let taken = Duration::from_millis(if last(&lease) == Some(2) { 10 } else { 100 });
        now += taken;
        index.observe_latency(&lease, taken, now);
        lasts.push(last(&lease).unwrap());
    }
    let counted = counts(&lasts);
    assert!(counted[&2] > 2500 && counted[&1] > 0 && counted[&3] > 0, "{counted:?}");
}

/// A target that is out gives its share to all others, not to one neighbour.
#[test]
fn the_share_of_one_that_is_out_is_spread() {
    for name in ["round-robin", "consistent-hashing"] {
        let json =
            json!({"algorithm": name, "healthchecks": {"passive": {"unhealthy": {"tcp_failures": 1}}}});
        let index = balancer(&json, targets(&[100; 5]));
        index.set_health("10.0.0.1", 80, None, false).unwrap();
        let counted = counts(&picks(&index, 20_000));
        let lowest_and_highest = (counted.values().min().unwrap(), counted.values().max().unwrap());
        assert_eq!(counted.len(), 4);
        assert!(*lowest_and_highest.0 > 4700 && *lowest_and_highest.1 < 5300, "{name}: {counted:?}");
    }
}

#[test]
fn addresses_of_a_name_share_like_targets() {
    let srv = crate::setup::named("a.test", 100, &[("10.0.0.1:81", Some(10)), ("10.0.0.2:82", Some(30))]);
    let a = crate::setup::named("b.test", 20, &[("10.0.0.3:80", None), ("10.0.0.4:80", None)]);
    let index = balancer(&algorithm("round-robin"), vec![srv, a]);
    assert_eq!(counts(&picks(&index, 80)), [(1, 10), (2, 30), (3, 20), (4, 20)].into());
}
