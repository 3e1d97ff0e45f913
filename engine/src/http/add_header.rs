//! nginx's directive `add_header`: one more header for every response.
use bytes::Bytes;

use crate::exchange::Response;

#[derive(Debug, PartialEq, Eq)]
pub struct AddHeader {
    name: Bytes,
    value: Bytes,
    /// Whatever the status; else only where nginx expects a success or a redirect.
    always: bool,
}

impl AddHeader {
    /// `name value [always]`, the value in quotes if it holds blanks; `None` when it is nothing of that kind.
    pub fn parse(text: &str) -> Option<Self> {
        let (name, rest) = text.trim().split_once(char::is_whitespace)?;
        let (value, rest) = word(rest.trim_start())?;
        let always = match rest.trim() {
            "" => false,
            "always" => true,
            _ => return None,
        };
        let part = |text: &str| Bytes::copy_from_slice(text.as_bytes());
        Some(Self { name: part(name), value: part(value), always })
    }

    pub fn apply(&self, response: &mut Response) {
        let is_meant = matches!(response.status, 200 | 201 | 204 | 206 | 301..=304 | 307 | 308);
        if self.always || is_meant {
            response.headers.append(self.name.clone(), self.value.clone());
        }
    }
}

fn word(text: &str) -> Option<(&str, &str)> {
    match text.chars().next()? {
        quote @ ('"' | '\'') => text[1..].split_once(quote),
        _ => Some(text.split_once(char::is_whitespace).unwrap_or((text, ""))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives() {
        let header = |value: &'static str, always| {
            Some(AddHeader {
                name: Bytes::from_static(b"X-A"),
                value: Bytes::from_static(value.as_bytes()),
                always,
            })
        };
        let cases = [
            ("X-A b", header("b", false)),
            (" X-A  b always ", header("b", true)),
            ("X-A \"b c\"", header("b c", false)),
            ("X-A 'b \"c' always", header("b \"c", true)),
            ("X-A b c", None),
            ("X-A \"b", None),
            ("X-A", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(AddHeader::parse(text), expected, "{text}");
        }
    }
}
