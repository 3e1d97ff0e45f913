//! Cipher suites by OpenSSL's names.
use rustls::crypto::aws_lc_rs::ALL_CIPHER_SUITES;
use rustls::{CipherSuite, SupportedCipherSuite};

/// OpenSSL's name, the number, and the words by which OpenSSL's lists may mean it. TLS 1.3 suites have no words: there
/// OpenSSL's lists only name them.
type Row = (&'static str, CipherSuite, &'static [&'static str]);

const TABLE: [Row; 9] = [
    ("TLS_AES_256_GCM_SHA384", CipherSuite::TLS13_AES_256_GCM_SHA384, &[]),
    ("TLS_AES_128_GCM_SHA256", CipherSuite::TLS13_AES_128_GCM_SHA256, &[]),
    ("TLS_CHACHA20_POLY1305_SHA256", CipherSuite::TLS13_CHACHA20_POLY1305_SHA256, &[]),
    (
        "ECDHE-ECDSA-AES256-GCM-SHA384",
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        &["AECDSA", "ECDSA", "AESGCM", "AES256", "AES", "SHA384"],
    ),
    (
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        &["AECDSA", "ECDSA", "AESGCM", "AES128", "AES", "SHA256"],
    ),
    (
        "ECDHE-ECDSA-CHACHA20-POLY1305",
        CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        &["AECDSA", "ECDSA", "CHACHA20"],
    ),
    (
        "ECDHE-RSA-AES256-GCM-SHA384",
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        &["ARSA", "AESGCM", "AES256", "AES", "SHA384"],
    ),
    (
        "ECDHE-RSA-AES128-GCM-SHA256",
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        &["ARSA", "AESGCM", "AES128", "AES", "SHA256"],
    ),
    (
        "ECDHE-RSA-CHACHA20-POLY1305",
        CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        &["ARSA", "CHACHA20"],
    ),
];

/// Words that mean every TLS 1.2 suite that there is.
const EVERY: [&str; 10] = [
    "ALL",
    "DEFAULT",
    "COMPLEMENTOFDEFAULT",
    "HIGH",
    "TLSV1.2",
    "ECDHE",
    "EECDH",
    "KECDHE",
    "KEECDH",
    "FIPS",
];

/// OpenSSL's name of a suite.
pub fn name(suite: SupportedCipherSuite) -> &'static str {
    TABLE.iter().find(|row| row.1 == suite.suite()).map_or("", |row| row.0)
}

/// The suites of a list in OpenSSL's notation, in its order, and the items that mean none of those there are. TLS 1.3
/// suites are all there unless the list names some.
pub fn chosen(list: &str) -> (Vec<SupportedCipherSuite>, Vec<&str>) {
    let (mut found, mut unknown): (Vec<usize>, Vec<&str>) = (Vec::new(), Vec::new());
    for item in list.split([':', ',', ' ']).filter(|item| !item.is_empty() && !orders(item)) {
        if let Some(removed) = item.strip_prefix(['!', '-']) {
            found.retain(|row| !means(removed, &TABLE[*row]));
            continue;
        }
        let matching: Vec<usize> = (0..TABLE.len()).filter(|row| means(item, &TABLE[*row])).collect();
        if matching.is_empty() {
            unknown.push(item);
        }
        let new: Vec<usize> = matching.into_iter().filter(|row| !found.contains(row)).collect();
        found.extend(new);
    }
    if !found.iter().any(|row| is_new(&TABLE[*row])) {
        found.splice(0..0, (0..TABLE.len()).filter(|row| is_new(&TABLE[*row])));
    }
    let suite = |row: usize| ALL_CIPHER_SUITES.iter().find(|suite| suite.suite() == TABLE[row].1).copied();
    (found.into_iter().filter_map(suite).collect(), unknown)
}

/// `+WORD` and `@STRENGTH` put suites that are there already in another order.
fn orders(item: &str) -> bool {
    item.starts_with(['+', '@'])
}

fn is_new(row: &Row) -> bool {
    row.2.is_empty()
}

/// `ECDHE+AESGCM`: every word must fit.
fn means(item: &str, row: &Row) -> bool {
    if item.eq_ignore_ascii_case(row.0) || iana(row.0).eq_ignore_ascii_case(item) {
        return true;
    }
    !is_new(row)
        && item.split('+').all(|word| EVERY.iter().chain(row.2).any(|known| word.eq_ignore_ascii_case(known)))
}

/// `ECDHE-RSA-AES128-GCM-SHA256` is `TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256` elsewhere.
fn iana(openssl: &str) -> String {
    let name = openssl
        .replace('-', "_")
        .replace("SA_AES", "SA_WITH_AES_")
        .replace("SA_CHACHA20", "SA_WITH_CHACHA20");
    if name.starts_with("TLS_") { name } else { format!("TLS_{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &str) -> (Vec<&'static str>, Vec<&str>) {
        let (suites, unknown) = chosen(list);
        (suites.into_iter().map(name).filter(|name| !name.starts_with("TLS_")).collect(), unknown)
    }

    #[test]
    fn lists() {
        let rsa = "ECDHE-RSA-AES128-GCM-SHA256";
        let ecdsa = "ECDHE-ECDSA-AES128-GCM-SHA256";
        for (list, expected, unknown) in [
            (rsa, vec![rsa], vec![]),
            ("ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256", vec![rsa, ecdsa], vec![]),
            ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", vec![rsa], vec![]),
            ("ECDHE+AES128 !aNULL", vec![ecdsa, rsa], vec![]),
            ("ALL:!AES256:!CHACHA20:!ECDSA", vec![rsa], vec![]),
            ("DHE-RSA-AES128-SHA:nonsense", vec![], vec!["DHE-RSA-AES128-SHA", "nonsense"]),
            ("TLS_AES_128_GCM_SHA256", vec![], vec![]),
        ] {
            assert_eq!(names(list), (expected, unknown), "{list}");
        }
    }

    #[test]
    fn new_suites_are_there_unless_some_are_named() {
        let new = |list| chosen(list).0.into_iter().map(name).filter(|name| name.starts_with("TLS_")).count();
        assert_eq!((new("HIGH"), new("nonsense"), new("TLS_AES_128_GCM_SHA256:HIGH")), (3, 3, 1));
        assert!(ALL_CIPHER_SUITES.iter().all(|suite| !name(*suite).is_empty()));
    }
}
