//! Any entity of the configuration, as the Admin API's JSON has it.
use std::borrow::Cow;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::fields;
use crate::phases::EntityCache;

/// A row: the exact bytes of the value as sent, and nothing decoded. A gateway may hold a million of them.
#[derive(Debug)]
pub struct Entity {
    json: Box<str>,
    /// Where in it the id stands.
    id: Span,
    /// The collection: `consumers`, `keyauth_credentials`, ... One for all rows of it.
    kind: Arc<Box<str>>,
    /// Its Python object.
    pub view: EntityCache,
}

/// A part of a row's text.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    start: u32,
    length: u32,
}

impl Entity {
    /// `json` is a valid object; None when it has no id.
    pub fn new(kind: &Arc<Box<str>>, json: &str) -> Option<Self> {
        let id = plain(json, fields::raw(json, "id")?)?;
        Some(Self { json: json.into(), id, kind: kind.clone(), view: EntityCache::default() })
    }

    pub fn kind(&self) -> &str {
        &self.kind
    }

    pub fn id(&self) -> &str {
        self.part(self.id)
    }

    pub fn json(&self) -> &str {
        &self.json
    }

    /// A field that is a string.
    pub fn text(&self, field: &str) -> Option<Cow<'_, str>> {
        fields::string(fields::raw(&self.json, field)?)
    }

    /// The id behind a foreign key.
    pub fn foreign(&self, field: &str) -> Option<&str> {
        match fields::string(fields::raw(fields::raw(&self.json, field)?, "id")?)? {
            Cow::Borrowed(id) => Some(id),
            Cow::Owned(_) => None,
        }
    }

    /// Where the text of a field stands, when it stands there as it is read.
    pub fn span(&self, field: &str) -> Option<Span> {
        plain(&self.json, fields::raw(&self.json, field)?)
    }

    pub fn part(&self, span: Span) -> &str {
        &self.json[span.start as usize..][..span.length as usize]
    }

    /// A field of any type.
    pub fn field(&self, name: &str) -> Option<Value> {
        serde_json::from_str(fields::raw(&self.json, name)?).ok()
    }

    /// The text of a field's JSON.
    pub fn raw(&self, name: &str) -> Option<&str> {
        fields::raw(&self.json, name)
    }

    /// All fields.
    pub fn value(&self) -> Result<Value, serde_json::Error> {
        serde_json::from_str(&self.json)
    }

    /// The typed form. A field that is null counts as missing where its type has no null.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&self.json).or_else(|_| T::deserialize(without_nulls(&self.value()?)))
    }
}

/// Where a string without escapes stands in `json`, of which `raw` is a part.
fn plain(json: &str, raw: &str) -> Option<Span> {
    let Cow::Borrowed(text) = fields::string(raw)? else { return None };
    let start = u32::try_from(text.as_ptr() as usize - json.as_ptr() as usize).ok()?;
    Some(Span { start, length: u32::try_from(text.len()).ok()? })
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name.clone(), without_nulls(value)))
            .collect(),
        other => other.clone(),
    }
}

/// A row as a key of maps: by its id.
#[derive(Clone, Debug)]
pub struct ById(pub Arc<Entity>);

impl std::borrow::Borrow<str> for ById {
    fn borrow(&self) -> &str {
        self.0.id()
    }
}

impl Hash for ById {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.id().hash(state);
    }
}

impl PartialEq for ById {
    fn eq(&self, other: &Self) -> bool {
        self.0.id() == other.0.id()
    }
}

impl Eq for ById {}
