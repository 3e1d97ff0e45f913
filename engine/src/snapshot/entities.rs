//! Entities as the Admin API's JSON has them, and the typed ones that the engine itself reads.
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::ordering::Ordering;
use crate::exchange::Scheme;
use crate::http::forward::authority;

/// Any entity: its bytes as sent, decoded once.
#[derive(Debug)]
pub struct Entity {
    /// The collection: `consumers`, `keyauth_credentials`, ...
    pub kind: Arc<str>,
    pub id: Arc<str>,
    /// The exact bytes of the value.
    pub json: Box<RawValue>,
    pub value: serde_json::Value,
    /// Its Python object.
    pub view: crate::phases::EntityCache,
}

impl Entity {
    /// A field that is a string.
    pub fn text(&self, field: &str) -> Option<&str> {
        self.value.get(field)?.as_str()
    }

    /// The typed form. A field that is null counts as missing where its type has no null.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.json.get()).or_else(|_| T::deserialize(without_nulls(&self.value)))
    }

    /// The id behind a foreign key.
    pub fn foreign(&self, field: &str) -> Option<&str> {
        self.value.get(field)?.get("id")?.as_str()
    }
}

fn without_nulls(value: &serde_json::Value) -> serde_json::Value {
    match value {
        serde_json::Value::Object(fields) => fields
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name.clone(), without_nulls(value)))
            .collect(),
        other => other.clone(),
    }
}

/// A reference to another entity: `{"id": ...}`.
#[derive(Clone, Debug, Deserialize)]
pub struct Reference {
    pub id: Arc<str>,
}

#[derive(Debug, Deserialize)]
pub struct Service {
    pub id: Arc<str>,
    pub name: Option<String>,
    pub protocol: String,
    pub host: String,
    pub port: u16,
    pub path: Option<String>,
    /// How often a failed try is repeated.
    #[serde(default = "five")]
    pub retries: u32,
    /// Milliseconds, as are the next two.
    #[serde(default = "a_minute")]
    pub connect_timeout: u64,
    #[serde(default = "a_minute")]
    pub write_timeout: u64,
    #[serde(default = "a_minute")]
    pub read_timeout: u64,
    pub client_certificate: Option<Reference>,
    pub tls_verify: Option<bool>,
    pub tls_verify_depth: Option<u32>,
    pub ca_certificates: Option<Vec<String>>,
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Made from the rest once.
    #[serde(skip)]
    pub target: Target,
}

/// Where a service's requests go, in the form that each request needs.
#[derive(Clone, Debug)]
pub struct Target {
    pub scheme: Scheme,
    pub host: Bytes,
    /// The host, when it is an address.
    pub ip: Option<IpAddr>,
    /// The Host header.
    pub authority: Bytes,
}

impl Default for Target {
    fn default() -> Self {
        Self { scheme: Scheme::Http, host: Bytes::new(), ip: None, authority: Bytes::new() }
    }
}

impl Service {
    /// Whether it speaks gRPC, so HTTP/2.
    pub fn is_grpc(&self) -> bool {
        matches!(self.protocol.as_str(), "grpc" | "grpcs")
    }

    /// Fills in `target`.
    pub fn ready(mut self) -> Self {
        let scheme = match self.protocol.as_str() {
            "https" | "grpcs" => Scheme::Https,
            _ => Scheme::Http,
        };
        self.target = Target {
            scheme,
            host: self.host.clone().into(),
            ip: self.host.trim_matches(['[', ']']).parse().ok(),
            authority: authority(&self.host, self.port, scheme).into(),
        };
        self
    }
}

#[derive(Debug, Deserialize)]
pub struct Route {
    pub id: Arc<str>,
    pub name: Option<String>,
    pub protocols: Vec<String>,
    pub methods: Option<Vec<String>>,
    pub hosts: Option<Vec<String>>,
    pub paths: Option<Vec<String>>,
    pub headers: Option<HashMap<String, Vec<String>>>,
    pub snis: Option<Vec<String>>,
    pub service: Option<Reference>,
    #[serde(default)]
    pub regex_priority: i64,
    #[serde(default = "yes")]
    pub strip_path: bool,
    #[serde(default)]
    pub preserve_host: bool,
    #[serde(default = "yes")]
    pub request_buffering: bool,
    #[serde(default = "yes")]
    pub response_buffering: bool,
    #[serde(default = "upgrade_required")]
    pub https_redirect_status_code: u16,
    #[serde(default)]
    pub path_handling: PathHandling,
    /// Seconds since 1970.
    #[serde(default)]
    pub created_at: i64,
    /// Expression flavour.
    pub expression: Option<String>,
    #[serde(default)]
    pub priority: u64,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum PathHandling {
    #[default]
    V0,
    V1,
}

#[derive(Debug, Deserialize)]
pub struct Plugin {
    pub id: Arc<str>,
    pub name: String,
    #[serde(default = "yes")]
    pub enabled: bool,
    #[serde(default)]
    pub protocols: Vec<String>,
    pub route: Option<Reference>,
    pub service: Option<Reference>,
    pub consumer: Option<Reference>,
    pub ordering: Option<Ordering>,
    /// The exact bytes of the configuration.
    pub config: Box<RawValue>,
}

fn yes() -> bool {
    true
}

fn five() -> u32 {
    5
}

fn a_minute() -> u64 {
    60_000
}

fn upgrade_required() -> u16 {
    426
}
