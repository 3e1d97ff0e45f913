//! Paths on their way in and out: nothing in one may change where it leads, whoever reads it next.
use std::borrow::Cow;

use bytes::Bytes;
use serde::Deserialize;

/// What becomes of `%2F`, `%5C` and `\` in paths: some upstreams take them for a slash, others do not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EncodedSlashes {
    /// They pass, as in Kong.
    #[default]
    Allow,
    /// The request is answered 400.
    Reject,
    /// They are slashes, before routing.
    Decode,
}

/// The path of a request as routes match it.
pub fn normal(path: Bytes, slashes: EncodedSlashes) -> Bytes {
    if slashes == EncodedSlashes::Decode && has_slash(&path) {
        return gopura_router::normalize_path(&decoded(&path)).into_owned().into();
    }
    match gopura_router::normalize_path(&path) {
        Cow::Borrowed(_) => path,
        Cow::Owned(normal) => normal.into(),
    }
}

/// Whether something stands there that may be taken for a slash.
pub fn has_slash(path: &[u8]) -> bool {
    memchr::memchr2_iter(b'%', b'\\', path).any(|at| length_of_slash(&path[at..]).is_some())
}

fn length_of_slash(rest: &[u8]) -> Option<usize> {
    match rest {
        [b'\\', ..] => Some(1),
        [b'%', b'2', b'f' | b'F', ..] | [b'%', b'5', b'c' | b'C', ..] => Some(3),
        _ => None,
    }
}

fn decoded(path: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some(byte) = rest.first() {
        let length = length_of_slash(rest);
        out.push(length.map_or(*byte, |_| b'/'));
        rest = &rest[length.unwrap_or(1)..];
    }
    out
}

/// A path that a plugin sets, ready to send. It may hold what a client has sent, and is nothing but a path: what would
/// begin a query or a fragment is escaped, segments that lead elsewhere are refused.
pub fn given(path: Bytes, slashes: EncodedSlashes) -> Result<Bytes, &'static str> {
    if !path.starts_with(b"/") {
        return Err("a path starts with /");
    }
    let path = match slashes {
        EncodedSlashes::Reject if has_slash(&path) => return Err("a path has no encoded slashes here"),
        EncodedSlashes::Decode if has_slash(&path) => decoded(&path).into(),
        _ => path,
    };
    if path.split(|byte| *byte == b'/').any(is_dots) {
        return Err("a path has no segments . and ..");
    }
    Ok(escaped(path))
}

/// `.` or `..`, in any spelling.
fn is_dots(mut segment: &[u8]) -> bool {
    let mut dots = 0;
    while !segment.is_empty() {
        segment = match segment {
            [b'.', rest @ ..] | [b'%', b'2', b'e' | b'E', rest @ ..] => rest,
            _ => return false,
        };
        dots += 1;
    }
    matches!(dots, 1 | 2)
}

fn escaped(path: Bytes) -> Bytes {
    if memchr::memchr2(b'?', b'#', &path).is_none() {
        return path;
    }
    let mut out = Vec::with_capacity(path.len() + 8);
    for byte in path {
        match byte {
            b'?' => out.extend_from_slice(b"%3F"),
            b'#' => out.extend_from_slice(b"%23"),
            _ => out.push(byte),
        }
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use EncodedSlashes::{Allow, Decode, Reject};

    use super::*;

    #[test]
    fn paths_of_requests() {
        let cases = [
            ("/a/b", Allow, "/a/b"),
            ("/a%2fb%5Cc\\d", Allow, "/a%2Fb\\c\\d"),
            ("/a%2fb%5Cc\\d", Reject, "/a%2Fb\\c\\d"),
            ("/a%2fb%5Cc\\d", Decode, "/a/b/c/d"),
            ("/a/..%2Fb", Decode, "/b"),
            ("/a%252Fb", Decode, "/a%252Fb"),
            ("/a%2", Decode, "/a%2"),
        ];
        for (path, slashes, expected) in cases {
            let path = normal(Bytes::from_static(path.as_bytes()), slashes);
            assert_eq!(path, expected.as_bytes(), "{path:?} {slashes:?}");
        }
    }

    #[test]
    fn paths_of_plugins() {
        let cases = [
            ("/a/b", Allow, Some("/a/b")),
            ("/a?b=1#c", Allow, Some("/a%3Fb=1%23c")),
            ("/a/.../..b/c..", Allow, Some("/a/.../..b/c..")),
            ("/a//b/", Allow, Some("/a//b/")),
            ("a", Allow, None),
            ("", Allow, None),
            ("/a/../b", Allow, None),
            ("/..", Allow, None),
            ("/a/.", Allow, None),
            ("/a/./b", Allow, None),
            ("/a/%2e%2E/b", Allow, None),
            ("/a/.%2e/b", Allow, None),
            ("/a/..%2fb", Allow, Some("/a/..%2fb")),
            ("/a/..%2fb", Decode, None),
            ("/a\\..\\b", Decode, None),
            ("/a%2fb", Decode, Some("/a/b")),
            ("/a%2fb", Reject, None),
            ("/a\\b", Reject, None),
        ];
        for (path, slashes, expected) in cases {
            let set = given(Bytes::from_static(path.as_bytes()), slashes).ok();
            assert_eq!(set.as_deref(), expected.map(str::as_bytes), "{path} {slashes:?}");
        }
    }
}
