//! A response head (RFC 9112, section 4).
use bytes::Bytes;
use memchr::memchr;

use crate::request::{has_control, header_lines};
use crate::{Fault, Headers};

/// What stands before a response's body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseHead {
    pub minor: u8,
    pub status: u16,
    pub reason: Bytes,
    pub headers: Headers,
}

/// Parses a complete head, empty line included.
pub fn parse_response(head: &Bytes) -> Result<ResponseHead, Fault> {
    let end = memchr(b'\n', head).ok_or(Fault::Bad("no status line"))?;
    let line = &head[..end.saturating_sub(1)];
    let minor = match line.get(..9) {
        Some(b"HTTP/1.1 ") => 1,
        Some(b"HTTP/1.0 ") => 0,
        _ => return Err(Fault::Bad("malformed status line")),
    };
    let status = status(line.get(9..12).unwrap_or_default()).ok_or(Fault::Bad("malformed status"))?;
    let reason = match line.get(12) {
        None => Bytes::new(),
        Some(b' ') if !has_control(&line[13..]) => head.slice(13..line.len()),
        Some(b' ') => return Err(Fault::Bad("control byte in a reason phrase")),
        Some(_) => return Err(Fault::Bad("malformed status")),
    };
    Ok(ResponseHead { minor, status, reason, headers: header_lines(head, end + 1)? })
}

fn status(digits: &[u8]) -> Option<u16> {
    let [a @ b'1'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9'] = digits else { return None };
    Some(u16::from(a - b'0') * 100 + u16::from(b - b'0') * 10 + u16::from(c - b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Line<'a> = Option<(u8, u16, &'a str)>;

    #[test]
    fn status_lines() {
        let cases: [(&str, Line<'_>); 13] = [
            ("HTTP/1.1 200 OK", Some((1, 200, "OK"))),
            ("HTTP/1.0 404 Not Found", Some((0, 404, "Not Found"))),
            ("HTTP/1.1 999 ", Some((1, 999, ""))),
            ("HTTP/1.1 204", Some((1, 204, ""))),
            ("HTTP/1.1 20", None),
            ("HTTP/1.1 2000 OK", None),
            ("HTTP/2 200 OK", None),
            ("HTTP/1.1  200 OK", None),
            ("HTTP/1.1 200 O\tK \u{e4}", Some((1, 200, "O\tK \u{e4}"))),
            ("HTTP/1.1 200 O\rX: y", None),
            ("HTTP/1.1 200 O\0K", None),
            ("HTTP/1.1 200 O\u{7f}K", None),
            ("HTTP/1.1 200 \u{1b}[31m", None),
        ];
        for (line, expected) in cases {
            let head = parse_response(&Bytes::from(format!("{line}\r\nA: b\r\n\r\n"))).ok();
            let got = head
                .as_ref()
                .map(|head| (head.minor, head.status, std::str::from_utf8(&head.reason).unwrap()));
            assert_eq!(got, expected, "{line}");
        }
    }
}
