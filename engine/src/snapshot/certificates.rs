//! Certificates by SNI.
use std::collections::HashMap;
use std::sync::Arc;

use super::message::{Changed, Message};
use super::{Entity, Snapshot};
use crate::tls::{Chosen, Pair};

/// How a reference begins.
const REFERENCE: &str = "{vault://";

/// A certificate and its alternative.
pub type Keys = Vec<Arc<Pair>>;

/// Reads every certificate that changed. One that cannot be read, or not be presented by rustls, is told: a single old
/// secret does not keep all other changes away.
pub fn update(next: &mut Snapshot, message: &Message) {
    let changes = message.changes("certificates");
    if changes.is_empty() && message.changes("snis").is_empty() {
        return;
    }
    for Changed { before, after } in changes {
        match after.as_ref().map(|row| (row, read(row))) {
            Some((row, read)) => keep(next, row.id(), read),
            None => before.iter().for_each(|row| {
                next.keys.remove(row.id());
                next.limits.remove(row.id());
            }),
        }
    }
    next.certificates = Arc::new(choose(next));
}

fn keep(next: &mut Snapshot, id: &str, read: Result<Keys, String>) {
    let reason = match &read {
        Ok(pairs) => pairs.iter().find_map(|pair| pair.usable.as_ref().err()).cloned(),
        Err(error) => Some(format!("not presented: {error}")),
    };
    next.keys.insert(id.into(), read.unwrap_or_default());
    limit(next, id, reason);
}

/// Tells how a certificate is not served as usual.
fn limit(next: &mut Snapshot, id: &str, reason: Option<String>) {
    match reason {
        Some(reason) => {
            tracing::warn!("certificate {id}: {reason}");
            next.limits.insert(id.into(), reason.into());
        }
        None => drop(next.limits.remove(id)),
    }
}

/// Certificates by name. One without keys is left out: a wildcard or the default is better than no handshake.
fn choose(next: &Snapshot) -> Chosen {
    let mut chosen = Chosen::default();
    for row in next.tables.rows("snis") {
        let (Some(name), Some(id)) = (row.text("name"), row.foreign("certificate")) else { continue };
        let Some(keys) = served(next, id) else { continue };
        place(&mut chosen, &name.to_ascii_lowercase(), keys.clone());
    }
    chosen
}

fn served<'a>(next: &'a Snapshot, id: &str) -> Option<&'a Keys> {
    next.keys.get(id).filter(|keys| !keys.is_empty())
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

/// Takes up what references stood for, by the certificate's id. If that cannot be read, what was served before stays.
pub fn resolve(next: &mut Snapshot, before: &Snapshot, found: HashMap<String, Vec<(String, String)>>) {
    if found.is_empty() {
        return;
    }
    for (id, pairs) in found {
        let read = pairs.iter().map(|(cert, key)| Pair::read(cert.as_bytes(), key.as_bytes()));
        let read: Result<Keys, String> = read.collect();
        let read = read.map_err(|error| format!("what its references stand for: {error}"));
        match (read, served(before, &id)) {
            (Err(error), Some(keys)) => {
                next.keys.insert(id.as_str().into(), keys.clone());
                limit(next, &id, Some(format!("as it was before: {error}")));
            }
            (read, _) => keep(next, &id, read),
        }
    }
    next.certificates = Arc::new(choose(next));
}

/// Keys behind a reference come later.
fn read(row: &Entity) -> Result<Keys, String> {
    let plain = |field: &str| row.text(field).filter(|text| !text.starts_with(REFERENCE));
    let pair = |cert: &str, key: &str| match (plain(cert), plain(key)) {
        (Some(cert), Some(key)) => Pair::read(cert.as_bytes(), key.as_bytes()).map(Some),
        _ => Ok(None),
    };
    let pairs = [pair("cert", "key")?, pair("cert_alt", "key_alt")?];
    Ok(pairs.into_iter().flatten().collect())
}
