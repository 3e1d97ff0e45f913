//! HTTP/2 towards the client.
use std::sync::Arc;

use crate::exchange::Origin;
use crate::net::Stream;
use crate::shared::Shared;

/// Serves a connection until it closes. `bytes` were read from it already.
pub async fn serve(_stream: Stream, _bytes: &[u8], _origin: Origin, _shared: Arc<Shared>) {}
