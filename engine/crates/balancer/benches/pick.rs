//! What a choice costs among 10 and among 100 targets with health checks.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use gopura_balancer::{Attempt, Balancer, Endpoint, Resolution, Target};
use serde_json::json;

fn target(number: u32) -> Target {
    let socket = format!("10.0.{}.{}:80", number / 200, number % 200).parse().unwrap();
    let endpoints = vec![Endpoint { socket, weight: None, hostname: None, nested: None }];
    Target {
        name: socket.ip().to_string().into(),
        port: 80,
        weight: 100,
        resolution: Resolution::Addresses { record: "A", endpoints },
    }
}

fn pick(criterion: &mut Criterion) {
    for algorithm in ["round-robin", "consistent-hashing", "least-connections", "latency"] {
        for count in [10, 100] {
            let checks = json!({"passive": {"unhealthy": {"http_failures": 3}}});
            let spec = json!({"algorithm": algorithm, "healthchecks": checks});
            let spec = Arc::new(serde_json::from_value(spec).unwrap());
            let now = Duration::from_secs(1000);
            let balancer = Balancer::new(spec, (0..count).map(target).collect(), None, now, 1);
            criterion.bench_function(&format!("{algorithm}/{count}"), |bencher| {
                bencher.iter(|| {
                    black_box(balancer.pick(&mut Attempt::default(), black_box(b"client-4711"), now))
                });
            });
        }
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(600));
    targets = pick
}
criterion_main!(benches);
