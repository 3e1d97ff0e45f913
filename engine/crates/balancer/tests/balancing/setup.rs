//! Short ways to make balancers.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use gopura_balancer::{Attempt, Balancer, Endpoint, Resolution, Target, UpstreamSpec};
use serde_json::Value;

pub const NOW: Duration = Duration::from_secs(1000);

/// A target that is the address 10.0.0.`last`:80.
pub fn target(last: u8, weight: u32) -> Target {
    let name = format!("10.0.0.{last}");
    let socket = format!("{name}:80").parse().unwrap();
    let endpoints = vec![Endpoint { socket, weight: None, hostname: None, nested: None }];
    Target {
        name: name.into(),
        port: 80,
        weight,
        resolution: Resolution::Addresses { record: "A", endpoints },
    }
}

/// A target behind a name with several addresses, of SRV records if they have weights.
pub fn named(name: &str, weight: u32, addresses: &[(&str, Option<u32>)]) -> Target {
    let record = if addresses.iter().any(|(_, weight)| weight.is_some()) { "SRV" } else { "A" };
    let endpoint = |(socket, weight): &(&str, Option<u32>)| Endpoint {
        socket: socket.parse().unwrap(),
        weight: *weight,
        hostname: Some(name.into()),
        nested: None,
    };
    let endpoints = addresses.iter().map(endpoint).collect();
    Target { name: name.into(), port: 80, weight, resolution: Resolution::Addresses { record, endpoints } }
}

pub fn spec(json: &Value) -> Arc<UpstreamSpec> {
    Arc::new(serde_json::from_value(json.clone()).unwrap())
}

pub fn balancer(json: &Value, targets: Vec<Target>) -> Balancer {
    Balancer::new(spec(json), targets, None, NOW, 7)
}

/// The last byte of the address that each of `count` requests meets; request number n hashes n.
pub fn picks(balancer: &Balancer, count: u32) -> Vec<u8> {
    (0..count).map(|number| pick(balancer, &number.to_string()).unwrap_or_default()).collect()
}

/// The last byte of the address that a request meets.
pub fn pick(balancer: &Balancer, value: &str) -> Option<u8> {
    let lease = balancer.pick(&mut Attempt::default(), value.as_bytes(), NOW).ok()?;
    last(&lease)
}

pub fn last(address: &gopura_balancer::Address) -> Option<u8> {
    address.socket.ip().to_string().rsplit('.').next()?.parse().ok()
}

pub fn counts(picks: &[u8]) -> HashMap<u8, u32> {
    picks.iter().fold(HashMap::new(), |mut counts, pick| {
        *counts.entry(*pick).or_default() += 1;
        counts
    })
}
