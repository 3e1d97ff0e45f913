//! Joins a service's path with the request's.

use crate::spec::PathHandling;

/// Drops one leading dot segment: stripping `/a` from `/a../b` must not climb.
pub(crate) fn sanitize_postfix(postfix: &[u8]) -> &[u8] {
    match postfix {
        b"." | b".." => b"",
        [b'.', b'/', rest @ ..] | [b'.', b'.', b'/', rest @ ..] => rest,
        _ => postfix,
    }
}

/// Appends the upstream's path to `out`. `postfix` is what is left of `path` after stripping.
pub(crate) fn join(
    out: &mut Vec<u8>,
    handling: PathHandling,
    strip: bool,
    base: &[u8],
    path: &[u8],
    postfix: &[u8],
) {
    match handling {
        PathHandling::V0 if strip => strip_v0(out, base, path, postfix),
        PathHandling::V0 => keep_v0(out, base, path),
        PathHandling::V1 if strip => strip_v1(out, base, postfix),
        PathHandling::V1 => push(out, base, path.get(1..).unwrap_or_default()),
    }
}

fn push(out: &mut Vec<u8>, base: &[u8], rest: &[u8]) {
    out.extend_from_slice(base);
    out.extend_from_slice(rest);
}

fn strip_v0(out: &mut Vec<u8>, base: &[u8], path: &[u8], postfix: &[u8]) {
    let trimmed = base.strip_suffix(b"/");
    match (trimmed, postfix) {
        (Some(b""), b"") => push(out, base, b""),
        (Some(_), b"") if path.ends_with(b"/") => push(out, base, b""),
        (Some(trimmed), b"") => push(out, trimmed, b""),
        (Some(trimmed), [b'/', ..]) => push(out, trimmed, postfix),
        (None, b"") if path.len() > 1 && path.ends_with(b"/") => push(out, base, b"/"),
        (None, [] | [b'/', ..]) | (Some(_), _) => push(out, base, postfix),
        (None, _) => {
            push(out, base, b"/");
            out.extend_from_slice(postfix);
        }
    }
}

fn keep_v0(out: &mut Vec<u8>, base: &[u8], path: &[u8]) {
    match path {
        _ if base.ends_with(b"/") => push(out, base, path.get(1..).unwrap_or_default()),
        b"/" => push(out, base, b""),
        _ => push(out, base, path),
    }
}

fn strip_v1(out: &mut Vec<u8>, base: &[u8], postfix: &[u8]) {
    match (base.strip_suffix(b"/"), postfix) {
        (Some(trimmed), [b'/', ..]) => push(out, trimmed, postfix),
        _ => push(out, base, postfix),
    }
}
