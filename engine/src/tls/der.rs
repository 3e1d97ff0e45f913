//! As much DER as certificates need that webpki does not tell.
use crate::http::reply::civil;

/// Tag, content, and what follows.
pub fn value(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (bytes.iter().fold(0, |length, byte| (length << 8) | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

/// The fields of a certificate from the validity on.
fn from_validity(certificate: &[u8]) -> Option<&[u8]> {
    let (_, certificate, _) = value(certificate)?;
    let (_, mut fields, _) = value(certificate)?;
    if fields.first() == Some(&0xa0) {
        fields = value(fields)?.2; // version
    }
    for _ in 0..3 {
        fields = value(fields)?.2; // serial number, signature algorithm, issuer
    }
    Some(fields)
}

const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
const ELLIPTIC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
const CURVES: [(&[u8], &str); 5] = [
    (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7], "prime256v1"),
    (&[0x2b, 0x81, 0x04, 0, 10], "secp256k1"),
    (&[0x2b, 0x81, 0x04, 0, 33], "secp224r1"),
    (&[0x2b, 0x81, 0x04, 0, 34], "secp384r1"),
    (&[0x2b, 0x81, 0x04, 0, 35], "secp521r1"),
];

/// A certificate's `SubjectPublicKeyInfo`, tag and length included.
pub fn key_info(certificate: &[u8]) -> Option<&[u8]> {
    let from = value(value(from_validity(certificate)?)?.2)?.2; // after validity and subject
    let after = value(from)?.2;
    from.get(..from.len() - after.len())
}

/// What kind of key a certificate is for, in words.
pub fn key_kind(certificate: &[u8]) -> Option<String> {
    let (_, info, _) = value(key_info(certificate)?)?;
    let (_, algorithm, rest) = value(info)?;
    let (_, identifier, parameters) = value(algorithm)?;
    if identifier == RSA {
        let (_, key, _) = value(rest)?;
        let (_, numbers, _) = value(key.get(1..)?)?;
        let (_, modulus, _) = value(numbers)?;
        let bits = modulus.iter().skip_while(|byte| **byte == 0).count() * 8;
        return Some(format!("an RSA key of {bits} bits"));
    }
    let curve = (identifier == ELLIPTIC).then(|| value(parameters)).flatten()?.1;
    let name = CURVES.iter().find(|known| known.0 == curve).map_or("unknown name", |known| known.1);
    Some(format!("a key on the curve {name}"))
}

/// Whether a certificate is valid at a moment, in seconds since 1970; `None` when it cannot be read.
pub fn is_valid_at(certificate: &[u8], seconds: u64) -> Option<bool> {
    let (_, validity, _) = value(from_validity(certificate)?)?;
    let (tag, from, rest) = value(validity)?;
    let from = moment(tag, from)?;
    let (tag, until, _) = value(rest)?;
    let now = written(seconds);
    Some(from <= now && now <= moment(tag, until)?)
}

/// `UTCTime` or `GeneralizedTime` as digits of year to second.
fn moment(tag: u8, text: &[u8]) -> Option<Vec<u8>> {
    let digits = text.strip_suffix(b"Z")?;
    match (tag, digits.len()) {
        (0x17, 12) => Some([if digits[0] < b'5' { b"20" } else { b"19" }, digits].concat()),
        (0x18, 14) => Some(digits.to_vec()),
        _ => None,
    }
}

fn written(seconds: u64) -> Vec<u8> {
    let (year, month, day) = civil(seconds / 86400);
    let rest = seconds % 86400;
    format!("{year:04}{month:02}{day:02}{:02}{:02}{:02}", rest / 3600, rest / 60 % 60, rest % 60).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        assert_eq!(moment(0x17, b"491231235959Z").as_deref(), Some(&b"20491231235959"[..]));
        assert_eq!(moment(0x17, b"500101000000Z").as_deref(), Some(&b"19500101000000"[..]));
        assert_eq!(moment(0x18, b"20500101000000Z").as_deref(), Some(&b"20500101000000"[..]));
        assert_eq!(moment(0x18, b"2050"), None);
        assert_eq!(written(784_111_777), b"19941106084937");
        assert_eq!(is_valid_at(b"\x30\x03abc", 0), None);
    }
}
