//! The response's body on its way to the client.
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use gopura_http1::{Fault, Piece};

use super::{Failure, Upload};
use crate::http::client::{Broken, Client};
use crate::upstream::Connection;

/// The response's body on its way to the client.
#[derive(Default)]
pub struct Download {
    trailers: Vec<u8>,
    pub passed: u64,
    ended: bool,
}

impl Download {
    /// Whole lines; there once the body was read.
    pub fn trailers(&self) -> &[u8] {
        &self.trailers
    }

    /// Moves the body until both sides are finished.
    pub fn poll<C: Client>(
        &mut self,
        cx: &mut Context<'_>,
        client: &mut C,
        connection: &mut Connection,
        upload: &mut Upload,
    ) -> Poll<Result<(), Failure>> {
        loop {
            if let Poll::Ready(Err(failure)) = upload.poll(cx, client, connection) {
                return Poll::Ready(Err(failure));
            }
            if self.ended || client.is_congested() {
                match client.poll_flush(cx) {
                    Poll::Ready(Ok(())) if self.ended => return Poll::Ready(Ok(())),
                    Poll::Ready(Ok(())) => {}
                    Poll::Ready(Err(broken)) => return Poll::Ready(Err(Failure::Client(broken))),
                    Poll::Pending => return Poll::Pending,
                }
            }
            match self.step(client, connection) {
                Ok(true) => continue,
                Ok(false) => {}
                Err(fault) => return Poll::Ready(Err(Failure::Invalid(fault))),
            }
            ready!(poll_more(cx, client, connection, upload))?;
        }
    }

    /// Takes one piece from the input; false when there is none.
    fn step<C: Client>(&mut self, client: &mut C, connection: &mut Connection) -> Result<bool, Fault> {
        let input = &mut connection.io.input;
        match connection.body.next(input.data())? {
            Piece::More => return Ok(false),
            Piece::Skip(length) => input.consume(length),
            Piece::Trailer(length) => {
                self.trailers.extend_from_slice(&input.data()[..length]);
                input.consume(length);
            }
            Piece::Data(length) => {
                client.push(&input.data()[..length]);
                self.passed += length as u64;
                input.consume(length);
            }
            Piece::End => {}
        }
        if connection.body.is_done() && !self.ended {
            client.finish(&self.trailers);
            self.ended = true;
        }
        Ok(true)
    }

    /// The next piece of the body for a filter; an empty one is the last.
    pub fn poll_piece<C: Client>(
        &mut self,
        cx: &mut Context<'_>,
        client: &mut C,
        connection: &mut Connection,
        upload: &mut Upload,
    ) -> Poll<Result<Bytes, Failure>> {
        loop {
            if let Poll::Ready(Err(failure)) = upload.poll(cx, client, connection) {
                return Poll::Ready(Err(failure));
            }
            let input = &mut connection.io.input;
            match connection.body.next(input.data()).map_err(Failure::Invalid)? {
                Piece::End => return Poll::Ready(Ok(Bytes::new())),
                Piece::Skip(length) => {
                    input.consume(length);
                    continue;
                }
                Piece::Trailer(length) => {
                    self.trailers.extend_from_slice(&input.data()[..length]);
                    input.consume(length);
                    continue;
                }
                Piece::Data(length) => {
                    let piece = Bytes::copy_from_slice(&input.data()[..length]);
                    input.consume(length);
                    self.passed += length as u64;
                    return Poll::Ready(Ok(piece));
                }
                Piece::More => {}
            }
            ready!(poll_more(cx, client, connection, upload))?;
        }
    }
}

/// Sends what the client still has to get, and waits for more of the body.
fn poll_more<C: Client>(
    cx: &mut Context<'_>,
    client: &mut C,
    connection: &mut Connection,
    upload: &Upload,
) -> Poll<Result<(), Failure>> {
    if let Poll::Ready(Err(broken)) = client.poll_flush(cx) {
        return Poll::Ready(Err(Failure::Client(broken)));
    }
    match connection.io.poll_fill(cx) {
        Poll::Ready(Ok(0)) if connection.body.ended() => Poll::Ready(Ok(())),
        Poll::Ready(Ok(0)) => Poll::Ready(Err(Failure::Closed)),
        Poll::Ready(Ok(_)) => {
            connection.io.deadline(upload.read_timeout);
            Poll::Ready(Ok(()))
        }
        Poll::Ready(Err(error)) => Poll::Ready(Err(error.into())),
        Poll::Pending if upload.done && client.poll_gone(cx).is_ready() => {
            Poll::Ready(Err(Failure::Client(Broken::Gone)))
        }
        Poll::Pending => Poll::Pending,
    }
}
