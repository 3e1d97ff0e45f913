//! Single fields of an entity's JSON, found without decoding the rest: rows lie in memory as they were sent.
use std::borrow::Cow;

use memchr::memchr2;

/// The text of the value of a field of `json`, which is a valid object.
pub fn raw<'j>(json: &'j str, name: &str) -> Option<&'j str> {
    let mut rest = past(json, b'{')?;
    loop {
        rest = past(rest, b'"')?;
        let (key, after) = rest.split_at(closing_quote(rest));
        let value = past(&after[1..], b':')?.trim_ascii_start();
        let end = length(value);
        if key == name {
            return Some(&value[..end]);
        }
        rest = past(&value[end..], b',')?;
    }
}

/// What a JSON string says; `None` for any other value.
pub fn string(raw: &str) -> Option<Cow<'_, str>> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
        return Some(Cow::Borrowed(inner));
    }
    serde_json::from_str(raw).ok().map(Cow::Owned)
}

/// What follows this byte, when it is the next one that is no space.
fn past(text: &str, byte: u8) -> Option<&str> {
    let text = text.trim_ascii_start();
    (text.as_bytes().first() == Some(&byte)).then(|| &text[1..])
}

/// Where the string that `text` is inside of ends.
fn closing_quote(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        at += found;
        if bytes[at] == b'"' {
            return at;
        }
        at += 2;
    }
    bytes.len()
}

/// Of the value that `text` begins with.
fn length(text: &str) -> usize {
    match text.as_bytes().first() {
        Some(b'"') => closing_quote(&text[1..]) + 2,
        Some(b'{' | b'[') => nested(text),
        _ => text.bytes().position(|byte| matches!(byte, b',' | b'}' | b']')).unwrap_or(text.len()),
    }
}

fn nested(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (0, 0);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => at += closing_quote(&text[at + 1..]) + 1,
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth == 1 => return at + 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}
