//! A request head: request line and header lines (RFC 9112, sections 2 to 5).
use bytes::Bytes;
use memchr::memchr;

use crate::{Fault, Header, Headers};

/// What stands before a request's body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestHead {
    pub method: Bytes,
    /// Path and query as sent; of an absolute target the part after the authority.
    pub target: Bytes,
    /// The authority of an absolute target; it outranks the Host header (RFC 9112, 3.2.2).
    pub authority: Option<Bytes>,
    /// 0 or 1 for HTTP/1.0 and HTTP/1.1.
    pub minor: u8,
    pub headers: Headers,
}

/// Parses a head that [`crate::Scanner`] found complete, empty line included.
pub fn parse_request(head: &Bytes) -> Result<RequestHead, Fault> {
    let end = memchr(b'\n', head).ok_or(Fault::Bad("no request line"))?;
    let (method, target, version) = request_line(head, end.saturating_sub(1))?;
    let (target, authority) = split_target(target)?;
    check_path(&target)?;
    let minor = minor(&version)?;
    let headers = header_lines(head, end + 1)?;
    Ok(RequestHead { method, target, authority, minor, headers })
}

/// `METHOD SP target SP HTTP/1.x`; like nginx, several spaces count as one.
fn request_line(head: &Bytes, end: usize) -> Result<(Bytes, Bytes, Bytes), Fault> {
    let line = &head[..end];
    let bad = Fault::Bad("malformed request line");
    let first = memchr(b' ', line).ok_or(bad)?;
    let last = line.iter().rposition(|byte| *byte == b' ').ok_or(bad)?;
    let start = first + line[first..].iter().position(|byte| *byte != b' ').ok_or(bad)?;
    if first == 0 || !line[..first].iter().all(|byte| matches!(byte, b'A'..=b'Z' | b'_' | b'-')) {
        return Err(Fault::Bad("invalid method"));
    }
    if start >= last {
        return Err(bad);
    }
    let stop = start + line[start..last].iter().rposition(|byte| *byte != b' ').ok_or(bad)? + 1;
    if line[start..stop].iter().any(|byte| *byte <= b' ' || *byte == 0x7f) {
        return Err(Fault::Bad("invalid byte in the target"));
    }
    Ok((head.slice(..first), head.slice(start..stop), head.slice(last + 1..end)))
}

fn minor(word: &[u8]) -> Result<u8, Fault> {
    match word {
        b"HTTP/1.1" => Ok(1),
        b"HTTP/1.0" => Ok(0),
        [b'H', b'T', b'T', b'P', b'/', b'0'..=b'9', b'.', b'0'..=b'9'] => Err(Fault::UnknownVersion),
        _ => Err(Fault::Bad("malformed version")),
    }
}

/// Separates the authority of `http://authority/path`. Other forms than origin and absolute are refused.
fn split_target(target: Bytes) -> Result<(Bytes, Option<Bytes>), Fault> {
    if target.starts_with(b"/") {
        return Ok((target, None));
    }
    let scheme = [&b"http://"[..], b"https://"];
    let prefix = scheme.iter().find(|prefix| starts_with_ignoring_case(&target, prefix));
    let start = prefix.ok_or(Fault::Bad("invalid target"))?.len();
    let length = target[start..].iter().position(|byte| matches!(byte, b'/' | b'?' | b'#'));
    let end = length.map_or(target.len(), |length| start + length);
    let authority = target.slice(start..end);
    let path = match target.get(end) {
        Some(b'/') => target.slice(end..),
        Some(b'?') => [b"/", &target[end..]].concat().into(),
        _ => Bytes::from_static(b"/"),
    };
    Ok((path, Some(authority)))
}

/// As nginx: a `%` needs two hex digits and may not make a NUL, and `..` may not climb above the root.
pub fn check_path(target: &[u8]) -> Result<(), Fault> {
    let end = target.iter().position(|byte| matches!(byte, b'?' | b'#')).unwrap_or(target.len());
    let path = &target[..end];
    if memchr(b'%', path).is_some() {
        check_escapes(path)?;
    }
    if memchr::memmem::find(path, b"..").is_some() || memchr(b'%', path).is_some() {
        check_climbing(path)?;
    }
    Ok(())
}

fn check_escapes(path: &[u8]) -> Result<(), Fault> {
    let mut rest = path;
    while let Some(at) = memchr(b'%', rest) {
        match rest.get(at + 1..at + 3) {
            Some(b"00") => return Err(Fault::Bad("NUL in the path")),
            Some([a, b]) if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => rest = &rest[at + 3..],
            _ => return Err(Fault::Bad("malformed escape in the path")),
        }
    }
    Ok(())
}

/// Counts segments with dots and slashes decoded, as nginx does for its own path.
fn check_climbing(path: &[u8]) -> Result<(), Fault> {
    let mut decoded = Vec::with_capacity(path.len());
    let mut at = 0;
    while let Some(byte) = path.get(at) {
        let escaped = path.get(at + 1..at + 3).filter(|_| *byte == b'%');
        decoded.push(match escaped {
            Some(b"2e" | b"2E") => b'.',
            Some(b"2f" | b"2F") => b'/',
            _ => *byte,
        });
        at += if escaped.is_some() { 3 } else { 1 };
    }
    let mut depth = 0;
    for segment in
        decoded.split(|byte| *byte == b'/').filter(|segment| !segment.is_empty() && *segment != b".")
    {
        depth += if segment == b".." { -1 } else { 1 };
        if depth < 0 {
            return Err(Fault::Bad("the path climbs above the root"));
        }
    }
    Ok(())
}

fn starts_with_ignoring_case(bytes: &[u8], prefix: &[u8]) -> bool {
    bytes.len() > prefix.len() && bytes[..prefix.len()].eq_ignore_ascii_case(prefix)
}

/// The header lines from `at` to the empty line (RFC 9112, section 5).
pub(crate) fn header_lines(head: &Bytes, mut at: usize) -> Result<Headers, Fault> {
    let mut headers = Headers::with_capacity(24);
    while let Some(length) = memchr(b'\n', &head[at..]).filter(|length| *length > 1) {
        headers.push(header_line(head, at, at + length - 1)?);
        at += length + 1;
    }
    Ok(headers)
}

fn header_line(head: &Bytes, start: usize, end: usize) -> Result<Header, Fault> {
    let line = &head[start..end];
    let colon = line.iter().position(|byte| !TOKEN[usize::from(*byte)]);
    match colon.map(|colon| (colon, line[colon])) {
        Some((1.., b':')) => {}
        Some((0, b' ' | b'\t')) => return Err(Fault::Bad("folded header line")),
        Some((_, b' ' | b'\t')) => return Err(Fault::Bad("space in a header name")),
        _ => return Err(Fault::Bad("malformed header line")),
    }
    let colon = colon.unwrap_or(0);
    let value = &line[colon + 1..];
    if has_control(value) {
        return Err(Fault::Bad("control byte in a header value"));
    }
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let left = value.iter().position(|byte| !blank(byte)).unwrap_or(value.len());
    let right = value.iter().rposition(|byte| !blank(byte)).map_or(left, |last| last + 1);
    let from = start + colon + 1;
    Ok(Header { name: head.slice(start..start + colon), value: head.slice(from + left..from + right) })
}

/// Whether a header's name consists of letters, digits, `-` and `_`: what nginx does not ignore.
pub fn is_plain_name(name: &[u8]) -> bool {
    name.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// Whether it has a byte that no header value and no reason phrase may have.
pub(crate) fn has_control(value: &[u8]) -> bool {
    value.iter().any(|byte| CONTROL[usize::from(*byte)])
}

/// Bytes of a token (RFC 9110, 5.6.2).
pub(crate) static TOKEN: [bool; 256] = token_table();

/// Bytes that no header value may hold: controls but the tab (RFC 9110, 5.5).
static CONTROL: [bool; 256] = control_table();

const fn token_table() -> [bool; 256] {
    let mut table = [false; 256];
    let marks = b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut at = 0;
    while at < marks.len() {
        table[marks[at] as usize] = true;
        at += 1;
    }
    table
}

const fn control_table() -> [bool; 256] {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 32 {
        table[byte] = byte != 9;
        byte += 1;
    }
    table[127] = true;
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(head: &[u8]) -> Result<RequestHead, Fault> {
        parse_request(&Bytes::copy_from_slice(head))
    }

    #[test]
    fn request_lines() {
        let cases: [(&str, &str, &str, Option<&str>, u8); 11] = [
            ("GET / HTTP/1.1", "GET", "/", None, 1),
            ("GET  /a  HTTP/1.0", "GET", "/a", None, 0),
            ("FOO-BAR /a?b#c HTTP/1.1", "FOO-BAR", "/a?b#c", None, 1),
            ("GET /<>\"{}|\\^` HTTP/1.1", "GET", "/<>\"{}|\\^`", None, 1),
            ("GET /\u{e4} HTTP/1.1", "GET", "/\u{e4}", None, 1),
            ("GET http://a.test:1/b HTTP/1.1", "GET", "/b", Some("a.test:1"), 1),
            ("GET HTTPS://a.test HTTP/1.1", "GET", "/", Some("a.test"), 1),
            ("GET http://a.test?q HTTP/1.1", "GET", "/?q", Some("a.test"), 1),
            ("GET //a HTTP/1.1", "GET", "//a", None, 1),
            ("GET /a/../b?%zz=.. HTTP/1.1", "GET", "/a/../b?%zz=..", None, 1),
            ("GET /a../%25 HTTP/1.1", "GET", "/a../%25", None, 1),
        ];
        for (line, method, target, authority, minor) in cases {
            let head = parse(format!("{line}\r\n\r\n").as_bytes()).expect(line);
            assert_eq!(
                (&head.method[..], &head.target[..]),
                (method.as_bytes(), target.as_bytes()),
                "{line}"
            );
            assert_eq!(head.authority.as_deref(), authority.map(str::as_bytes), "{line}");
            assert_eq!(head.minor, minor, "{line}");
        }
    }

    #[test]
    fn refused_request_lines() {
        let cases = [
            ("NOPE", 400),
            ("GET /", 400),
            ("GET / HTTP/1.1 ", 400),
            (" GET / HTTP/1.1", 400),
            ("get / HTTP/1.1", 400),
            ("G(T / HTTP/1.1", 400),
            ("GET p HTTP/1.1", 400),
            ("GET * HTTP/1.1", 400),
            ("GET a.test:443 HTTP/1.1", 400),
            ("GET /a b HTTP/1.1", 400),
            ("GET /a\tb HTTP/1.1", 400),
            ("GET /a\0 HTTP/1.1", 400),
            ("GET /a\rb HTTP/1.1", 400),
            ("GET / http/1.1", 400),
            ("GET / HTTP/1.10", 400),
            ("PRI * HTTP/2.0", 400),
            ("GET /% HTTP/1.1", 400),
            ("GET /%zz HTTP/1.1", 400),
            ("GET /a%0 HTTP/1.1", 400),
            ("GET /%00 HTTP/1.1", 400),
            ("GET /../a HTTP/1.1", 400),
            ("GET /a/../../b HTTP/1.1", 400),
            ("GET /a/%2e%2E/%2e./b HTTP/1.1", 400),
            ("GET /a//../..%2fb HTTP/1.1", 400),
            ("GET / HTTP/1.2", 505),
            ("GET / HTTP/2.0", 505),
        ];
        for (line, status) in cases {
            let fault = parse(format!("{line}\r\n\r\n").as_bytes()).expect_err(line);
            assert_eq!(fault.status(), status, "{line}");
        }
    }

    #[test]
    fn header_values_lose_outer_blanks_only() {
        let head = parse(b"GET / HTTP/1.1\r\nHost: a\r\nX-A:\t b  c \t\r\nX-E:\r\nx_y:\xff\r\n\r\n").unwrap();
        let values: Vec<_> = head.headers.iter().map(|line| (&line.name[..], &line.value[..])).collect();
        let expected: [(&[u8], &[u8]); 4] =
            [(b"Host", b"a"), (b"X-A", b"b  c"), (b"X-E", b""), (b"x_y", b"\xff")];
        assert_eq!(values, expected);
    }

    #[test]
    fn refused_header_lines() {
        // RFC 9112: 5.1 space before the colon, 5.2 folding, 2.2 bare CR; RFC 9110: 5.5 controls, 5.6.2 tokens.
        let cases: [&[u8]; 9] = [
            b"X Bad: 1",
            b"X: 1\r\n folded",
            b"X : 1",
            b": 1",
            b"X",
            b"X: a\rb",
            b"X: a\0b",
            b"X\0: a",
            b"X\xe4: a",
        ];
        for line in cases {
            let head = [b"GET / HTTP/1.1\r\n", line, b"\r\n\r\n"].concat();
            assert!(matches!(parse(&head), Err(Fault::Bad(_))), "{:?}", String::from_utf8_lossy(line));
        }
    }
}
