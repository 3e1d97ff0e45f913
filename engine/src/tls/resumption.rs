//! How long a TLS session may be resumed: `ssl_session_timeout`.
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use rustls::crypto::aws_lc_rs::Ticketer;
use rustls::pki_types::UnixTime;
use rustls::server::{ProducesTickets, ServerSessionMemoryCache, StoresServerSessions};

type Keys = Arc<dyn ProducesTickets>;

/// Tickets whose keys are thrown away in time. The keys of `Ticketer` live for twelve hours at most.
#[derive(Debug)]
pub struct Tickets {
    timeout: Duration,
    state: RwLock<State>,
}

#[derive(Debug)]
struct State {
    current: Keys,
    previous: Option<Keys>,
    made: Instant,
}

impl Tickets {
    /// `timeout` is how long a ticket is good at most; it is good for half of that at least.
    pub fn new(timeout: Duration) -> Result<Arc<Self>, rustls::Error> {
        let state = State { current: Ticketer::new()?, previous: None, made: Instant::now() };
        Ok(Arc::new(Self { timeout, state: RwLock::new(state) }))
    }

    fn keys(&self) -> (Keys, Option<Keys>) {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        if state.made.elapsed() < self.timeout / 2 {
            return (state.current.clone(), state.previous.clone());
        }
        drop(state);
        self.turn()
    }

    fn turn(&self) -> (Keys, Option<Keys>) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let age = state.made.elapsed();
        if age >= self.timeout / 2
            && let Ok(fresh) = Ticketer::new()
        {
            let old = std::mem::replace(&mut state.current, fresh);
            state.previous = (age < self.timeout).then_some(old);
            state.made = Instant::now();
        }
        (state.current.clone(), state.previous.clone())
    }
}

impl ProducesTickets for Tickets {
    fn enabled(&self) -> bool {
        true
    }

    fn lifetime(&self) -> u32 {
        let most = self.keys().0.lifetime();
        u32::try_from(self.timeout.as_secs()).unwrap_or(most).min(most)
    }

    fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        self.keys().0.encrypt(plain)
    }

    fn decrypt(&self, cipher: &[u8]) -> Option<Vec<u8>> {
        let (current, previous) = self.keys();
        current.decrypt(cipher).or_else(|| previous?.decrypt(cipher))
    }
}

/// Sessions in memory, each with the second in which it was kept.
#[derive(Debug)]
pub struct Sessions {
    timeout: u64,
    inner: Arc<ServerSessionMemoryCache>,
}

impl Sessions {
    pub fn new(number: usize, timeout: Duration) -> Arc<Self> {
        Arc::new(Self { timeout: timeout.as_secs(), inner: ServerSessionMemoryCache::new(number) })
    }

    fn fresh(&self, mut value: Vec<u8>) -> Option<Vec<u8>> {
        let at = value.split_off(value.len().checked_sub(8)?);
        let at = u64::from_be_bytes(at.try_into().ok()?);
        (UnixTime::now().as_secs().saturating_sub(at) <= self.timeout).then_some(value)
    }
}

impl StoresServerSessions for Sessions {
    fn put(&self, key: Vec<u8>, mut value: Vec<u8>) -> bool {
        value.extend_from_slice(&UnixTime::now().as_secs().to_be_bytes());
        self.inner.put(key, value)
    }

    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.inner.get(key).and_then(|value| self.fresh(value))
    }

    fn take(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.inner.take(key).and_then(|value| self.fresh(value))
    }

    fn can_cache(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tickets_and_sessions_end() {
        let lasting = Tickets::new(Duration::from_secs(60)).unwrap();
        let ticket = lasting.encrypt(b"a").unwrap();
        assert_eq!(lasting.decrypt(&ticket).as_deref(), Some(&b"a"[..]));
        assert_eq!(lasting.lifetime(), 60);
        let short = Tickets::new(Duration::from_millis(20)).unwrap();
        let ticket = short.encrypt(b"a").unwrap();
        std::thread::sleep(Duration::from_millis(30));
        assert_eq!(short.decrypt(&ticket), None);
        let sessions = Sessions::new(32, Duration::from_secs(60));
        sessions.put(b"k".to_vec(), b"v".to_vec());
        assert_eq!(sessions.take(b"k").as_deref(), Some(&b"v"[..]));
        assert_eq!(sessions.fresh([b"v", &1_u64.to_be_bytes()[..]].concat()), None);
    }
}
