//! Certificates by SNI.
use std::collections::HashMap;
use std::sync::Arc;

use rustls::sign::CertifiedKey;

use super::message::Failure;
use super::{Entity, Tables};
use crate::tls::{Chosen, certified_key};

/// Reads every certificate that an SNI names; those that cannot be read are failures.
pub fn build(tables: &Tables, failures: &mut Vec<Failure>) -> Chosen {
    let mut keys: HashMap<&str, Vec<Arc<CertifiedKey>>> = HashMap::new();
    for row in tables.rows("certificates") {
        match read(row) {
            Ok(read) => drop(keys.insert(&row.id, read)),
            Err(message) => failures.push(Failure::of(row, message)),
        }
    }
    let mut chosen = Chosen::default();
    for row in tables.rows("snis") {
        let (Some(name), Some(id)) = (row.text("name"), row.foreign("certificate")) else { continue };
        let Some(keys) = keys.get(id) else { continue };
        place(&mut chosen, &name.to_ascii_lowercase(), keys.clone());
    }
    chosen
}

fn place(chosen: &mut Chosen, name: &str, keys: Vec<Arc<CertifiedKey>>) {
    if name == "*" {
        chosen.any = keys;
    } else if let Some(suffix) = name.strip_prefix("*.") {
        chosen.suffixes.insert(suffix.to_owned(), keys);
    } else if let Some(prefix) = name.strip_suffix(".*") {
        chosen.prefixes.insert(prefix.to_owned(), keys);
    } else {
        chosen.exact.insert(name.to_owned(), keys);
    }
}

/// The certificate and its alternative. Keys behind a vault reference are resolved elsewhere.
fn read(row: &Entity) -> Result<Vec<Arc<CertifiedKey>>, String> {
    let plain = |field: &str| row.text(field).filter(|text| !text.starts_with("{vault://"));
    let pair = |cert: &str, key: &str| match (plain(cert), plain(key)) {
        (Some(cert), Some(key)) => certified_key(cert.as_bytes(), key.as_bytes()).map(Some),
        _ => Ok(None),
    };
    let pairs = [pair("cert", "key")?, pair("cert_alt", "key_alt")?];
    Ok(pairs.into_iter().flatten().collect())
}
