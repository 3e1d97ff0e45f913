//! Headers that a request has once: what nginx refuses to hear twice.
use crate::{Fault, Headers};

/// Refuses a request that repeats one of them: whoever reads it next may take the other line.
pub fn refuse_repeated(headers: &Headers) -> Result<(), Fault> {
    let mut seen = 0_u16;
    for line in headers {
        let Some(bit) = bit(&line.name) else { continue };
        if seen & bit != 0 {
            return Err(Fault::Bad("repeated header"));
        }
        seen |= bit;
    }
    Ok(())
}

fn bit(name: &[u8]) -> Option<u16> {
    let is = |other: &[u8]| name.eq_ignore_ascii_case(other);
    let place = match name.len() {
        4 if is(b"host") => 0,
        6 if is(b"expect") => 1,
        8 if is(b"if-match") => 2,
        8 if is(b"if-range") => 3,
        13 if is(b"authorization") => 4,
        13 if is(b"content-range") => 5,
        13 if is(b"if-none-match") => 6,
        14 if is(b"content-length") => 7,
        17 if is(b"if-modified-since") => 8,
        17 if is(b"transfer-encoding") => 9,
        19 if is(b"if-unmodified-since") => 10,
        _ => return None,
    };
    Some(1 << place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_headers() {
        const ONCE: [&str; 11] = [
            "Host",
            "Expect",
            "If-Match",
            "If-Range",
            "Authorization",
            "Content-Range",
            "If-None-Match",
            "Content-Length",
            "If-Modified-Since",
            "Transfer-Encoding",
            "If-Unmodified-Since",
        ];
        let of = |names: &[&str]| {
            let mut headers = Headers::default();
            for name in names {
                headers.append((*name).to_owned(), "a");
            }
            refuse_repeated(&headers)
        };
        assert_eq!(of(&ONCE), Ok(()));
        for name in ONCE {
            assert!(of(&[name, "X", &name.to_uppercase()]).is_err(), "{name}");
        }
        for name in ["User-Agent", "Referer", "Content-Type", "Cookie", "X-Forwarded-For", "Accept", "Range"]
        {
            assert_eq!(of(&[name, name]), Ok(()), "{name}");
        }
    }
}
