//! HTTP/2 connections to upstreams: for gRPC services. One connection carries many requests.
use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use h2::client::{Builder, SendRequest};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Peer;
use super::connect::{ConnectError, key};
use super::connection::Key;
use crate::net::Stream;
use crate::tls::Identity;

const STREAM_WINDOW: u32 = 64 * 1024;
const CONNECTION_WINDOW: u32 = 1024 * 1024;

thread_local! {
    static OPEN: RefCell<HashMap<Key, SendRequest<Bytes>>> = RefCell::default();
}

/// A connection that takes one more request: the open one, or a new one.
pub async fn open(
    peer: &Peer,
    identity: Option<&Identity>,
    limit: Duration,
) -> Result<SendRequest<Bytes>, ConnectError> {
    let key = key(peer, identity);
    let known = OPEN.with_borrow(|open| open.get(&key).cloned());
    if let Some(known) = known
        && let Ok(Ok(ready)) = timeout(limit, known.ready()).await
    {
        return Ok(ready);
    }
    let fresh = match timeout(limit, connect(peer, identity)).await {
        Err(_) => return Err(ConnectError::TimedOut),
        Ok(Err(error)) => return Err(ConnectError::Refused(error)),
        Ok(Ok(fresh)) => fresh,
    };
    OPEN.with_borrow_mut(|open| open.insert(key, fresh.clone()));
    Ok(fresh)
}

/// Forgets connections that have ended.
pub fn sweep() {
    let mut cx = Context::from_waker(Waker::noop());
    OPEN.with_borrow_mut(|open| {
        open.retain(|_, sender| !matches!(sender.poll_ready(&mut cx), Poll::Ready(Err(_))));
    });
}

async fn connect(peer: &Peer, identity: Option<&Identity>) -> io::Result<SendRequest<Bytes>> {
    let stream = TcpStream::connect(peer.address).await?;
    stream.set_nodelay(true)?;
    let stream = match identity {
        Some(identity) => Stream::Client(Box::new(identity.handshake(stream).await?)),
        None => Stream::Tcp(stream),
    };
    let handshake = Builder::new()
        .enable_push(false)
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .handshake(stream);
    let (sender, connection) = handshake.await.map_err(io::Error::other)?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::info!("HTTP/2 connection to an upstream ended: {error}");
        }
    });
    sender.ready().await.map_err(io::Error::other)
}
