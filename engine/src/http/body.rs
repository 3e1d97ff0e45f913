//! The request's body before it goes upstream.
use std::future::poll_fn;
use std::mem;
use std::task::{Context, Poll};

use bytes::Bytes;
use gopura_http1::Framing;

use super::client::{Broken, Client};
use super::spill::Spilled;
use crate::exchange::Exchange;
use crate::shared::Shared;

/// Of a body that is read before the upstream is asked, so much at least is kept in memory.
const IN_MEMORY: usize = 64 * 1024;

/// Reads the body for a plugin that wants up to `limit` bytes of it whole; a longer one is streamed past it.
pub async fn read_whole<C: Client>(
    client: &mut C,
    exchange: &mut Exchange,
    limit: usize,
) -> Result<(), Broken> {
    if matches!(client.framing(), Framing::Length(length) if length > limit as u64) {
        return Ok(());
    }
    obey_limit(client, exchange);
    let ahead = mem::take(&mut exchange.read_ahead);
    let (bytes, complete) = read(client, ahead, limit).await?;
    if complete {
        exchange.request.body = Some(bytes.into());
    } else {
        exchange.read_ahead = bytes;
    }
    Ok(())
}

/// What a plugin has set counts from the next byte on.
fn obey_limit<C: Client>(client: &mut C, exchange: &Exchange) {
    if let Some(limit) = &exchange.body_limit {
        client.limit_body(limit.bytes);
    }
}

/// Reads up to about `limit` bytes behind `bytes`; tells whether that was all.
async fn read<C: Client>(
    client: &mut C,
    mut bytes: Vec<u8>,
    limit: usize,
) -> Result<(Vec<u8>, bool), Broken> {
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

/// What is sent upstream: bytes at hand, and what follows them.
pub struct Outbound {
    pub bytes: Bytes,
    pub rest: Rest,
    pub framing: Framing,
}

/// What follows the bytes at hand.
#[derive(Clone)]
pub enum Rest {
    None,
    /// The client's connection has more.
    Client,
    File(Spilled),
}

impl Outbound {
    /// Decides how the body travels. With request buffering all of it is read before the upstream is asked, as nginx
    /// does: it can be sent again, and with its length.
    pub async fn prepare<C: Client>(
        client: &mut C,
        exchange: &mut Exchange,
        shared: &Shared,
    ) -> Result<Self, Broken> {
        let announced = client.framing();
        let replaced = exchange.outgoing.body.clone().or_else(|| exchange.request.body.clone());
        if let Some(bytes) = replaced {
            return Ok(Self::whole(bytes, announced));
        }
        if announced == Framing::Empty {
            return Ok(Self::whole(Bytes::new(), announced));
        }
        obey_limit(client, exchange);
        let ahead = mem::take(&mut exchange.read_ahead);
        let buffering = exchange.route().is_some_and(|route| route.request_buffering)
            && !exchange.service.as_ref().is_some_and(|service| service.is_grpc());
        if !buffering {
            return Ok(Self { bytes: ahead.into(), rest: Rest::Client, framing: announced });
        }
        let (bytes, complete) = read(client, ahead, kept(shared)).await?;
        if complete {
            Ok(Self::whole(bytes.into(), announced))
        } else {
            Self::spill(client, bytes, shared).await
        }
    }

    fn whole(bytes: Bytes, announced: Framing) -> Self {
        let none = bytes.is_empty() && announced == Framing::Empty;
        let framing = if none { Framing::Empty } else { Framing::Length(bytes.len() as u64) };
        Self { bytes, rest: Rest::None, framing }
    }

    /// Keeps a long body in a file.
    async fn spill<C: Client>(client: &mut C, ahead: Vec<u8>, shared: &Shared) -> Result<Self, Broken> {
        let (mut spilled, mut waiting, mut complete) = (Spilled::new(&shared.settings.prefix)?, ahead, false);
        while !complete {
            (spilled, waiting) = spilled.append(waiting).await?;
            (waiting, complete) = read(client, waiting, IN_MEMORY).await?;
        }
        (spilled, _) = spilled.append(waiting).await?;
        let framing = Framing::Length(spilled.length());
        Ok(Self { bytes: Bytes::new(), rest: Rest::File(spilled), framing })
    }

    /// Nothing of it is left with the client: another try can send it again.
    pub fn is_complete(&self) -> bool {
        !matches!(self.rest, Rest::Client)
    }
}

/// Bytes of a body in memory, before it goes to a file.
fn kept(shared: &Shared) -> usize {
    let asked = shared.settings.nginx_http_client_body_buffer_size.0;
    usize::try_from(asked).unwrap_or(usize::MAX).max(IN_MEMORY)
}

/// The part of a body that was not at hand, on its way to one upstream.
pub struct Feed {
    rest: Rest,
    at: u64,
    /// Some of the client's body has been taken: the request can not be repeated.
    pub taken: bool,
}

impl Feed {
    pub fn new(outbound: &Outbound) -> Self {
        Self { rest: outbound.rest.clone(), at: 0, taken: false }
    }

    /// Whether there is nothing to wait for.
    pub fn is_empty(&self) -> bool {
        matches!(self.rest, Rest::None)
    }

    /// Hands the next piece to `sink`; false once all of it was.
    pub fn poll<C: Client>(
        &mut self,
        cx: &mut Context<'_>,
        client: &mut C,
        sink: &mut dyn FnMut(&[u8]),
    ) -> Poll<Result<bool, Broken>> {
        let taken = &mut self.taken;
        match &self.rest {
            Rest::None => Poll::Ready(Ok(false)),
            Rest::Client => client.poll_body(cx, &mut |piece| {
                *taken = true;
                sink(piece);
            }),
            Rest::File(spilled) => Poll::Ready(spilled.piece(&mut self.at, sink).map_err(Broken::from_disk)),
        }
    }
}
