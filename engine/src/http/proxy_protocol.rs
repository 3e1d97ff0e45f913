//! The PROXY protocol, versions 1 and 2: who the client really is.
use std::future::poll_fn;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::time::timeout;

use crate::net::{Input, Stream};

const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
/// The longest first version's line.
const LINE: usize = 107;

/// Client and destination; `None` for a health check of the balancer itself (`LOCAL`, `UNKNOWN`).
pub type Header = Option<(SocketAddr, SocketAddr)>;

/// Reads the header that the listener demands; what follows it stays in the input. `None`: there is no valid one.
pub async fn read(stream: &mut Stream, input: &mut Input, limit: Duration) -> Option<Header> {
    let read = async {
        loop {
            match parse(input.data()) {
                Parsed::Header(header, length) => {
                    input.consume(length);
                    return Some(header);
                }
                Parsed::Invalid => return None,
                Parsed::More if poll_fn(|cx| input.poll_fill(stream, cx)).await.ok()? == 0 => return None,
                Parsed::More => {}
            }
        }
    };
    timeout(limit, read).await.ok()?
}

#[derive(Debug, PartialEq, Eq)]
enum Parsed {
    More,
    Invalid,
    Header(Header, usize),
}

fn parse(bytes: &[u8]) -> Parsed {
    let common = bytes.len().min(SIGNATURE.len());
    if bytes[..common] == SIGNATURE[..common] {
        return if bytes.len() < 16 { Parsed::More } else { binary(bytes) };
    }
    match memchr::memchr(b'\n', bytes) {
        Some(end) if end <= LINE && bytes[..end].ends_with(b"\r") => text(&bytes[..end - 1], end + 1),
        None if bytes.len() < LINE => Parsed::More,
        _ => Parsed::Invalid,
    }
}

/// `PROXY TCP4 source destination port port`.
fn text(line: &[u8], length: usize) -> Parsed {
    let Ok(line) = std::str::from_utf8(line) else { return Parsed::Invalid };
    let words: Vec<&str> = line.split(' ').collect();
    let address =
        |ip: &str, port: &str| Some(SocketAddr::new(ip.parse::<IpAddr>().ok()?, port.parse().ok()?));
    match words[..] {
        ["PROXY", "UNKNOWN", ..] => Parsed::Header(None, length),
        ["PROXY", "TCP4" | "TCP6", from, to, from_port, to_port] => {
            match address(from, from_port).zip(address(to, to_port)) {
                Some(pair) => Parsed::Header(Some(pair), length),
                None => Parsed::Invalid,
            }
        }
        _ => Parsed::Invalid,
    }
}

fn binary(bytes: &[u8]) -> Parsed {
    let length = 16 + usize::from(u16::from_be_bytes([bytes[14], bytes[15]]));
    let Some(body) = bytes.get(16..length) else { return Parsed::More };
    let port = |at: usize| u16::from_be_bytes([body[at], body[at + 1]]);
    match (bytes[12], bytes[13] >> 4) {
        (0x21, 1) if body.len() >= 12 => {
            let ip = |at: usize| IpAddr::from([body[at], body[at + 1], body[at + 2], body[at + 3]]);
            let pair = (SocketAddr::new(ip(0), port(8)), SocketAddr::new(ip(4), port(10)));
            Parsed::Header(Some(pair), length)
        }
        (0x21, 2) if body.len() >= 36 => {
            let ip = |at: usize| IpAddr::from(<[u8; 16]>::try_from(&body[at..at + 16]).unwrap_or_default());
            let pair = (SocketAddr::new(ip(0), port(32)), SocketAddr::new(ip(16), port(34)));
            Parsed::Header(Some(pair), length)
        }
        (0x20, _) | (0x21, 0 | 3) => Parsed::Header(None, length),
        _ => Parsed::Invalid,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(from: &str, to: &str) -> (SocketAddr, SocketAddr) {
        (from.parse().unwrap(), to.parse().unwrap())
    }

    #[test]
    fn headers() {
        let v2 = [SIGNATURE, b"\x21\x11\0\x0c\x0a\0\0\x01\x0a\0\0\x02\0\x50\x1f\x90rest"].concat();
        let local = [SIGNATURE, b"\x20\0\0\0rest"].concat();
        let cases: [(&[u8], Parsed); 9] = [
            (
                b"PROXY TCP4 1.2.3.4 5.6.7.8 9 10\r\nGET",
                Parsed::Header(Some(pair("1.2.3.4:9", "5.6.7.8:10")), 33),
            ),
            (b"PROXY TCP6 ::1 ::2 9 10\r\n", Parsed::Header(Some(pair("[::1]:9", "[::2]:10")), 25)),
            (b"PROXY UNKNOWN\r\n", Parsed::Header(None, 15)),
            (b"PROXY TCP4", Parsed::More),
            (b"GET / HTTP/1.1\r\n", Parsed::Invalid),
            (b"PROXY TCP4 1.2.3.4 5.6.7.8 9\r\n", Parsed::Invalid),
            (&v2, Parsed::Header(Some(pair("10.0.0.1:80", "10.0.0.2:8080")), 28)),
            (&v2[..20], Parsed::More),
            (&local, Parsed::Header(None, 16)),
        ];
        for (bytes, expected) in cases {
            assert_eq!(parse(bytes), expected, "{:?}", String::from_utf8_lossy(bytes));
        }
    }
}
