//! Which upstreams are known to need OpenSSL, so that not each connection begins with a vain attempt.
use std::cell::RefCell;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// After so long rustls is tried again: the upstream may have been mended.
const MEMORY: Duration = Duration::from_secs(600);
/// More than this many in one worker: start over.
const LIMIT: usize = 10_000;

thread_local! {
    static KNOWN: RefCell<HashMap<(u64, SocketAddr), Instant>> = RefCell::default();
}

pub fn is_by_openssl(identity: u64, address: SocketAddr) -> bool {
    let key = (identity, address);
    KNOWN.with_borrow(|known| known.get(&key).is_some_and(|since| since.elapsed() < MEMORY))
}

pub fn note_openssl(identity: u64, address: SocketAddr) {
    KNOWN.with_borrow_mut(|known| {
        if known.len() >= LIMIT {
            known.clear();
        }
        known.insert((identity, address), Instant::now());
    });
}
