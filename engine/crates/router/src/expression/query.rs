//! Arguments of a query string.

use std::borrow::Cow;

/// More arguments than these are not looked at, as in Kong (`lua_max_uri_args`).
const MAX_ARGUMENTS: usize = 100;

/// Calls `test` with each value of the argument until it says that it has seen enough. An argument without `=` has an
/// empty value.
pub(crate) fn values(query: &[u8], name: &[u8], test: &mut dyn FnMut(&[u8]) -> bool) {
    let pairs = query.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty() && pair[0] != b'=');
    for pair in pairs.take(MAX_ARGUMENTS) {
        let split = pair.iter().position(|byte| *byte == b'=');
        let (key, value) = split.map_or((pair, &b""[..]), |at| (&pair[..at], &pair[at + 1..]));
        if *decode(key) == *name && test(&decode(value)) {
            return;
        }
    }
}

/// Percent-decodes; a plus is a space. Borrows when there is nothing to decode.
fn decode(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.iter().any(|byte| matches!(byte, b'%' | b'+')) {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        let hex = (byte == b'%').then(|| tail.get(..2)).flatten();
        match hex.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()) {
            Some(decoded) => {
                out.push(decoded);
                rest = &tail[2..];
            }
            None => out.push(if byte == b'+' { b' ' } else { byte }),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::values;

    #[test]
    fn values_of_an_argument() {
        for (query, expected) in [
            ("", vec![]),
            ("a=1", vec!["1"]),
            ("a", vec![""]),
            ("a=", vec![""]),
            ("b=1&a=2&&a=x%20y+z&A=3", vec!["2", "x y z"]),
            ("%61=%zz%4", vec!["%zz%4"]),
            ("=1&a==", vec!["="]),
        ] {
            let mut found = Vec::new();
            values(query.as_bytes(), b"a", &mut |value| {
                found.push(String::from_utf8(value.to_vec()).unwrap());
                false
            });
            assert_eq!(found, expected, "{query}");
        }
    }
}
