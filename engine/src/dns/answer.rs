//! What is known of a name.
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;

/// One address behind a name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Record {
    pub ip: IpAddr,
    /// SRV records name a port, a weight and a host of their own.
    pub port: Option<u16>,
    pub weight: Option<u32>,
    pub host: Option<String>,
}

impl Record {
    pub fn address(ip: IpAddr) -> Self {
        Self { ip, port: None, weight: None, host: None }
    }
}

#[derive(Debug)]
pub struct Answer {
    /// `A`, `AAAA` or `SRV`.
    pub kind: &'static str,
    pub records: Vec<Record>,
    /// Why there are none.
    pub failure: Option<String>,
    pub valid_until: Instant,
    /// Until then it serves while a new one is on its way.
    pub stale_until: Instant,
    /// When name servers last said so.
    said_at: Instant,
    turn: AtomicUsize,
}

/// Old records outlive failing name servers by so long.
const GRACE: Duration = Duration::from_secs(600);

impl Answer {
    pub fn new(kind: &'static str, mut records: Vec<Record>, valid: Duration, stale: Duration) -> Arc<Self> {
        records.sort_unstable();
        records.dedup();
        let valid_until = Instant::now() + valid;
        Arc::new(Self {
            kind,
            records,
            failure: None,
            valid_until,
            stale_until: valid_until + stale,
            said_at: Instant::now(),
            turn: AtomicUsize::new(0),
        })
    }

    /// No records; asked again when `valid` is over.
    pub fn missing(reason: String, valid: Duration) -> Arc<Self> {
        let until = Instant::now() + valid;
        Arc::new(Self {
            kind: "A",
            records: Vec::new(),
            failure: Some(reason),
            valid_until: until,
            stale_until: until,
            said_at: Instant::now(),
            turn: AtomicUsize::new(0),
        })
    }

    /// The same records once more, because there is no new answer; `None` when they are too old for that.
    pub fn renewed(&self, valid: Duration) -> Option<Arc<Self>> {
        let until = Instant::now() + valid.max(Duration::from_secs(1));
        let is_usable = !self.records.is_empty() && self.said_at.elapsed() < GRACE;
        is_usable.then(|| {
            Arc::new(Self {
                kind: self.kind,
                records: self.records.clone(),
                failure: None,
                valid_until: until,
                stale_until: until + GRACE,
                said_at: self.said_at,
                turn: AtomicUsize::new(self.turn.load(Ordering::Relaxed)),
            })
        })
    }

    pub fn failed(reason: &str) -> Arc<Self> {
        Self::missing(reason.to_owned(), Duration::ZERO)
    }

    /// The records, another one first each time; those of SRV as often first as their weight says.
    pub fn turn(&self) -> Vec<&Record> {
        let step = self.turn.fetch_add(1, Ordering::Relaxed);
        let weights = || self.records.iter().map(|record| record.weight.unwrap_or(1).max(1) as usize);
        let mut place = step.checked_rem(weights().sum()).unwrap_or(0);
        let mut first = 0;
        for (at, weight) in weights().enumerate() {
            if place < weight {
                first = at;
                break;
            }
            place -= weight;
        }
        let (before, after) = self.records.split_at(first);
        after.iter().chain(before).collect()
    }
}

/// A place in the cache.
pub struct Entry {
    pub answer: ArcSwap<Answer>,
    /// A new answer is on its way.
    pub asked: AtomicBool,
}

impl Entry {
    pub fn new(answer: Arc<Answer>) -> Self {
        Self { answer: ArcSwap::new(answer), asked: AtomicBool::new(false) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_follow_weights() {
        let record = |last, weight| Record { weight, ..Record::address(IpAddr::from([10, 0, 0, last])) };
        let answer = |records| Answer::new("A", records, Duration::ZERO, Duration::ZERO);
        let firsts = |answer: &Answer| (0..4).map(|_| answer.turn()[0].ip.to_string()).collect::<Vec<_>>();
        let plain = answer(vec![record(1, None), record(2, None)]);
        assert_eq!(firsts(&plain), ["10.0.0.1", "10.0.0.2", "10.0.0.1", "10.0.0.2"]);
        let weighted = answer(vec![record(1, Some(3)), record(2, Some(1))]);
        assert_eq!(firsts(&weighted), ["10.0.0.1", "10.0.0.1", "10.0.0.1", "10.0.0.2"]);
        assert!(answer(Vec::new()).turn().is_empty());
    }
}
