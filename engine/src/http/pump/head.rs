//! Up to the head of the response.
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use gopura_http1::{Fault, ResponseHead, Scanner, parse_response};

use super::{Failure, Upload};
use crate::http::client::{Broken, Client};
use crate::shared::Shared;
use crate::upstream::Connection;

/// Sends the request and waits for the head of the response. 1xx responses but 101 are left out.
pub fn poll_head<C: Client>(
    cx: &mut Context<'_>,
    client: &mut C,
    connection: &mut Connection,
    upload: &mut Upload,
    scanner: &mut Scanner,
    shared: &Shared,
) -> Poll<Result<ResponseHead, Failure>> {
    loop {
        if let Poll::Ready(Err(failure)) = upload.poll(cx, client, connection) {
            return Poll::Ready(Err(failure));
        }
        if let Some(head) = take_head(connection, scanner, shared).map_err(Failure::Invalid)? {
            connection.io.deadline(upload.read_timeout);
            return Poll::Ready(Ok(head));
        }
        if upload.waits_for_client(connection) {
            connection.io.deadline(Duration::ZERO);
        }
        match connection.io.poll_fill(cx) {
            Poll::Ready(Ok(0)) => return Poll::Ready(Err(Failure::Closed)),
            Poll::Ready(Ok(_)) => {}
            Poll::Ready(Err(error)) => return Poll::Ready(Err(error.into())),
            Poll::Pending if upload.done && client.poll_gone(cx).is_ready() => {
                return Poll::Ready(Err(Failure::Client(Broken::Gone)));
            }
            Poll::Pending => return Poll::Pending,
        }
    }
}

/// A final response head, if it has arrived.
fn take_head(
    connection: &mut Connection,
    scanner: &mut Scanner,
    shared: &Shared,
) -> Result<Option<ResponseHead>, Fault> {
    let input = &mut connection.io.input;
    while let Some(length) = scanner.advance(input.data(), &shared.response_limits)? {
        let bytes = Bytes::copy_from_slice(&input.data()[..length]);
        input.consume(length);
        *scanner = Scanner::default();
        let head = parse_response(&bytes)?;
        if !matches!(head.status, 100 | 102..=199) {
            return Ok(Some(head));
        }
    }
    Ok(None)
}
