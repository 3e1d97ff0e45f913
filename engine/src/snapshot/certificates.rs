//! Certificates by SNI.
use std::sync::Arc;

use rustls::sign::CertifiedKey;

use super::message::{Changed, Failure, Message};
use super::{Entity, Snapshot};
use crate::tls::{Chosen, certified_key};

/// A certificate and its alternative.
pub type Keys = Vec<Arc<CertifiedKey>>;

/// Reads every certificate that changed; those that cannot be read are failures.
pub fn update(next: &mut Snapshot, message: &Message, failures: &mut Vec<Failure>) {
    let changes = message.changes("certificates");
    if changes.is_empty() && message.changes("snis").is_empty() {
        return;
    }
    for Changed { before, after } in changes {
        match after.as_ref().map(|row| (row, read(row))) {
            Some((row, Ok(keys))) => drop(next.keys.insert(row.id().into(), keys)),
            Some((row, Err(message))) => failures.push(Failure::of(row, message)),
            None => before.iter().for_each(|row| drop(next.keys.remove(row.id()))),
        }
    }
    next.certificates = Arc::new(choose(next));
}

fn choose(next: &Snapshot) -> Chosen {
    let mut chosen = Chosen::default();
    for row in next.tables.rows("snis") {
        let (Some(name), Some(id)) = (row.text("name"), row.foreign("certificate")) else { continue };
        let Some(keys) = next.keys.get(id) else { continue };
        place(&mut chosen, &name.to_ascii_lowercase(), keys.clone());
    }
    chosen
}

fn place(chosen: &mut Chosen, name: &str, keys: Keys) {
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

/// Keys behind a vault reference are resolved elsewhere.
fn read(row: &Entity) -> Result<Keys, String> {
    let plain = |field: &str| row.text(field).filter(|text| !text.starts_with("{vault://"));
    let pair = |cert: &str, key: &str| match (plain(cert), plain(key)) {
        (Some(cert), Some(key)) => certified_key(cert.as_bytes(), key.as_bytes()).map(Some),
        _ => Ok(None),
    };
    let pairs = [pair("cert", "key")?, pair("cert_alt", "key_alt")?];
    Ok(pairs.into_iter().flatten().collect())
}
