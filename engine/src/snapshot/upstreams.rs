//! Upstream entities and their targets.
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Entity, Tables};

/// A name that a service's host may be, with the targets behind it.
#[derive(Debug)]
pub struct Upstream {
    /// The Host header to send instead of the target's name.
    pub host_header: Option<String>,
    /// The id of the certificate to show when the service names none.
    pub client_certificate: Option<Arc<str>>,
    pub targets: Vec<Target>,
    /// Targets in the order of a turn, each as often as its weight says.
    wheel: Vec<usize>,
    position: AtomicUsize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub host: String,
    pub port: u16,
    pub weight: u32,
}

impl Upstream {
    /// The targets for one request: whose turn it is first, then the others.
    pub fn turn(&self) -> Vec<&Target> {
        if self.wheel.is_empty() {
            return Vec::new();
        }
        let start = self.position.fetch_add(1, Ordering::Relaxed);
        let mut turn: Vec<&Target> = Vec::with_capacity(self.targets.len());
        for step in 0..self.wheel.len() {
            let target = &self.targets[self.wheel[(start + step) % self.wheel.len()]];
            if !turn.iter().any(|seen| std::ptr::eq(*seen, target)) {
                turn.push(target);
            }
            if turn.len() == self.targets.len() {
                break;
            }
        }
        turn
    }
}

/// Every Upstream by name. Those that did not change keep their position.
pub fn build(tables: &Tables, before: &HashMap<String, Arc<Upstream>>) -> HashMap<String, Arc<Upstream>> {
    let mut targets: HashMap<&str, Vec<Target>> = HashMap::new();
    for row in tables.rows("targets") {
        if let (Some(upstream), Some(target)) = (row.foreign("upstream"), target(row)) {
            targets.entry(upstream).or_default().push(target);
        }
    }
    let mut all = HashMap::new();
    for row in tables.rows("upstreams") {
        let Some(name) = row.text("name") else { continue };
        let upstream = upstream(row, targets.remove(&*row.id).unwrap_or_default());
        let same = before.get(name).filter(|old| old.targets == upstream.targets);
        let position = same.map_or(0, |old| old.position.load(Ordering::Relaxed));
        upstream.position.store(position, Ordering::Relaxed);
        all.insert(name.to_owned(), Arc::new(upstream));
    }
    all
}

fn upstream(row: &Entity, mut targets: Vec<Target>) -> Upstream {
    targets.sort_by(|a, b| (&a.host, a.port).cmp(&(&b.host, b.port)));
    targets.retain(|target| target.weight > 0);
    let wheel = wheel(&targets);
    let host_header = row.text("host_header").map(str::to_owned);
    let client_certificate = row.foreign("client_certificate").map(Arc::from);
    Upstream { host_header, client_certificate, targets, wheel, position: AtomicUsize::new(0) }
}

fn target(row: &Entity) -> Option<Target> {
    let (host, port) = row.text("target")?.rsplit_once(':')?;
    let weight = row.value.get("weight").and_then(serde_json::Value::as_u64).unwrap_or(100);
    Some(Target { host: host.to_owned(), port: port.parse().ok()?, weight: u32::try_from(weight).ok()? })
}

/// Smooth weighted round robin, over one whole turn of weights divided by their greatest common divisor.
fn wheel(targets: &[Target]) -> Vec<usize> {
    let divisor = targets.iter().fold(0, |divisor, target| gcd(divisor, target.weight)).max(1);
    let weights: Vec<i64> = targets.iter().map(|target| i64::from(target.weight / divisor)).collect();
    let total: i64 = weights.iter().sum();
    let mut current = vec![0; weights.len()];
    let mut wheel = Vec::new();
    for _ in 0..total {
        current.iter_mut().zip(&weights).for_each(|(current, weight)| *current += weight);
        let Some(best) = (0..current.len()).max_by_key(|at| (current[*at], std::cmp::Reverse(*at))) else {
            break;
        };
        current[best] -= total;
        wheel.push(best);
    }
    wheel
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wheels_interleave_by_weight() {
        let target = |weight| Target { host: String::new(), port: 1, weight };
        assert_eq!(wheel(&[target(100), target(100)]), [0, 1]);
        assert_eq!(wheel(&[target(200), target(100)]), [0, 1, 0]);
        assert_eq!(wheel(&[target(5), target(1), target(1)]).len(), 7);
        assert!(wheel(&[]).is_empty());
    }
}
