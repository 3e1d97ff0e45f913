//! Idle upstream connections of one worker. No other worker touches them, so there is no lock.
use std::cell::RefCell;
use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::Connection;
use super::connection::Key;
use super::http2;
use crate::settings::Settings;

thread_local! {
    static IDLE: RefCell<HashMap<Key, Vec<Connection>>> = RefCell::default();
}

/// The connection that was used last, if it still stands.
pub fn take(key: &Key, settings: &Settings) -> Option<Connection> {
    IDLE.with_borrow_mut(|idle| {
        let connections = idle.get_mut(key)?;
        while let Some(mut connection) = connections.pop() {
            if !has_expired(&connection, settings) && connection.io.is_quiet() {
                connection.requests += 1;
                return Some(connection);
            }
        }
        None
    })
}

/// Keeps a connection whose response has been read to its end.
pub fn put_back(mut connection: Connection, settings: &Settings) {
    let limit = settings.upstream_keepalive_max_requests;
    let size = settings.upstream_keepalive_pool_size;
    if size == 0 || (limit > 0 && connection.requests >= limit) || !connection.io.input.is_empty() {
        return;
    }
    connection.idle_since = Instant::now();
    connection.io.deadline(Duration::ZERO);
    connection.io.release();
    IDLE.with_borrow_mut(|idle| {
        let connections = idle.entry(connection.key).or_default();
        if connections.len() >= size {
            connections.remove(0);
        }
        connections.push(connection);
    });
}

/// Closes connections that were idle for too long or were closed by the other side.
pub fn sweep(settings: &Settings) {
    IDLE.with_borrow_mut(|idle| {
        for connections in idle.values_mut() {
            connections
                .retain_mut(|connection| !has_expired(connection, settings) && connection.io.is_quiet());
        }
        idle.retain(|_, connections| !connections.is_empty());
    });
    http2::sweep(settings);
}

fn has_expired(connection: &Connection, settings: &Settings) -> bool {
    let limit = settings.upstream_keepalive_idle_timeout;
    limit > 0.0 && connection.idle_since.elapsed().as_secs_f64() >= limit
}
