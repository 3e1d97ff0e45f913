//! A connection for one request: one that is open, or a new one.
use std::io;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::OwnedMutexGuard;
use tokio::time::timeout;

use super::connection::Key;
use super::http2::{self, Place};
use super::{Connection, Peer, pool};
use crate::net::{Io, Stream};
use crate::settings::Settings;
use crate::tls::{Identity, Offer};

/// Why there is no connection.
#[derive(Debug)]
pub enum ConnectError {
    TimedOut,
    Refused(io::Error),
}

pub enum Line {
    /// The whole connection.
    Http1(Connection),
    /// A part of one that others use too.
    Http2(Place),
}

/// Finds a connection to the peer or makes one within `limit`, TLS handshake included.
pub async fn open(
    peer: &Peer,
    identity: Option<&Identity>,
    offer: Offer,
    limit: Duration,
    settings: &Settings,
) -> Result<Line, ConnectError> {
    let key = key(peer, identity);
    if let Some(line) = standing(&key, offer, settings) {
        return Ok(line);
    }
    match timeout(limit, make(peer, identity, offer, key, settings)).await {
        Err(_) => Err(ConnectError::TimedOut),
        Ok(made) => made.map_err(ConnectError::Refused),
    }
}

fn standing(key: &Key, offer: Offer, settings: &Settings) -> Option<Line> {
    if offer != Offer::Http1
        && let Some(place) = http2::take(key, settings)
    {
        return Some(Line::Http2(place));
    }
    if offer == Offer::Http2 { None } else { pool::take(key, settings).map(Line::Http1) }
}

async fn make(
    peer: &Peer,
    identity: Option<&Identity>,
    offer: Offer,
    key: Key,
    settings: &Settings,
) -> io::Result<Line> {
    let is_spoken = offer == Offer::Http2 || (offer == Offer::Both && http2::is_spoken(&key));
    let turn = if is_spoken { Some(http2::turn(&key).await) } else { None };
    if let Some(place) = turn.as_ref().and_then(|_| http2::take(&key, settings)) {
        return Ok(Line::Http2(place));
    }
    let stream = match identity {
        Some(identity) => identity.connect(peer.address).await?,
        None => {
            let stream = TcpStream::connect(peer.address).await?;
            stream.set_nodelay(true)?;
            Stream::Tcp(stream)
        }
    };
    if offer == Offer::Http2 || stream.has_chosen_http2() {
        return share(stream, key, turn, settings).await;
    }
    let mut connection = Connection::new(Io::new(stream), key);
    connection.requests = 1;
    Ok(Line::Http1(connection))
}

/// Of connections that were made at the same time, before it was known that the upstream speaks HTTP/2, one is used.
async fn share(
    stream: Stream,
    key: Key,
    turn: Option<OwnedMutexGuard<()>>,
    settings: &Settings,
) -> io::Result<Line> {
    let turn = match turn {
        Some(turn) => turn,
        None => http2::turn(&key).await,
    };
    match http2::take(&key, settings) {
        Some(place) => Ok(Line::Http2(place)),
        None => http2::start(stream, key, turn, settings).await.map(Line::Http2),
    }
}

/// Which open connections would do.
fn key(peer: &Peer, identity: Option<&Identity>) -> Key {
    Key { address: peer.address, identity: identity.map_or(0, |identity| identity.number) }
}
