//! The `latency` algorithm: the least exponentially weighted moving average of response times.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Seconds after which an old value has faded to 1/e.
const DECAY: f64 = 10.0;

/// A moving average in seconds. Two threads that write at once lose one of the two samples, no more.
#[derive(Debug, Default)]
pub(crate) struct Average {
    value: AtomicU64,
    /// When it was written, in seconds.
    at: AtomicU64,
}

impl Average {
    /// Takes a sample in.
    pub fn add(&self, seconds: f64, now: Duration) {
        let faded = self.fade(now);
        let value = self.raw() * faded + seconds * (1.0 - faded);
        self.start(value, now);
    }

    /// Begins with a value that was not measured.
    pub fn start(&self, seconds: f64, now: Duration) {
        self.value.store(seconds.to_bits(), Ordering::Relaxed);
        self.at.store(now.as_secs_f64().to_bits(), Ordering::Relaxed);
    }

    /// The value as of now: it fades towards 0, so that a slow address is tried again one day.
    pub fn get(&self, now: Duration) -> f64 {
        self.raw() * self.fade(now)
    }

    pub fn raw(&self) -> f64 {
        f64::from_bits(self.value.load(Ordering::Relaxed))
    }

    fn fade(&self, now: Duration) -> f64 {
        let at = f64::from_bits(self.at.load(Ordering::Relaxed));
        (-(now.as_secs_f64() - at).max(0.0) / DECAY).exp()
    }
}
