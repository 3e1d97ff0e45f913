//! A worker: one thread, one runtime, its own connections.
use std::net::{SocketAddr, TcpListener as StdListener};
use std::os::fd::FromRawFd;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{MissedTickBehavior, interval};

use crate::http::connection;
use crate::settings::{Listener, Settings};
use crate::shared::{Counters, Shared, count, discount};
use crate::{status, upstream};

/// How often a worker flushes its log and closes idle upstream connections.
const TICK: Duration = Duration::from_secs(1);

/// Starts worker `number`; it runs until `stop` turns true, and after that until its connections have ended.
pub fn spawn(
    number: usize,
    shared: Arc<Shared>,
    stop: watch::Receiver<bool>,
) -> std::io::Result<JoinHandle<()>> {
    thread::Builder::new().name(format!("worker-{number}")).spawn(move || run(number, &shared, stop))
}

fn run(number: usize, shared: &Arc<Shared>, stop: watch::Receiver<bool>) {
    crate::python_thread::adopt();
    let runtime = match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return tracing::error!("worker {number}: {error}"),
    };
    runtime.block_on(serve(number, shared, stop));
    shared.access_log.flush();
}

async fn serve(number: usize, shared: &Arc<Shared>, mut stop: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(places(&shared.settings)));
    for listener in &shared.settings.listeners {
        spawn_accept(number, listener, shared, Kind::Proxy, &places);
    }
    if number == 0 {
        let places = Arc::new(Semaphore::new(Semaphore::MAX_PERMITS));
        for listener in &shared.settings.status_listeners {
            spawn_accept(number, listener, shared, Kind::Status, &places);
        }
    }
    let mut tick = interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            _ = tick.tick() => {
                shared.access_log.flush();
                upstream::sweep(&shared.settings);
            }
        }
    }
}

/// How many connections a worker serves at a time.
fn places(settings: &Settings) -> usize {
    let limit: Option<usize> = settings.nginx_events_worker_connections.parse().ok();
    limit.filter(|limit| *limit > 0).map_or(Semaphore::MAX_PERMITS, |limit| limit.min(Semaphore::MAX_PERMITS))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Proxy,
    Status,
}

fn spawn_accept(
    number: usize,
    listener: &Listener,
    shared: &Arc<Shared>,
    kind: Kind,
    places: &Arc<Semaphore>,
) {
    let own = listener.fds.get(number).or_else(|| listener.fds.first());
    let Some(socket) = own.and_then(|fd| adopt(*fd)) else { return };
    tokio::spawn(accept(socket, number, Arc::new(listener.clone()), shared.clone(), kind, places.clone()));
}

/// The supervisor owns the descriptor; the worker uses a duplicate.
fn adopt(fd: i32) -> Option<TcpListener> {
    // SAFETY: the descriptor is open for the life of the process; `ManuallyDrop` leaves it so.
    let inherited = std::mem::ManuallyDrop::new(unsafe { StdListener::from_raw_fd(fd) });
    let own = inherited.try_clone().and_then(|own| {
        own.set_nonblocking(true)?;
        TcpListener::from_std(own)
    });
    own.map_err(|error| tracing::error!("listening socket {fd}: {error}")).ok()
}

/// Accepts until the node drains: dropping the duplicate leaves the queue to the next process.
async fn accept(
    socket: TcpListener,
    worker: usize,
    listener: Arc<Listener>,
    shared: Arc<Shared>,
    kind: Kind,
    places: Arc<Semaphore>,
) {
    let mut draining = shared.draining.subscribe();
    loop {
        let (place, accepted) = tokio::select! {
            biased;
            _ = draining.wait_for(|draining| *draining) => return,
            accepted = next(&socket, &places) => accepted,
        };
        match accepted {
            Ok((stream, _)) if kind == Kind::Status => {
                tokio::spawn(status::serve(stream, listener.ssl, shared.clone()));
            }
            Ok((stream, peer)) => {
                let (listener, shared) = (listener.clone(), shared.clone());
                tokio::spawn(async move {
                    let _counted = (Counted::new(&shared.counters[worker]), place);
                    connection::serve(stream, peer, listener, worker, shared.clone()).await;
                });
            }
            Err(error) => {
                tracing::warn!("accept: {error}");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

/// A connection, and then a place for it: while there is none, the others wait in the queue.
async fn next(
    socket: &TcpListener,
    places: &Arc<Semaphore>,
) -> (Option<OwnedSemaphorePermit>, std::io::Result<(TcpStream, SocketAddr)>) {
    let accepted = socket.accept().await;
    (places.clone().acquire_owned().await.ok(), accepted)
}

/// Counts a connection while it lives.
struct Counted<'a>(&'a Counters);

impl<'a> Counted<'a> {
    fn new(counters: &'a Counters) -> Self {
        count(&counters.accepted);
        count(&counters.active);
        Self(counters)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        discount(&self.0.active);
    }
}
