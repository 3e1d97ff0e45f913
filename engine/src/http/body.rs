//! The request's body before it goes upstream.
use std::future::poll_fn;

use bytes::Bytes;
use gopura_http1::Framing;

use super::client::{Broken, Client};
use crate::exchange::Exchange;

/// Bodies up to this size are read before the upstream is asked: they can be sent again, and with their length.
const READ_AHEAD: usize = 64 * 1024;

/// Reads up to about `limit` bytes; tells whether that was all.
pub async fn read<C: Client>(client: &mut C, limit: usize) -> Result<(Vec<u8>, bool), Broken> {
    let mut bytes = Vec::new();
    if client.framing() == Framing::Empty {
        return Ok((bytes, true));
    }
    while bytes.len() <= limit {
        if !poll_fn(|cx| client.poll_body(cx, &mut |piece| bytes.extend_from_slice(piece))).await? {
            return Ok((bytes, true));
        }
    }
    Ok((bytes, false))
}

/// What is sent upstream: bytes at hand, and whether the client's connection has more.
pub struct Outbound {
    pub bytes: Bytes,
    pub complete: bool,
    pub framing: Framing,
}

impl Outbound {
    /// Decides how the body travels. With request buffering, small bodies are read first, as nginx does.
    pub async fn prepare<C: Client>(client: &mut C, exchange: &mut Exchange) -> Result<Self, Broken> {
        let announced = client.framing();
        let replaced = exchange.outgoing.body.clone().or_else(|| exchange.request.body.clone());
        if let Some(bytes) = replaced {
            return Ok(Self::whole(bytes, announced));
        }
        let ahead = std::mem::take(&mut exchange.read_ahead);
        if announced == Framing::Empty {
            return Ok(Self::whole(Bytes::new(), announced));
        }
        let buffering = exchange.route().is_some_and(|route| route.request_buffering)
            && !exchange.service.as_ref().is_some_and(|service| service.is_grpc());
        if !buffering || !ahead.is_empty() {
            return Ok(Self { bytes: ahead.into(), complete: false, framing: announced });
        }
        let (bytes, complete) = read(client, READ_AHEAD).await?;
        let bytes: Bytes = bytes.into();
        Ok(if complete {
            Self::whole(bytes, announced)
        } else {
            Self { bytes, complete, framing: announced }
        })
    }

    fn whole(bytes: Bytes, announced: Framing) -> Self {
        let none = bytes.is_empty() && announced == Framing::Empty;
        let framing = if none { Framing::Empty } else { Framing::Length(bytes.len() as u64) };
        Self { bytes, complete: true, framing }
    }
}
