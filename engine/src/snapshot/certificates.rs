//! Certificates by SNI.
use std::collections::HashMap;
use std::sync::Arc;

use rustls::sign::CertifiedKey;

use super::message::{Changed, Failure, Message};
use super::{Entity, Snapshot};
use crate::tls::{Chosen, certified_key};

/// How a reference begins.
const REFERENCE: &str = "{vault://";

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

/// Certificates that are changed, or all of them, whose text or key is behind a vault reference: Python resolves these.
pub fn referring(message: &Message, all: bool) -> Vec<Arc<Entity>> {
    let changed = || message.changes("certificates").into_iter().filter_map(|change| change.after);
    let rows: Vec<_> =
        if all { message.tables.rows("certificates").cloned().collect() } else { changed().collect() };
    rows.into_iter().filter(|row| row.json().contains(REFERENCE)).collect()
}

/// Takes up what references stood for, by the certificate's id.
pub fn resolve(next: &mut Snapshot, found: HashMap<String, Vec<(String, String)>>) {
    if found.is_empty() {
        return;
    }
    for (id, pairs) in found {
        let read = pairs.iter().map(|(cert, key)| certified_key(cert.as_bytes(), key.as_bytes()));
        match read.collect() {
            Ok(keys) => drop(next.keys.insert(id.into(), keys)),
            Err(error) => tracing::error!("certificate {id}: what its references stand for: {error}"),
        }
    }
    next.certificates = Arc::new(choose(next));
}

/// Keys behind a reference come later.
fn read(row: &Entity) -> Result<Keys, String> {
    let plain = |field: &str| row.text(field).filter(|text| !text.starts_with(REFERENCE));
    let pair = |cert: &str, key: &str| match (plain(cert), plain(key)) {
        (Some(cert), Some(key)) => certified_key(cert.as_bytes(), key.as_bytes()).map(Some),
        _ => Ok(None),
    };
    let pairs = [pair("cert", "key")?, pair("cert_alt", "key_alt")?];
    Ok(pairs.into_iter().flatten().collect())
}
