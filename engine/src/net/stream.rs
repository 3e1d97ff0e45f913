//! A connection, plain or under TLS.
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::{client, server};

use super::Rewind;
use crate::tls::Wire;

pub enum Stream {
    Tcp(TcpStream),
    Server(Box<server::TlsStream<Rewind>>),
    Client(Box<client::TlsStream<TcpStream>>),
    /// To an upstream that only OpenSSL understands.
    Other(Box<Wire<TcpStream>>),
    /// From such a client.
    OtherServer(Box<Wire<Rewind>>),
}

macro_rules! each {
    ($self:ident, $stream:ident => $call:expr) => {
        match $self {
            Stream::Tcp($stream) => $call,
            Stream::Server($stream) => $call,
            Stream::Client($stream) => $call,
            Stream::Other($stream) => $call,
            Stream::OtherServer($stream) => $call,
        }
    };
}

impl Stream {
    /// Whether an upstream chose HTTP/2 by ALPN.
    pub fn has_chosen_http2(&self) -> bool {
        match self {
            Self::Client(stream) => stream.get_ref().1.alpn_protocol() == Some(b"h2"),
            Self::Other(wire) => wire.facts.is_http2,
            _ => false,
        }
    }

    pub fn poll_read(&mut self, cx: &mut Context<'_>, room: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        each!(self, stream => Pin::new(stream).poll_read(cx, room))
    }

    pub fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        each!(self, stream => Pin::new(stream).poll_write(cx, bytes))
    }

    pub fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, stream => Pin::new(stream).poll_flush(cx))
    }

    pub fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, stream => Pin::new(stream).poll_shutdown(cx))
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, room: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Self::poll_read(self.get_mut(), cx, room)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Self::poll_write(self.get_mut(), cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Self::poll_flush(self.get_mut(), cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Self::poll_shutdown(self.get_mut(), cx)
    }
}
