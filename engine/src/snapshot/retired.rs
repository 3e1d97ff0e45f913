//! Where replaced snapshots end, so that neither a worker nor a thread that holds the GIL has to take one apart.
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use super::Snapshot;

/// How often it is looked whether requests still run on a replaced snapshot.
const GLANCE: Duration = Duration::from_millis(200);

/// A thread that holds replaced snapshots until nobody else does.
pub struct Retired(Sender<Replaced>);

struct Replaced {
    snapshot: Arc<Snapshot>,
    /// It shares nothing with what took its place.
    whole: bool,
}

impl Retired {
    pub fn start() -> io::Result<Self> {
        let (sender, arrivals) = channel();
        thread::Builder::new().name("retired".to_owned()).spawn(move || keep(&arrivals))?;
        Ok(Self(sender))
    }

    /// `whole`: the one that took its place was built from nothing.
    pub fn take(&self, snapshot: Arc<Snapshot>, whole: bool) {
        drop(self.0.send(Replaced { snapshot, whole }));
    }
}

fn keep(arrivals: &Receiver<Replaced>) {
    while let Ok(first) = arrivals.recv() {
        let mut held = vec![first];
        while !held.is_empty() {
            thread::sleep(GLANCE);
            held.extend(arrivals.try_iter());
            let (used, free): (Vec<_>, Vec<_>) =
                held.into_iter().partition(|replaced| Arc::strong_count(&replaced.snapshot) > 1);
            held = used;
            let much = free.iter().any(|replaced| replaced.whole);
            drop(free);
            if much {
                give_back();
            }
        }
    }
}

/// Gives free memory back to the system: a full snapshot and its message leave much of it.
fn give_back() {
    // SAFETY: it may be called at any time, from any thread.
    unsafe { libmimalloc_sys::mi_collect(true) };
}
