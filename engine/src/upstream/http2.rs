//! HTTP/2 connections to upstreams, of one worker. One connection carries many requests at a time.
use std::cell::RefCell;
use std::collections::HashMap;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use bytes::Bytes;
use h2::client::{Builder, Connection, SendRequest};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::connection::Key;
use crate::net::Stream;
use crate::settings::Settings;

/// Requests at a time on one connection, when the upstream sets no lower limit.
const STREAMS: usize = 128;
/// What an upstream may send ahead on one stream, and on all together: a client that does not read holds up its own
/// stream only.
const STREAM_WINDOW: u32 = 64 * 1024;
const CONNECTION_WINDOW: u32 = 128 * STREAM_WINDOW;
/// Requests at a time before the upstream has told its limit.
const UNTOLD: usize = 1;
/// Longest head of a response, as over HTTP/1.1.
const HEAD: u32 = 256 * 1024;

thread_local! {
    static OPEN: RefCell<HashMap<Key, Open>> = RefCell::default();
}

/// The connections of one key: there for keys that are known to speak HTTP/2.
#[derive(Default)]
struct Open {
    wires: Vec<Wire>,
    /// Held while somebody makes a connection, which others then share.
    turn: Arc<Mutex<()>>,
}

struct Wire {
    sender: SendRequest<Bytes>,
    load: Arc<Load>,
    requests: u32,
    /// Set when a sweep finds no request on it.
    idle_since: Option<Instant>,
}

#[derive(Default)]
struct Load {
    streams: AtomicUsize,
    retired: AtomicBool,
}

/// One request's place on a connection.
pub struct Place {
    pub sender: SendRequest<Bytes>,
    load: Arc<Load>,
    /// The connection has carried requests before.
    pub reused: bool,
}

impl Place {
    /// The connection takes no more requests; those on it go on.
    pub fn retire(&self) {
        self.load.retired.store(true, Ordering::Relaxed);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.load.streams.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Wire {
    fn place(&mut self) -> Place {
        self.requests += 1;
        self.idle_since = None;
        self.load.streams.fetch_add(1, Ordering::Relaxed);
        Place { sender: self.sender.clone(), load: self.load.clone(), reused: self.requests > 1 }
    }

    fn has_room(&self) -> bool {
        let streams = self.load.streams.load(Ordering::Relaxed);
        streams < self.sender.current_max_send_streams().min(STREAMS)
    }

    /// Whether more requests may be sent on it: it stands, and the upstream has said no good-bye.
    fn stands(&mut self, settings: &Settings) -> bool {
        let limit = settings.upstream_keepalive_max_requests;
        let mut cx = Context::from_waker(Waker::noop());
        !self.load.retired.load(Ordering::Relaxed)
            && (limit == 0 || self.requests < limit)
            && !matches!(self.sender.poll_ready(&mut cx), Poll::Ready(Err(_)))
    }

    fn is_idle_for_long(&mut self, settings: &Settings) -> bool {
        if self.load.streams.load(Ordering::Relaxed) > 0 {
            return false;
        }
        let since = self.idle_since.get_or_insert_with(Instant::now);
        let limit = settings.upstream_keepalive_idle_timeout;
        limit > 0.0 && since.elapsed().as_secs_f64() >= limit
    }
}

/// A place on an open connection.
pub fn take(key: &Key, settings: &Settings) -> Option<Place> {
    OPEN.with_borrow_mut(|open| {
        let wires = &mut open.get_mut(key)?.wires;
        wires.retain_mut(|wire| wire.stands(settings));
        wires.iter_mut().find(|wire| wire.has_room()).map(Wire::place)
    })
}

/// Whether the key is known to speak HTTP/2.
pub fn is_spoken(key: &Key) -> bool {
    OPEN.with_borrow(|open| open.contains_key(key))
}

/// Waits for the right to make a connection; meanwhile somebody else may have made one.
pub async fn turn(key: &Key) -> OwnedMutexGuard<()> {
    let turn = OPEN.with_borrow_mut(|open| open.entry(*key).or_default().turn.clone());
    turn.lock_owned().await
}

/// Speaks HTTP/2 on a new connection and keeps it for others. The turn ends when the upstream has told how many
/// requests it takes at a time.
pub async fn start(
    stream: Stream,
    key: Key,
    turn: OwnedMutexGuard<()>,
    settings: &Settings,
) -> io::Result<Place> {
    let handshake = Builder::new()
        .enable_push(false)
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_header_list_size(HEAD)
        .initial_max_send_streams(UNTOLD)
        .handshake(stream);
    let (sender, connection) = handshake.await.map_err(io::Error::other)?;
    tokio::spawn(drive(connection, turn));
    let mut wire = Wire { sender, load: Arc::default(), requests: 0, idle_since: None };
    let place = wire.place();
    if settings.upstream_keepalive_pool_size > 0 {
        OPEN.with_borrow_mut(|open| open.entry(key).or_default().wires.push(wire));
    }
    Ok(place)
}

async fn drive(mut connection: Connection<Stream>, turn: OwnedMutexGuard<()>) {
    let mut turn = Some(turn);
    let ended = poll_fn(|cx| {
        let ended = Pin::new(&mut connection).poll(cx);
        if connection.max_concurrent_send_streams() != UNTOLD {
            turn = None;
        }
        ended
    });
    if let Err(error) = ended.await {
        tracing::info!("HTTP/2 connection to an upstream ended: {error}");
    }
}

/// Closes connections that were idle for too long, and forgets those that have ended.
pub fn sweep(settings: &Settings) {
    OPEN.with_borrow_mut(|open| {
        open.retain(|_, open| {
            open.wires.retain_mut(|wire| wire.stands(settings) && !wire.is_idle_for_long(settings));
            !open.wires.is_empty() || Arc::strong_count(&open.turn) > 1
        });
    });
}
