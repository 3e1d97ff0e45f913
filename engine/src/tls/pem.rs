//! Certificates and keys from PEM text.
use std::fmt::{Display, Formatter, Write};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// What a setting names: a PEM text itself, its base64, or a file.
pub fn read(setting: &str) -> Result<Vec<u8>, String> {
    if setting.contains("-----BEGIN") {
        return Ok(setting.as_bytes().to_vec());
    }
    if let Some(text) = base64(setting).filter(|text| text.starts_with(b"-----BEGIN")) {
        return Ok(text);
    }
    std::fs::read(setting).map_err(|error| format!("{setting}: {error}"))
}

fn base64(text: &str) -> Option<Vec<u8>> {
    let (mut out, mut bits, mut count) = (Vec::new(), 0_u32, 0);
    for byte in text.bytes().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=') {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(digit);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push(u8::try_from((bits >> count) & 0xff).unwrap_or(0));
        }
    }
    Some(out)
}

/// A label, such as CERTIFICATE, and content, written as PEM.
pub struct Text<'a>(pub &'static str, pub &'a [u8]);

impl Display for Text<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> std::fmt::Result {
        const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        writeln!(out, "-----BEGIN {}-----", self.0)?;
        for line in self.1.chunks(48) {
            for group in line.chunks(3) {
                let bits =
                    (0..3).fold(0, |bits, at| (bits << 8) | usize::from(group.get(at).copied().unwrap_or(0)));
                for digit in 0..4 {
                    let shown = DIGITS[(bits >> (18 - 6 * digit)) & 63];
                    out.write_char(if digit > group.len() { '=' } else { char::from(shown) })?;
                }
            }
            writeln!(out)?;
        }
        writeln!(out, "-----END {}-----", self.0)
    }
}

/// The certificates of a PEM text, in order.
pub fn chain(text: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text).collect();
    let chain = chain.map_err(|error| format!("certificate: {error}"))?;
    if chain.is_empty() { Err("no certificate found".to_owned()) } else { Ok(chain) }
}

/// Certificates as one PEM text.
pub fn texts(certificates: &[CertificateDer<'_>]) -> String {
    certificates.iter().map(|certificate| Text("CERTIFICATE", certificate).to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_and_read() {
        for length in [1, 2, 3, 47, 48, 49, 200] {
            let bytes: Vec<u8> = (0..length).collect();
            let text = Text("CERTIFICATE", &bytes).to_string();
            assert_eq!(chain(text.as_bytes()).unwrap(), [CertificateDer::from(bytes)], "{length}");
        }
    }

    #[test]
    fn settings_that_hold_the_text() {
        assert_eq!(read("-----BEGIN X-----").unwrap(), b"-----BEGIN X-----");
        assert_eq!(read("LS0tLS1CRUdJTiBYLS0tLS0=").unwrap(), b"-----BEGIN X-----");
        assert!(read("/no/such/file").is_err());
    }
}
