//! When which address is probed.

use std::sync::Arc;
use std::time::Duration;

use crate::address::Address;
use crate::balancer::Balancer;

/// The timetable of one upstream's active checks. It sends nothing: who holds it sends a probe to each address that
/// is due, at most `concurrency` at a time, and reports what came of it as [`crate::Observer::Active`].
#[derive(Debug, Default)]
pub struct Prober {
    healthy: Option<Duration>,
    unhealthy: Option<Duration>,
}

impl Prober {
    /// The addresses whose time has come, and when to ask again; `None` when nothing is ever to be probed.
    /// Healthy and unhealthy addresses have intervals of their own; the first probes are due one interval after the
    /// first call.
    pub fn due(&mut self, balancer: &Balancer, now: Duration) -> (Vec<Arc<Address>>, Option<Duration>) {
        let active = &balancer.spec.healthchecks.active;
        let healthy = tick(&mut self.healthy, active.healthy.interval, now);
        let unhealthy = tick(&mut self.unhealthy, active.unhealthy.interval, now);
        let is_due = |address: &&Arc<Address>| {
            let due = if address.state.health.is_available() { healthy } else { unhealthy };
            due && address.weight > 0
        };
        let due = balancer.addresses.iter().filter(is_due).cloned().collect();
        (due, [self.healthy, self.unhealthy].into_iter().flatten().min())
    }
}

/// Whether the time has come; sets the next.
fn tick(next: &mut Option<Duration>, interval: f64, now: Duration) -> bool {
    if interval <= 0.0 {
        *next = None;
        return false;
    }
    let interval = Duration::from_secs_f64(interval.max(0.001));
    match *next {
        Some(at) if at > now => {
            // The interval may have been shortened.
            *next = Some(at.min(now + interval));
            false
        }
        Some(_) => {
            *next = Some(now + interval);
            true
        }
        None => {
            *next = Some(now + interval);
            false
        }
    }
}
