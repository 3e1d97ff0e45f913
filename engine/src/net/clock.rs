//! A deadline that is moved often and met rarely.
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// One timer per connection. Moving the deadline later costs nothing: the timer fires at the old moment, sees that
/// there is time left and is armed again.
#[derive(Default)]
pub struct Clock {
    deadline: Option<Instant>,
    armed: Option<Instant>,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Clock {
    /// Sets the deadline `after` from now; zero means none.
    pub fn set(&mut self, after: Duration) {
        self.deadline = if after.is_zero() { None } else { Instant::now().checked_add(after) };
    }

    /// Sets the deadline unless one is set.
    pub fn begin(&mut self, after: Duration) {
        if self.deadline.is_none() {
            self.set(after);
        }
    }

    pub fn clear(&mut self) {
        self.deadline = None;
    }

    /// Ready once the deadline has passed.
    pub fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(deadline) = self.deadline else { return Poll::Pending };
        loop {
            let sleep = self.timer(deadline);
            if sleep.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            if Instant::now() >= deadline {
                return Poll::Ready(());
            }
            self.armed = None;
        }
    }

    fn timer(&mut self, deadline: Instant) -> &mut Pin<Box<Sleep>> {
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if self.armed.is_none_or(|armed| armed > deadline) {
            sleep.as_mut().reset(deadline);
            self.armed = Some(deadline);
        }
        sleep
    }
}
