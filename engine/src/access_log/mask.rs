//! Values of query arguments that no log shows.
use std::borrow::Cow;

const MASK: &[u8] = b"***";

/// The target, or another URL, with the values of these arguments masked.
pub fn masked<'a>(url: &'a [u8], names: &[String]) -> Cow<'a, [u8]> {
    let Some(mark) = memchr::memchr(b'?', url).filter(|_| !names.is_empty()) else {
        return Cow::Borrowed(url);
    };
    let (path, query) = url.split_at(mark + 1);
    let mut out = path.to_vec();
    for (at, pair) in query.split(|byte| *byte == b'&').enumerate() {
        if at > 0 {
            out.push(b'&');
        }
        match memchr::memchr(b'=', pair) {
            Some(equals) if is_one(&pair[..equals], names) => {
                out.extend_from_slice(&pair[..=equals]);
                out.extend_from_slice(MASK);
            }
            _ => out.extend_from_slice(pair),
        }
    }
    Cow::Owned(out)
}

/// Whether an argument has one of these names, as plugins read it: decoded, in any case.
fn is_one(name: &[u8], names: &[String]) -> bool {
    let name = decoded(name);
    names.iter().any(|other| name.eq_ignore_ascii_case(other.as_bytes()))
}

fn decoded(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((byte, tail)) = rest.split_first() {
        let escaped = tail.get(..2).filter(|_| *byte == b'%');
        let value = escaped.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        out.push(value.unwrap_or(*byte));
        rest = &tail[if value.is_some() { 2 } else { 0 }..];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_in_queries() {
        let names = ["apikey".to_owned(), "jwt".to_owned()];
        let cases = [
            ("/a", "/a"),
            ("/a?b=c", "/a?b=c"),
            ("/a?apikey=x", "/a?apikey=***"),
            ("/a?b=c&APIKey=x&jwt=&jwt", "/a?b=c&APIKey=***&jwt=***&jwt"),
            ("/a?api%6Bey=x=y&c=%zz", "/a?api%6Bey=***&c=%zz"),
            ("/apikey=x?d", "/apikey=x?d"),
            ("/a?%=x&%6=y", "/a?%=x&%6=y"),
        ];
        for (url, expected) in cases {
            assert_eq!(String::from_utf8_lossy(&masked(url.as_bytes(), &names)), expected);
        }
        assert_eq!(masked(b"/a?apikey=x", &[]), &b"/a?apikey=x"[..]);
    }
}
