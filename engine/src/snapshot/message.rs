//! Full snapshots and deltas as they come over the link.
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::{Entity, Tables};

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
        Self { entity: row.kind().to_owned(), id: row.id().to_owned(), message }
    }
}

impl Refused {
    pub fn malformed(error: impl std::fmt::Display) -> Self {
        Self::Invalid(vec![Failure { entity: String::new(), id: String::new(), message: error.to_string() }])
    }
}

#[derive(Deserialize)]
struct Head {
    #[serde(rename = "type")]
    kind: Kind,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
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
    changes: Vec<RowChange<'a>>,
}

#[derive(Deserialize)]
struct RowChange<'a> {
    #[serde(borrow)]
    entity: Cow<'a, str>,
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    value: Option<&'a RawValue>,
}

/// A row before and after.
pub struct Changed {
    pub before: Option<Arc<Entity>>,
    pub after: Option<Arc<Entity>>,
}

impl Changed {
    fn row(&self) -> Option<&Arc<Entity>> {
        self.after.as_ref().or(self.before.as_ref())
    }

    fn is_real(&self) -> bool {
        self.before.as_ref().map(|row| row.json()) != self.after.as_ref().map(|row| row.json())
    }
}

/// Rows, version and hash that a message leads to.
pub struct Message {
    pub version: u64,
    pub hash: String,
    pub tables: Tables,
    /// What a delta changes; None when the message carries everything.
    changes: Option<Vec<Changed>>,
}

impl Message {
    /// Applies `bytes` to what runs now (`version`, `hash`, `tables`).
    pub fn apply(bytes: &[u8], version: u64, hash: &str, tables: &Tables) -> Result<Self, Refused> {
        let text = std::str::from_utf8(bytes).map_err(Refused::malformed)?;
        let Head { kind } = serde_json::from_str(text).map_err(Refused::malformed)?;
        match kind {
            Kind::Snapshot => full(serde_json::from_str(text).map_err(Refused::malformed)?),
            Kind::Delta => {
                delta(serde_json::from_str(text).map_err(Refused::malformed)?, version, hash, tables)
            }
        }
    }

    pub fn is_full(&self) -> bool {
        self.changes.is_none()
    }

    /// The rows of a kind that are other than in what the next snapshot starts from, which is nothing for a full
    /// message.
    pub fn changes(&self, kind: &str) -> Vec<Changed> {
        let Some(changes) = &self.changes else {
            let added = |row: &Arc<Entity>| Changed { before: None, after: Some(row.clone()) };
            return self.tables.rows(kind).map(added).collect();
        };
        let of_kind = |change: &&Changed| change.row().is_some_and(|row| row.kind() == kind);
        let copy = |change: &Changed| Changed { before: change.before.clone(), after: change.after.clone() };
        changes.iter().filter(of_kind).filter(|change| change.is_real()).map(copy).collect()
    }
}

fn full(message: Full<'_>) -> Result<Message, Refused> {
    let mut tables = Tables::default();
    let mut sum = [0; 32];
    for (kind, values) in message.entities {
        let kind = Arc::new(kind.into_boxed_str());
        for value in values {
            let row = row(&kind, value)?;
            xor(&mut sum, &row);
            tables.put(&row);
        }
    }
    finish(message.version, message.hash, sum, tables, None)
}

fn delta(message: Delta<'_>, version: u64, hash: &str, tables: &Tables) -> Result<Message, Refused> {
    if message.from != version {
        return Err(Refused::Resync(format!("the delta starts from {}, here runs {version}", message.from)));
    }
    let mut tables = tables.clone();
    let mut sum = parse(hash);
    let mut changes = Vec::with_capacity(message.changes.len());
    for change in message.changes {
        let after = match change.value {
            Some(value) => Some(row(&tables.kind(&change.entity), value)?),
            None => None,
        };
        let before = match &after {
            Some(row) => tables.put(row),
            None => tables.remove(&change.entity, &change.id),
        };
        before.iter().chain(&after).for_each(|row| xor(&mut sum, row));
        changes.push(Changed { before, after });
    }
    finish(message.version, message.hash, sum, tables, Some(changes))
}

fn finish(
    version: u64,
    hash: String,
    sum: [u8; 32],
    tables: Tables,
    changes: Option<Vec<Changed>>,
) -> Result<Message, Refused> {
    let own = hex(&sum);
    if own != hash {
        return Err(Refused::Resync(format!("the content's hash is {own}, announced was {hash}")));
    }
    Ok(Message { version, hash, tables, changes })
}

fn row(kind: &Arc<Box<str>>, raw: &RawValue) -> Result<Arc<Entity>, Refused> {
    let row = Entity::new(kind, raw.get());
    row.map(Arc::new).ok_or_else(|| Refused::malformed(format!("one of {kind} has no id")))
}

fn xor(sum: &mut [u8; 32], row: &Entity) {
    let mut digest = Sha256::new();
    for part in [row.kind(), "\0", row.id(), "\0", row.json()] {
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
