//! Query arguments as nginx's Lua module reads them.
use std::borrow::Cow;

/// Each argument's name and value, decoded; one without `=` has no value, one without a name is left out.
pub fn arguments(query: &[u8]) -> impl Iterator<Item = (Cow<'_, [u8]>, Option<Cow<'_, [u8]>>)> {
    let parts = query.split(|byte| *byte == b'&').filter(|part| !part.is_empty());
    parts.map(split).filter(|(name, _)| !name.is_empty())
}

fn split(part: &[u8]) -> (Cow<'_, [u8]>, Option<Cow<'_, [u8]>>) {
    match part.iter().position(|byte| *byte == b'=') {
        Some(at) => (unescape(&part[..at]), Some(unescape(&part[at + 1..]))),
        None => (unescape(part), None),
    }
}

fn unescape(part: &[u8]) -> Cow<'_, [u8]> {
    if !part.iter().any(|byte| matches!(byte, b'+' | b'%')) {
        return Cow::Borrowed(part);
    }
    let mut out = Vec::with_capacity(part.len());
    let mut rest = part;
    while let Some((&byte, after)) = rest.split_first() {
        let escaped = if byte == b'%' { hex(after) } else { None };
        rest = if escaped.is_some() { &after[2..] } else { after };
        out.push(escaped.unwrap_or(if byte == b'+' { b' ' } else { byte }));
    }
    Cow::Owned(out)
}

fn hex(digits: &[u8]) -> Option<u8> {
    let digit = |at: usize| digits.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    u8::try_from(digit(0)? * 16 + digit(1)?).ok()
}
