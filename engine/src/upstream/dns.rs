//! Host names to addresses, remembered for a while by each worker.
use std::cell::RefCell;
use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use tokio::net::lookup_host;
use tokio::time::timeout;

/// How long an answer is good.
const FRESH: Duration = Duration::from_secs(10);
/// How long an old answer serves when there is no new one.
const STALE: Duration = Duration::from_secs(3600);
const PATIENCE: Duration = Duration::from_secs(5);

struct Answer {
    addresses: Vec<IpAddr>,
    at: Instant,
    turn: usize,
}

thread_local! {
    static ANSWERS: RefCell<HashMap<String, Answer>> = RefCell::default();
}

/// The name's addresses, another one first each time; empty when the name is unknown.
pub async fn addresses(name: &str) -> Vec<IpAddr> {
    if let Some(addresses) = remembered(name, FRESH) {
        return addresses;
    }
    let found = timeout(PATIENCE, lookup_host((name, 0))).await;
    let found: Vec<IpAddr> = match found {
        Ok(Ok(found)) => found.map(|address| address.ip()).collect(),
        _ => return remembered(name, STALE).unwrap_or_default(),
    };
    let addresses = prefer_v4(found);
    ANSWERS.with_borrow_mut(|answers| {
        answers.insert(name.to_owned(), Answer { addresses: addresses.clone(), at: Instant::now(), turn: 0 });
    });
    addresses
}

fn remembered(name: &str, age: Duration) -> Option<Vec<IpAddr>> {
    ANSWERS.with_borrow_mut(|answers| {
        let answer = answers.get_mut(name).filter(|answer| answer.at.elapsed() < age)?;
        answer.turn = (answer.turn + 1) % answer.addresses.len().max(1);
        let mut addresses = answer.addresses.clone();
        addresses.rotate_left(answer.turn);
        Some(addresses)
    })
}

/// Kong asks for A records before AAAA.
fn prefer_v4(found: Vec<IpAddr>) -> Vec<IpAddr> {
    let v4: Vec<IpAddr> = found.iter().copied().filter(IpAddr::is_ipv4).collect();
    let mut chosen = if v4.is_empty() { found } else { v4 };
    chosen.sort_unstable();
    chosen.dedup();
    chosen
}
