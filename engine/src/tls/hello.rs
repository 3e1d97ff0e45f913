//! A client's first message, looked at before it is known who shall answer it.
use std::net::IpAddr;

use rustls::pki_types::DnsName;

use crate::net::Rewind;

/// Longer ones are left to rustls.
const LIMIT: usize = 16 * 1024 + 5;

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Hello {
    /// The server name, in lower case.
    pub name: Option<String>,
}

impl Hello {
    /// Reads the first record, which stays to be read; empty where that is no hello, or only a part of one.
    pub async fn look(stream: &mut Rewind) -> std::io::Result<Self> {
        let bytes = stream.look(|bytes| length(bytes).is_some_and(|whole| bytes.len() >= whole)).await?;
        Ok(parsed(bytes).unwrap_or_default())
    }

    /// Whether its name is none by RFC 6066: rustls ends the handshake there, OpenSSL does not mind.
    pub fn is_odd(&self) -> bool {
        let Some(name) = &self.name else { return false };
        DnsName::try_from(&**name).is_err() && name.parse::<IpAddr>().is_err()
    }
}

/// How long the first record is; at once enough for what is no handshake, or too much.
fn length(bytes: &[u8]) -> Option<usize> {
    if bytes.first().is_some_and(|kind| *kind != 22) {
        return Some(0);
    }
    let long = usize::from(u16::from_be_bytes([*bytes.get(3)?, *bytes.get(4)?])) + 5;
    Some(if long > LIMIT { 0 } else { long })
}

/// RFC 8446, 4.1.2.
fn parsed(bytes: &[u8]) -> Option<Hello> {
    let record = bytes.get(5..)?.get(..length(bytes)?.checked_sub(5)?)?;
    let (&kind, rest) = record.split_first()?;
    let (hello, _) = counted(rest, 3)?;
    if kind != 1 {
        return None;
    }
    let rest = counted(hello.get(34..)?, 1)?.1; // after version and random: the session
    let rest = counted(rest, 2)?.1; // cipher suites
    let rest = counted(rest, 1)?.1; // compression
    let mut extensions = counted(rest, 2)?.0;
    while let [0, number, rest @ ..] = extensions {
        let (content, rest) = counted(rest, 2)?;
        if *number == 0 {
            return Some(Hello { name: name(content) });
        }
        extensions = rest;
    }
    Some(Hello { name: None })
}

/// RFC 6066, 3: the one host name.
fn name(extension: &[u8]) -> Option<String> {
    let (&kind, rest) = counted(extension, 2)?.0.split_first()?;
    let (name, _) = counted(rest, 2)?;
    (kind == 0).then(|| String::from_utf8_lossy(name).to_ascii_lowercase())
}

/// What comes after a length of so many bytes, and the rest.
fn counted(bytes: &[u8], width: usize) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_at_checked(width)?;
    let length = length.iter().fold(0, |length, byte| (length << 8) | usize::from(*byte));
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello(extensions: &[u8]) -> Vec<u8> {
        let long = |length: usize| u16::try_from(length).unwrap().to_be_bytes();
        let body =
            [&[3, 3], &[0; 32][..], &[0], &[0, 2, 0x13, 1], &[1, 0], &long(extensions.len()), extensions];
        let body = body.concat();
        let message = [&[1, 0][..], &long(body.len()), &body].concat();
        [&[22, 3, 1][..], &long(message.len()), &message].concat()
    }

    fn sni(name: &str) -> Vec<u8> {
        let long = u8::try_from(name.len()).unwrap();
        [&[0, 23, 0, 0, 0, 0, 0, long + 5, 0, long + 3, 0, 0, long][..], name.as_bytes()].concat()
    }

    #[test]
    fn names() {
        for (name, odd) in [
            ("a.test", false),
            ("my_host", false),
            ("127.0.0.1", false),
            ("::1", false),
            ("a.test:1234", true),
            ("a b", true),
            ("-a.test", true),
            ("", true),
        ] {
            let found = parsed(&hello(&sni(name))).unwrap();
            assert_eq!((found.name.as_deref(), found.is_odd()), (Some(name), odd), "{name}");
        }
    }

    #[test]
    fn what_is_no_hello() {
        assert_eq!(parsed(&hello(&[])), Some(Hello::default()));
        let whole = hello(&sni("a.test"));
        for end in 0..whole.len() {
            assert_eq!(parsed(&whole[..end]), None, "{end}");
        }
        assert_eq!(length(b"GET / HTTP/1.1"), Some(0));
        assert_eq!(length(&[22, 3, 1, 255, 255]), Some(0));
        assert_eq!(length(&[22, 3, 1]), None);
    }
}
