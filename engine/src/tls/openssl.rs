//! TLS by Python's OpenSSL (`gopura.openssl`), for peers that rustls does not understand. Slower, as each record goes
//! through Python; the way of few connections, found out by trying.
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};

/// Taken from the stream at once.
const PIECE: usize = 16 * 1024;
/// Records beyond this wait until the peer has taken some.
const HIGH_WATER: usize = 64 * 1024;

/// A connection under TLS.
pub struct Wire<S> {
    stream: S,
    session: Py<PyAny>,
    /// Records on their way out.
    out: Vec<u8>,
    closing: bool,
    pub facts: Facts,
}

/// What the handshake came to.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    pub version: String,
    /// OpenSSL's name.
    pub cipher: String,
    pub is_http2: bool,
}

/// Makes a session by a function of `gopura.openssl`.
pub fn session<'py, A>(py: Python<'py>, function: &str, arguments: A) -> io::Result<Py<PyAny>>
where
    A: pyo3::call::PyCallArgs<'py>,
{
    let made = py.import("gopura.openssl").and_then(|module| module.call_method1(function, arguments));
    made.map(Bound::unbind).map_err(|error| said(py, &error))
}

fn said(py: Python<'_>, error: &PyErr) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error.value(py).to_string())
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    /// Agrees on keys.
    pub async fn handshake(stream: S, session: Py<PyAny>) -> io::Result<Self> {
        let mut wire = Self { stream, session, out: Vec::new(), closing: false, facts: Facts::default() };
        let mut piece = vec![0; PIECE];
        loop {
            let done: io::Result<bool> =
                wire.ask(|py, session| session.call_method0(py, intern!(py, "handshake")));
            let pending: Vec<u8> =
                wire.ask(|py, session| session.call_method0(py, intern!(py, "pending")))?;
            if done.is_err() {
                drop(wire.stream.write_all(&pending).await); // the alert
            }
            let done = done?;
            wire.stream.write_all(&pending).await?;
            wire.stream.flush().await?;
            if done {
                wire.facts = wire.agreed()?;
                return Ok(wire);
            }
            let length = wire.stream.read(&mut piece).await?;
            wire.feed(&piece[..length])?;
        }
    }

    fn agreed(&self) -> io::Result<Facts> {
        let facts: (String, String, String) =
            self.ask(|py, session| session.call_method0(py, intern!(py, "facts")))?;
        let (version, cipher, protocol) = facts;
        Ok(Facts { version, cipher, is_http2: protocol == "h2" })
    }

    fn ask<T>(&self, call: impl FnOnce(Python<'_>, &Py<PyAny>) -> PyResult<Py<PyAny>>) -> io::Result<T>
    where
        T: for<'a, 'py> FromPyObject<'a, 'py, Error = PyErr>,
    {
        Python::attach(|py| {
            call(py, &self.session)
                .and_then(|found| found.bind(py).extract())
                .map_err(|error| said(py, &error))
        })
    }

    fn feed(&self, received: &[u8]) -> io::Result<()> {
        Python::attach(|py| {
            let received = PyBytes::new(py, received);
            self.session.call_method1(py, intern!(py, "feed"), (received,)).map_err(|error| said(py, &error))
        })?;
        Ok(())
    }

    /// Reads once from the stream.
    fn poll_feed(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut piece = [std::mem::MaybeUninit::uninit(); PIECE];
        let mut piece = ReadBuf::uninit(&mut piece);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut piece))?;
        Poll::Ready(self.feed(piece.filled()))
    }

    /// Sends records until none is left.
    fn poll_out(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        poll_send(&mut self.stream, &mut self.out, cx)
    }

    /// Waits while the peer lets more lie than it should.
    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.poll_out(cx)?.is_pending() && self.out.len() > HIGH_WATER {
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }

    /// What the peer says next, straight into the room there is; `None`: nothing yet.
    fn take(&mut self, room: &mut ReadBuf<'_>) -> io::Result<Option<()>> {
        Python::attach(|py| {
            let found = self.session.bind(py).call_method1(intern!(py, "read"), (room.remaining(),));
            let found =
                found.and_then(|found| found.extract::<(Option<Bound<'_, PyBytes>>, Bound<'_, PyBytes>)>());
            let (piece, pending) = found.map_err(|error| said(py, &error))?;
            self.out.extend_from_slice(pending.as_bytes());
            Ok(piece.map(|piece| room.put_slice(piece.as_bytes())))
        })
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Python::attach(|py| {
            let bytes = PyBytes::new(py, bytes);
            let found = self.session.bind(py).call_method1(intern!(py, "write"), (bytes,));
            let found = found.and_then(|found| found.extract::<(usize, Bound<'_, PyBytes>)>());
            let (length, pending) = found.map_err(|error| said(py, &error))?;
            self.out.extend_from_slice(pending.as_bytes());
            Ok(length)
        })
    }
}

/// Sends until nothing is left. What went out is kept no longer, even if the peer takes no more for now.
fn poll_send<S>(stream: &mut S, out: &mut Vec<u8>, cx: &mut Context<'_>) -> Poll<io::Result<()>>
where
    S: AsyncWrite + Unpin,
{
    let mut sent = 0;
    let end = loop {
        if sent == out.len() {
            break Poll::Ready(Ok(()));
        }
        match Pin::new(&mut *stream).poll_write(cx, &out[sent..]) {
            Poll::Ready(Ok(0)) => break Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
            Poll::Ready(Ok(length)) => sent += length,
            Poll::Ready(Err(error)) => break Poll::Ready(Err(error)),
            Poll::Pending => break Poll::Pending,
        }
    };
    out.drain(..sent);
    end
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Wire<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, room: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        while wire.take(room)?.is_none() {
            ready!(wire.poll_room(cx))?; // what comes may ask for answers, as a new key does
            ready!(wire.poll_feed(cx))?;
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let wire = self.get_mut();
        ready!(wire.poll_room(cx))?;
        let length = wire.put(&bytes[..bytes.len().min(PIECE)])?;
        let _ = wire.poll_out(cx)?;
        Poll::Ready(Ok(length))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        ready!(wire.poll_out(cx))?;
        Pin::new(&mut wire.stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        if !wire.closing {
            wire.closing = true;
            let goodbye: Vec<u8> = wire.ask(|py, session| session.call_method0(py, intern!(py, "close")))?;
            wire.out.extend_from_slice(&goodbye);
        }
        ready!(wire.poll_out(cx))?;
        Pin::new(&mut wire.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_out_is_not_kept() {
        let (mut stream, _peer) = tokio::io::duplex(100);
        let mut cx = Context::from_waker(std::task::Waker::noop());
        let mut out = vec![0; 250];
        assert!(poll_send(&mut stream, &mut out, &mut cx).is_pending());
        assert_eq!(out.len(), 150);
        assert!(poll_send(&mut stream, &mut out, &mut cx).is_pending());
        assert_eq!(out.len(), 150);
        out.clear();
        assert!(poll_send(&mut stream, &mut out, &mut cx).is_ready());
    }
}
