//! What an upstream has begun to answer, whatever its HTTP version.
use std::future::poll_fn;

use bytes::Bytes;
use gopura_http1::{Framing, Headers};
use h2::RecvStream;

use super::call::Call;
use crate::http::client::Client;
use crate::http::pump::{Download, Failure, Upload};
use crate::settings::Settings;
use crate::upstream::{self, Connection};

pub struct Answer {
    pub status: u16,
    pub reason: Bytes,
    pub headers: Headers,
    pub framing: Framing,
    pub body: Incoming,
}

/// The response's body, and the rest of the request's on its way.
#[expect(
    clippy::large_enum_variant,
    reason = "there is one per exchange, and the larger one is the usual one"
)]
pub enum Incoming {
    Http1 {
        connection: Connection,
        upload: Upload,
        download: Download,
        /// The connection may serve another request.
        keep: bool,
    },
    Http2(Box<(Call, RecvStream)>),
}

impl Incoming {
    /// Moves the body to the client, up to its last byte.
    pub async fn stream<C: Client>(&mut self, client: &mut C) -> Result<(), Failure> {
        match self {
            Self::Http1 { connection, upload, download, .. } => {
                poll_fn(|cx| download.poll(cx, client, connection, upload)).await
            }
            Self::Http2(pair) => poll_fn(|cx| pair.0.poll(cx, client, &mut pair.1)).await,
        }
    }

    /// The next piece of the body; an empty one is the last.
    pub async fn piece<C: Client>(&mut self, client: &mut C) -> Result<Bytes, Failure> {
        match self {
            Self::Http1 { connection, upload, download, .. } => {
                poll_fn(|cx| download.poll_piece(cx, client, connection, upload)).await
            }
            Self::Http2(pair) => poll_fn(|cx| pair.0.poll_piece(cx, client, &mut pair.1)).await,
        }
    }

    /// Body bytes so far.
    pub fn passed(&self) -> u64 {
        match self {
            Self::Http1 { download, .. } => download.passed,
            Self::Http2(pair) => pair.0.passed,
        }
    }

    /// Trailer lines; there once the last piece was read.
    pub fn trailers(&self) -> &[u8] {
        match self {
            Self::Http1 { download, .. } => download.trailers(),
            Self::Http2(pair) => pair.0.trailers(),
        }
    }

    /// The connection can serve others.
    pub fn settle(self, settings: &Settings) {
        if let Self::Http1 { connection, upload, keep: true, .. } = self
            && upload.is_sent()
            && upload.done
        {
            upstream::put_back(connection, settings);
        }
    }
}
