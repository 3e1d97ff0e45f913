//! Two connections joined after a 101, until one side ends.
use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::net::Io;

/// Copies both ways; ends when one side closes and what it sent has gone out, on an error, or when nothing moved for
/// `idle`. Gives the bytes that went to the client.
pub async fn run(client: &mut Io, mut upstream: Io, idle: Duration) -> u64 {
    let before = client.sent;
    client.deadline(idle);
    upstream.deadline(idle);
    let mut ended = [false; 2];
    let _ = poll_fn(|cx| poll(cx, client, &mut upstream, &mut ended, idle)).await;
    client.sent - before
}

fn poll(
    cx: &mut Context<'_>,
    client: &mut Io,
    upstream: &mut Io,
    ended: &mut [bool; 2],
    idle: Duration,
) -> Poll<io::Result<()>> {
    let down = copy(cx, upstream, client, &mut ended[0], idle)?;
    let up = copy(cx, client, upstream, &mut ended[1], idle)?;
    if down.is_ready() || up.is_ready() {
        return Poll::Ready(Ok(()));
    }
    Poll::Pending
}

/// One direction; ready once the source has ended and everything is written.
fn copy(
    cx: &mut Context<'_>,
    from: &mut Io,
    to: &mut Io,
    ended: &mut bool,
    idle: Duration,
) -> Poll<io::Result<()>> {
    loop {
        let data = from.input.data();
        if !data.is_empty() && !to.is_congested() {
            to.output().extend_from_slice(data);
            let length = data.len();
            from.input.consume(length);
        }
        let flushed = to.poll_flush(cx)?;
        if *ended {
            return flushed.map(Ok);
        }
        if to.is_congested() {
            return Poll::Pending;
        }
        match from.poll_fill(cx)? {
            Poll::Ready(0) => *ended = true,
            Poll::Ready(_) => {
                from.deadline(idle);
                to.deadline(idle);
            }
            Poll::Pending => return Poll::Pending,
        }
    }
}
