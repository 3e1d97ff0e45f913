//! Where a body ends (RFC 9112, section 6).
use bytes::Bytes;

use crate::{Fault, Headers, RequestHead, ResponseHead};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// No body.
    Empty,
    /// So many bytes.
    Length(u64),
    Chunked,
    /// Until the connection closes; responses only.
    Close,
}

/// The framing of a request. Anything that two parsers could read differently is refused.
pub fn request_framing(head: &RequestHead) -> Result<Framing, Fault> {
    let (length, coding) = framing_headers(&head.headers)?;
    match (length, coding) {
        (None, None) => Ok(Framing::Empty),
        (Some(length), None) => Ok(Framing::Length(length)),
        (_, Some(_)) if head.minor == 0 => Err(Fault::Bad("Transfer-Encoding in HTTP/1.0")),
        (Some(_), Some(_)) => Err(Fault::Bad("both Content-Length and Transfer-Encoding")),
        (None, Some(coding)) if coding.eq_ignore_ascii_case(b"chunked") => Ok(Framing::Chunked),
        (None, Some(_)) => Err(Fault::UnknownCoding),
    }
}

/// The framing of a response to `method`. `Transfer-Encoding` outranks `Content-Length` (RFC 9112, 6.3), but both
/// together are refused: the upstream and its cache may be desynchronised.
pub fn response_framing(head: &ResponseHead, method: &[u8]) -> Result<Framing, Fault> {
    if method == b"HEAD" || matches!(head.status, 100..=199 | 204 | 304) {
        return Ok(Framing::Empty);
    }
    match framing_headers(&head.headers)? {
        (Some(_), Some(_)) => Err(Fault::Bad("both Content-Length and Transfer-Encoding")),
        (None, Some(coding)) if coding.eq_ignore_ascii_case(b"chunked") => Ok(Framing::Chunked),
        (None, Some(_)) => Err(Fault::UnknownCoding),
        (Some(length), None) => Ok(Framing::Length(length)),
        (None, None) => Ok(Framing::Close),
    }
}

fn framing_headers(headers: &Headers) -> Result<(Option<u64>, Option<&Bytes>), Fault> {
    let (mut length, mut coding) = (None, None);
    for line in headers {
        if line.name.eq_ignore_ascii_case(b"content-length") {
            let value = content_length(&line.value).ok_or(Fault::Bad("invalid Content-Length"))?;
            if length.replace(value).is_some() {
                return Err(Fault::Bad("repeated Content-Length"));
            }
        } else if line.name.eq_ignore_ascii_case(b"transfer-encoding")
            && coding.replace(&line.value).is_some()
        {
            return Err(Fault::Bad("repeated Transfer-Encoding"));
        }
    }
    Ok((length, coding))
}

/// Digits only; no sign, list or overflow.
fn content_length(value: &[u8]) -> Option<u64> {
    if value.is_empty() || value.len() > 18 || !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(value.iter().fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{parse_request, parse_response};

    fn request(minor: u8, lines: &str) -> Result<Framing, Fault> {
        let head = format!("POST / HTTP/1.{minor}\r\nHost: a\r\n{lines}\r\n");
        request_framing(&parse_request(&Bytes::from(head))?)
    }

    #[test]
    fn accepted_requests() {
        let cases = [
            ("", Framing::Empty),
            ("Content-Length: 0\r\n", Framing::Length(0)),
            ("content-length: 42\r\n", Framing::Length(42)),
            ("Content-Length:  007 \r\n", Framing::Length(7)),
            ("Transfer-Encoding: chunked\r\n", Framing::Chunked),
            ("transfer-encoding: Chunked\r\n", Framing::Chunked),
        ];
        for (lines, framing) in cases {
            assert_eq!(request(1, lines), Ok(framing), "{lines}");
        }
        assert_eq!(request(0, "Content-Length: 3\r\n"), Ok(Framing::Length(3)));
    }

    #[test]
    fn refused_requests() {
        // RFC 9112, 6.1 and 6.3; RFC 9110, 8.6.
        let cases = [
            (1, "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", 400),
            (1, "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", 400),
            (1, "Content-Length: 3\r\nContent-Length: 3\r\n", 400),
            (1, "Content-Length: 3\r\nContent-Length: 4\r\n", 400),
            (1, "Content-Length: 3, 3\r\n", 400),
            (1, "Content-Length:\r\n", 400),
            (1, "Content-Length: +3\r\n", 400),
            (1, "Content-Length: -3\r\n", 400),
            (1, "Content-Length: 0x3\r\n", 400),
            (1, "Content-Length: 3 3\r\n", 400),
            (1, "Content-Length: 3.0\r\n", 400),
            (1, "Content-Length: abc\r\n", 400),
            (1, "Content-Length: 99999999999999999999\r\n", 400),
            (1, "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400),
            (1, "Transfer-Encoding: chunked, chunked\r\n", 501),
            (1, "Transfer-Encoding: gzip, chunked\r\n", 501),
            (1, "Transfer-Encoding: gzip\r\n", 501),
            (1, "Transfer-Encoding: identity\r\n", 501),
            (1, "Transfer-Encoding: \"chunked\"\r\n", 501),
            (1, "Transfer-Encoding: chunked;q=1\r\n", 501),
            (1, "Transfer-Encoding:\r\n", 501),
            (0, "Transfer-Encoding: chunked\r\n", 400),
        ];
        for (minor, lines, status) in cases {
            assert_eq!(request(minor, lines).map_err(Fault::status), Err(status), "{lines}");
        }
    }

    #[test]
    fn responses() {
        let cases = [
            ("GET", 200, "", Ok(Framing::Close)),
            ("GET", 200, "Content-Length: 5\r\n", Ok(Framing::Length(5))),
            ("GET", 200, "Transfer-Encoding: chunked\r\n", Ok(Framing::Chunked)),
            ("HEAD", 200, "Content-Length: 5\r\n", Ok(Framing::Empty)),
            ("GET", 204, "", Ok(Framing::Empty)),
            ("GET", 304, "Content-Length: 5\r\n", Ok(Framing::Empty)),
            ("GET", 101, "", Ok(Framing::Empty)),
            ("GET", 200, "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", Err(400)),
            ("GET", 200, "Content-Length: 5\r\nContent-Length: 6\r\n", Err(400)),
            ("GET", 200, "Transfer-Encoding: gzip\r\n", Err(501)),
        ];
        for (method, status, lines, expected) in cases {
            let head = parse_response(&Bytes::from(format!("HTTP/1.1 {status} X\r\n{lines}\r\n"))).unwrap();
            assert_eq!(
                response_framing(&head, method.as_bytes()).map_err(Fault::status),
                expected,
                "{lines}"
            );
        }
    }
}
