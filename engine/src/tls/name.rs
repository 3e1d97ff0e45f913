//! Distinguished names as text.
use std::fmt::Write;

use super::der::value;

/// Object identifiers in DER, and the short names that RFC 4514 and OpenSSL have for them.
const NAMES: [(&[u8], &str); 10] = [
    (&[0x55, 4, 3], "CN"),
    (&[0x55, 4, 5], "serialNumber"),
    (&[0x55, 4, 6], "C"),
    (&[0x55, 4, 7], "L"),
    (&[0x55, 4, 8], "ST"),
    (&[0x55, 4, 10], "O"),
    (&[0x55, 4, 11], "OU"),
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1], "emailAddress"),
    (&[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 1], "UID"),
    (&[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 25], "DC"),
];

/// The content of an `RDNSequence` as RFC 4514 writes it: the last part first. `None` when it is not valid DER.
pub fn text(mut sequence: &[u8]) -> Option<String> {
    let mut parts = Vec::new();
    while !sequence.is_empty() {
        let (_, mut set, rest) = value(sequence)?;
        sequence = rest;
        let mut pairs = Vec::new();
        while !set.is_empty() {
            let (_, pair, rest) = value(set)?;
            set = rest;
            let (_, identifier, rest) = value(pair)?;
            let (tag, content, _) = value(rest)?;
            pairs.push(format!("{}={}", name(identifier), escaped(tag, content)));
        }
        parts.push(pairs.join("+"));
    }
    parts.reverse();
    Some(parts.join(","))
}

fn name(identifier: &[u8]) -> String {
    NAMES
        .iter()
        .find(|known| known.0 == identifier)
        .map_or_else(|| dotted(identifier), |known| known.1.to_owned())
}

fn dotted(identifier: &[u8]) -> String {
    let mut text = String::new();
    let mut number = 0_u64;
    for byte in identifier {
        number = (number << 7) | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            let _ = match text.len() {
                0 => write!(text, "{}.{}", (number / 40).min(2), number - (number / 40).min(2) * 40),
                _ => write!(text, ".{number}"),
            };
            number = 0;
        }
    }
    text
}

/// `BMPString` is UTF-16; everything else is taken for UTF-8, of which ASCII is a part.
fn escaped(tag: u8, content: &[u8]) -> String {
    let text = match tag {
        0x1e => String::from_utf16_lossy(
            &content.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect::<Vec<_>>(),
        ),
        _ => String::from_utf8_lossy(content).into_owned(),
    };
    let last = text.chars().count().saturating_sub(1);
    let mut out = String::with_capacity(text.len());
    for (place, letter) in text.chars().enumerate() {
        let at_edge = (letter == ' ' && (place == 0 || place == last)) || (letter == '#' && place == 0);
        if at_edge || matches!(letter, ',' | '+' | '"' | '\\' | '<' | '>' | ';') {
            out.push('\\');
        }
        if letter.is_control() {
            let _ = write!(out, "\\{:02X}", u32::from(letter));
        } else {
            out.push(letter);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(identifier: &[u8], tag: u8, content: &[u8]) -> Vec<u8> {
        let wrap = |tag: u8, content: &[u8]| [&[tag, u8::try_from(content.len()).unwrap()], content].concat();
        wrap(0x31, &wrap(0x30, &[wrap(6, identifier), wrap(tag, content)].concat()))
    }

    #[test]
    fn names() {
        let name = [part(&[0x55, 4, 6], 0x13, b"NL"), part(&[0x55, 4, 3], 0x0c, b" a,b")].concat();
        assert_eq!(text(&name).as_deref(), Some("CN=\\ a\\,b,C=NL"));
        let other = part(&[0x2a, 0x86, 0x48, 1], 0x1e, &[0, b'x']);
        assert_eq!(text(&other).as_deref(), Some("1.2.840.1=x"));
        assert_eq!(text(b"").as_deref(), Some(""));
        assert_eq!(text(&name[..5]), None);
    }
}
