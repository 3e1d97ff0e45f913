//! Making a connection to a peer.
use std::io;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::connection::Key;
use super::{Connection, Peer};
use crate::exchange::Scheme;
use crate::net::{Io, Stream};
use crate::tls::Identity;

/// Why there is no connection.
#[derive(Debug)]
pub enum ConnectError {
    TimedOut,
    Refused(io::Error),
}

/// Connects within `limit`, TLS handshake included.
pub async fn connect(
    peer: &Peer,
    scheme: Scheme,
    identity: Option<&Identity>,
    limit: Duration,
) -> Result<Connection, ConnectError> {
    let work = async {
        let stream = TcpStream::connect(peer.address).await?;
        stream.set_nodelay(true)?;
        match identity.filter(|_| scheme == Scheme::Https) {
            Some(identity) => Ok(Stream::Client(Box::new(identity.handshake(stream).await?))),
            None => Ok(Stream::Tcp(stream)),
        }
    };
    match timeout(limit, work).await {
        Err(_) => Err(ConnectError::TimedOut),
        Ok(Err(error)) => Err(ConnectError::Refused(error)),
        Ok(Ok(stream)) => {
            let mut connection = Connection::new(Io::new(stream), key(peer, identity));
            connection.requests = 1;
            Ok(connection)
        }
    }
}

/// Which idle connections would do.
pub fn key(peer: &Peer, identity: Option<&Identity>) -> Key {
    Key { address: peer.address, identity: identity.map_or(0, |identity| identity.number) }
}
