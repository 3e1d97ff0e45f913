//! Who a request is for (RFC 9112, 3.2 and 3.3).
use std::borrow::Cow;

use bytes::Bytes;

use crate::{Fault, RequestHead};

/// The host of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Host {
    /// As sent, with its port; empty when an HTTP/1.0 request names none.
    pub sent: Bytes,
    /// In lower case, without port and without the dot that may end it.
    pub name: Bytes,
    pub port: Option<u16>,
}

impl Host {
    /// Splits `name[:port]`; brackets stay on an IPv6 address.
    pub fn parse(sent: Bytes) -> Result<Self, Fault> {
        let bad = Fault::Bad("invalid host");
        if sent.is_empty() || !sent.iter().all(|byte| is_host_byte(*byte)) {
            return Err(bad);
        }
        let from = sent.iter().position(|byte| *byte == b']').unwrap_or(0);
        let colon = sent[from..].iter().position(|byte| *byte == b':').map(|at| from + at);
        let end = colon.unwrap_or(sent.len());
        let port = match colon.map(|colon| &sent[colon + 1..]) {
            None | Some([]) => None,
            Some(digits) => Some(parse_port(digits).ok_or(bad)?),
        };
        let end = end - usize::from(sent[..end].ends_with(b"."));
        if end == 0 {
            return Err(bad);
        }
        let name = sent.slice(..end);
        let upper = name.iter().any(u8::is_ascii_uppercase);
        let name = if upper { name.to_ascii_lowercase().into() } else { name };
        Ok(Self { sent, name, port })
    }
}

/// A host with or without its port as names are compared: in lower case, without a dot at the end of the name.
pub fn fold_host(host: &[u8]) -> Cow<'_, [u8]> {
    let dot = host.ends_with(b".") || memchr::memmem::find(host, b".:").is_some();
    if !dot && !host.iter().any(u8::is_ascii_uppercase) {
        return Cow::Borrowed(host);
    }
    let mut folded = host.to_ascii_lowercase();
    let end = host.iter().rposition(|byte| *byte == b':').filter(|_| !host.ends_with(b"."));
    let end = end.unwrap_or(host.len());
    if dot && end > 1 && folded[end - 1] == b'.' {
        folded.remove(end - 1);
    }
    Cow::Owned(folded)
}

/// The request's host: of an absolute target, else of the one Host header that HTTP/1.1 demands.
pub fn host(head: &RequestHead) -> Result<Host, Fault> {
    let mut lines = head.headers.get_all("host");
    let line = lines.next();
    if lines.next().is_some() {
        return Err(Fault::Bad("repeated Host"));
    }
    match (&head.authority, line) {
        (Some(authority), _) if head.minor == 0 || line.is_some() => Host::parse(authority.clone()),
        (None, Some(value)) => Host::parse(value.clone()),
        (None, None) if head.minor == 0 => Ok(Host::default()),
        _ => Err(Fault::Bad("no Host")),
    }
}

fn is_host_byte(byte: u8) -> bool {
    byte > b' '
        && byte != 0x7f
        && !matches!(byte, b'/' | b'\\' | b'?' | b'#' | b'@' | b',' | b'"' | b'<' | b'>')
}

fn parse_port(digits: &[u8]) -> Option<u16> {
    if digits.len() > 5 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_request;

    fn of(head: &str) -> Result<(String, Option<u16>), u16> {
        let head = parse_request(&Bytes::from(head.to_owned())).map_err(Fault::status)?;
        let host = host(&head).map_err(Fault::status)?;
        Ok((String::from_utf8_lossy(&host.name).into_owned(), host.port))
    }

    #[test]
    fn folding() {
        let cases = [
            ("a.test", "a.test"),
            ("A.Test:80", "a.test:80"),
            ("a.test.", "a.test"),
            ("A.test.:80", "a.test:80"),
            ("*.A.test.", "*.a.test"),
            ("a.*", "a.*"),
            ("[::1]:80", "[::1]:80"),
            ("[1.::2]:80", "[1.::2]:80"),
            ("[1.::2]", "[1.::2]"),
            (".", "."),
            ("", ""),
        ];
        for (host, folded) in cases {
            assert_eq!(&fold_host(host.as_bytes())[..], folded.as_bytes(), "{host}");
        }
    }

    #[test]
    fn hosts() {
        let cases = [
            ("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n", Ok(("a.test", None))),
            ("GET / HTTP/1.1\r\nHost: A.Test:81\r\n\r\n", Ok(("a.test", Some(81)))),
            ("GET / HTTP/1.1\r\nHost: a.test:\r\n\r\n", Ok(("a.test", None))),
            ("GET / HTTP/1.1\r\nHost: A.test.\r\n\r\n", Ok(("a.test", None))),
            ("GET / HTTP/1.1\r\nHost: a.test.:81\r\n\r\n", Ok(("a.test", Some(81)))),
            ("GET / HTTP/1.1\r\nHost: .\r\n\r\n", Err(400)),
            ("GET / HTTP/1.1\r\nHost: [::1]:81\r\n\r\n", Ok(("[::1]", Some(81)))),
            ("GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", Ok(("b", None))),
            ("GET / HTTP/1.0\r\n\r\n", Ok(("", None))),
            ("GET http://b/ HTTP/1.1\r\n\r\n", Err(400)),
            ("GET / HTTP/1.1\r\n\r\n", Err(400)),
            ("GET / HTTP/1.1\r\nHost:\r\n\r\n", Err(400)),
            ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", Err(400)),
            ("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", Err(400)),
            ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", Err(400)),
            ("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", Err(400)),
            ("GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", Err(400)),
            ("GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n", Err(400)),
            ("GET / HTTP/1.1\r\nHost: :80\r\n\r\n", Err(400)),
        ];
        for (head, expected) in cases {
            assert_eq!(of(head), expected.map(|(name, port)| (name.to_owned(), port)), "{head}");
        }
    }
}
