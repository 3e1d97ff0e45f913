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

/// Whether a certificate is valid at a moment, in seconds since 1970; `None` when it cannot be read.
pub fn is_valid_at(certificate: &[u8], seconds: u64) -> Option<bool> {
    let (_, certificate, _) = value(certificate)?;
    let (_, mut fields, _) = value(certificate)?;
    if fields.first() == Some(&0xa0) {
        fields = value(fields)?.2; // version
    }
    for _ in 0..3 {
        fields = value(fields)?.2; // serial number, signature algorithm, issuer
    }
    let (_, validity, _) = value(fields)?;
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
