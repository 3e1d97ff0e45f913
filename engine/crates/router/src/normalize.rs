//! The one normalisation of a request's path, and its inverse for the upstream's request line.

use std::borrow::Cow;

/// Normalises a path as Kong does, once, before routing.
///
/// Percent-encoded bytes are decoded except reserved ones (`! * ' ( ) ; : @ & = + $ , / ? % # [ ]`), whose
/// hex digits become upper case; then dot segments are removed and runs of slashes merged. `raw` is the path
/// without its query. Borrows when there is nothing to do.
pub fn normalize_path(raw: &[u8]) -> Cow<'_, [u8]> {
    if is_normal(raw) {
        return Cow::Borrowed(raw);
    }
    Cow::Owned(remove_dots(&decode(raw)))
}

/// Escapes what must not stand in a request line (space, quotes, `<`, controls, bytes above 0x7f ...); leaves
/// reserved and unreserved characters and `%`. Borrows when there is nothing to do.
pub fn escape_path(path: &[u8]) -> Cow<'_, [u8]> {
    if path.iter().all(|byte| is_plain(*byte)) {
        return Cow::Borrowed(path);
    }
    let mut out = Vec::with_capacity(path.len() + 16);
    for byte in path {
        if is_plain(*byte) {
            out.push(*byte);
        } else {
            out.extend([b'%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        }
    }
    Cow::Owned(out)
}

const HEX: &[u8; 16] = b"0123456789ABCDEF";

const fn is_reserved(byte: u8) -> bool {
    matches!(
        byte,
        b'!' | b'*'
            | b'\''
            | b'('
            | b')'
            | b';'
            | b':'
            | b'@'
            | b'&'
            | b'='
            | b'+'
            | b'$'
            | b','
            | b'/'
            | b'?'
            | b'%'
            | b'#'
            | b'['
            | b']'
    )
}

const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || is_reserved(byte) || matches!(byte, b'-' | b'_' | b'.' | b'~')
}

/// No `%`, no empty segment, no segment `.` or `..`.
fn is_normal(raw: &[u8]) -> bool {
    let mut start_of_segment = false;
    let mut index = 0;
    if raw.first() == Some(&b'.') {
        return false;
    }
    while let Some(&byte) = raw.get(index) {
        match byte {
            b'%' => return false,
            b'/' if start_of_segment => return false,
            b'.' if start_of_segment && is_dot_segment(&raw[index..]) => return false,
            _ => {}
        }
        start_of_segment = byte == b'/';
        index += 1;
    }
    true
}

fn is_dot_segment(rest: &[u8]) -> bool {
    let end = rest.iter().position(|byte| *byte == b'/').unwrap_or(rest.len());
    matches!(&rest[..end], b"." | b"..")
}

fn decode(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((&byte, tail)) = rest.split_first() {
        match (byte, tail) {
            (b'%', [high, low, after @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                let value = hex(*high) << 4 | hex(*low);
                if is_reserved(value) {
                    out.extend([b'%', high.to_ascii_uppercase(), low.to_ascii_uppercase()]);
                } else {
                    out.push(value);
                }
                rest = after;
            }
            _ => {
                out.push(byte);
                rest = tail;
            }
        }
    }
    out
}

const fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    }
}

/// RFC 3986, 5.2.4, with runs of slashes merged. A segment is kept together with the slash before it.
fn remove_dots(path: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::with_capacity(path.len());
    let mut starts: Vec<usize> = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        rest = match rest {
            b"/." => b"/",
            b"/.." => {
                pop(&mut out, &mut starts);
                b"/"
            }
            b"." | b".." => b"",
            [b'.', b'.', b'/', ..] => &rest[3..],
            [b'.', b'/', ..] | [b'/', b'.', b'/', ..] => &rest[2..],
            [b'/', b'.', b'.', b'/', ..] => {
                pop(&mut out, &mut starts);
                &rest[3..]
            }
            [b'/', b'/', ..] => &rest[1..],
            _ => {
                let end = rest[1..].iter().position(|byte| *byte == b'/').map_or(rest.len(), |at| at + 1);
                starts.push(out.len());
                out.extend_from_slice(&rest[..end]);
                &rest[end..]
            }
        };
    }
    out
}

fn pop(out: &mut Vec<u8>, starts: &mut Vec<usize>) {
    out.truncate(starts.pop().unwrap_or(0));
}
