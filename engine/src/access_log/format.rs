//! A format of lines as nginx's `log_format` describes it: a name, perhaps `escape=`, and text with variables.
use std::io::Write;

use super::variable::Variable;
use super::{Line, escape};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Escape {
    Default,
    Json,
    None,
}

#[derive(Debug)]
enum Part {
    Text(Vec<u8>),
    Variable(Variable),
}

#[derive(Debug)]
pub struct Format {
    escape: Escape,
    parts: Vec<Part>,
}

impl Format {
    /// `name [escape=default|json|none] 'text' 'text' ...`: the format of that name; `None` when it is another's.
    pub fn parse(directive: &str, name: &str) -> Result<Option<Self>, String> {
        let (own, rest) = directive.trim().split_once(char::is_whitespace).unwrap_or((directive.trim(), ""));
        if own != name {
            return Ok(None);
        }
        let (escape, rest) = match rest.trim_start().strip_prefix("escape=") {
            None => (Escape::Default, rest.trim_start()),
            Some(rest) => {
                let (word, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
                let escape = match word {
                    "default" => Escape::Default,
                    "json" => Escape::Json,
                    "none" => Escape::None,
                    _ => return Err(format!("unknown escape: {word}")),
                };
                (escape, rest)
            }
        };
        Ok(Some(Self { escape, parts: parts(&texts(rest)?) }))
    }

    pub fn write(&self, out: &mut Vec<u8>, line: &Line<'_>) {
        for part in &self.parts {
            match part {
                Part::Text(text) => out.extend_from_slice(text),
                Part::Variable(variable) => self.write_value(out, variable.value(line).as_deref()),
            }
        }
        out.push(b'\n');
    }

    fn write_value(&self, out: &mut Vec<u8>, value: Option<&[u8]>) {
        match (self.escape, value) {
            (Escape::Default, None) => out.push(b'-'),
            (_, None) => {}
            (Escape::Default, Some(value)) => escape(out, value),
            (Escape::Json, Some(value)) => escape_json(out, value),
            (Escape::None, Some(value)) => out.extend_from_slice(value),
        }
    }
}

/// Texts in quotes, or bare words, put together; nginx joins them without a blank.
fn texts(mut rest: &str) -> Result<String, String> {
    let mut text = String::new();
    loop {
        rest = rest.trim_start().trim_end_matches(';');
        let Some(first) = rest.chars().next() else { return Ok(text) };
        let (piece, after) = match first {
            '"' | '\'' => rest[1..].split_once(first).ok_or("a quote is not closed")?,
            _ => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
        };
        text.push_str(piece);
        rest = after;
    }
}

fn parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        if at > 0 {
            parts.push(Part::Text(rest.as_bytes()[..at].to_vec()));
        }
        let (name, after) = name(&rest[at + 1..]);
        let variable = Variable::parse(name).unwrap_or_else(|| {
            tracing::warn!("nginx_http_log_format: unknown variable: ${name}; it is always empty");
            Variable::Named("")
        });
        parts.push(Part::Variable(variable));
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest.as_bytes().to_vec()));
    }
    parts
}

/// `name...` or `{name}...`, and what follows.
fn name(text: &str) -> (&str, &str) {
    if let Some(found) = text.strip_prefix('{').and_then(|text| text.split_once('}')) {
        return found;
    }
    let end = text.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    text.split_at(end.unwrap_or(text.len()))
}

/// As nginx with `escape=json`: what may stand between the quotes of a JSON string.
fn escape_json(out: &mut Vec<u8>, value: &[u8]) {
    for byte in value {
        match byte {
            b'"' | b'\\' => out.extend([b'\\', *byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0..=31 => drop(write!(out, "\\u{byte:04x}")),
            _ => out.push(*byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives() {
        let cases = [
            ("a '$status'", "a", Ok(Some(1))),
            ("a '$status $http_x_own' '-$remote_addr\"'", "a", Ok(Some(6))),
            ("a escape=json '{\"s\":\"$status\"}'", "a", Ok(Some(3))),
            ("a escape=none \"${status}x\";", "a", Ok(Some(2))),
            ("a $status", "a", Ok(Some(1))),
            ("a", "a", Ok(Some(0))),
            ("a '$status'", "b", Ok(None)),
            ("a '$nothing'", "a", Ok(Some(1))),
            ("a '$'", "a", Ok(Some(1))),
            ("a 'x", "a", Err("a quote is not closed".to_owned())),
            ("a escape=xml 'x'", "a", Err("unknown escape: xml".to_owned())),
        ];
        for (directive, name, expected) in cases {
            let parts = Format::parse(directive, name).map(|format| format.map(|format| format.parts.len()));
            assert_eq!(parts, expected, "{directive}");
        }
    }

    #[test]
    fn json_strings() {
        let mut out = Vec::new();
        escape_json(&mut out, b"a\"b\\c\n\x01\xc3\xa4");
        assert_eq!(out, b"a\\\"b\\\\c\\n\\u0001\xc3\xa4");
    }
}
