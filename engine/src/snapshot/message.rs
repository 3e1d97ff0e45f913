//! Full snapshots and deltas as they come over the link.
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::{Entity, Tables};
use crate::phases::EntityCache;

/// One entity that cannot be served.
#[derive(Clone, Debug)]
pub struct Failure {
    pub entity: String,
    pub id: String,
    pub message: String,
}

/// Why a message was not taken over.
#[derive(Debug)]
pub enum Refused {
    /// The message itself, or entities in it, are wrong.
    Invalid(Vec<Failure>),
    /// It does not follow what runs here: ask for a full snapshot.
    Resync(String),
}

impl Failure {
    pub fn of(row: &Entity, message: String) -> Self {
        Self { entity: row.kind.to_string(), id: row.id.to_string(), message }
    }
}

impl Refused {
    pub fn malformed(error: impl std::fmt::Display) -> Self {
        Self::Invalid(vec![Failure { entity: String::new(), id: String::new(), message: error.to_string() }])
    }
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Kind {
    Snapshot,
    Delta,
}

#[derive(Deserialize)]
struct Full<'a> {
    version: u64,
    hash: String,
    #[serde(borrow)]
    entities: BTreeMap<String, Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct Delta<'a> {
    from: u64,
    version: u64,
    hash: String,
    #[serde(borrow)]
    changes: Vec<Change<'a>>,
}

#[derive(Deserialize)]
struct Change<'a> {
    entity: String,
    id: String,
    #[serde(borrow)]
    value: Option<&'a RawValue>,
}

/// Rows, version and hash that a message leads to.
pub struct Message {
    pub version: u64,
    pub hash: String,
    pub tables: Tables,
}

impl Message {
    /// Applies `bytes` to what runs now (`version`, `hash`, `tables`).
    pub fn apply(bytes: &[u8], version: u64, hash: &str, tables: &Tables) -> Result<Self, Refused> {
        let text = std::str::from_utf8(bytes).map_err(Refused::malformed)?;
        match serde_json::from_str(text).map_err(Refused::malformed)? {
            Kind::Snapshot => full(serde_json::from_str(text).map_err(Refused::malformed)?),
            Kind::Delta => {
                delta(serde_json::from_str(text).map_err(Refused::malformed)?, version, hash, tables)
            }
        }
    }
}

fn full(message: Full<'_>) -> Result<Message, Refused> {
    let mut tables = Tables::default();
    let mut sum = [0; 32];
    for (kind, values) in message.entities {
        let kind: Arc<str> = kind.into();
        for value in values {
            let entity = decode(&kind, value)?;
            xor(&mut sum, &entity);
            tables.put(entity);
        }
    }
    finish(message.version, message.hash, sum, tables)
}

fn delta(message: Delta<'_>, version: u64, hash: &str, tables: &Tables) -> Result<Message, Refused> {
    if message.from != version {
        return Err(Refused::Resync(format!("the delta starts from {}, here runs {version}", message.from)));
    }
    let mut tables = tables.clone();
    let mut sum = parse(hash);
    for change in message.changes {
        let kind: Arc<str> = change.entity.into();
        let before = match change.value {
            Some(value) => {
                let entity = decode(&kind, value)?;
                xor(&mut sum, &entity);
                tables.put(entity)
            }
            None => tables.remove(&kind, &change.id),
        };
        if let Some(entity) = before {
            xor(&mut sum, &entity);
        }
    }
    finish(message.version, message.hash, sum, tables)
}

fn finish(version: u64, hash: String, sum: [u8; 32], tables: Tables) -> Result<Message, Refused> {
    let own = hex(&sum);
    if own != hash {
        return Err(Refused::Resync(format!("the content's hash is {own}, announced was {hash}")));
    }
    Ok(Message { version, hash, tables })
}

fn decode(kind: &Arc<str>, raw: &RawValue) -> Result<Arc<Entity>, Refused> {
    let value: serde_json::Value = serde_json::from_str(raw.get()).map_err(Refused::malformed)?;
    let id = value.get("id").and_then(|id| id.as_str());
    let id: Arc<str> = id.ok_or_else(|| Refused::malformed(format!("one of {kind} has no id")))?.into();
    Ok(Arc::new(Entity { kind: kind.clone(), id, json: raw.to_owned(), value, view: EntityCache::default() }))
}

fn xor(sum: &mut [u8; 32], entity: &Entity) {
    let mut digest = Sha256::new();
    for part in [entity.kind.as_bytes(), b"\0", entity.id.as_bytes(), b"\0", entity.json.get().as_bytes()] {
        digest.update(part);
    }
    sum.iter_mut().zip(digest.finalize()).for_each(|(byte, other)| *byte ^= other);
}

/// Lower-case hex digits.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

fn parse(hash: &str) -> [u8; 32] {
    let mut sum = [0; 32];
    for (byte, digits) in sum.iter_mut().zip(hash.as_bytes().chunks(2)) {
        let digits = std::str::from_utf8(digits).unwrap_or("0");
        *byte = u8::from_str_radix(digits, 16).unwrap_or(0);
    }
    sum
}
