//! Entities in the typed form that the engine itself reads; fields that it does not read are left out.
use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Deserializer};

use super::ordering::Ordering;
use crate::exchange::Scheme;
use crate::http::forward::authority;

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

/// What is left of a route once the index knows how to find it.
#[derive(Debug, Deserialize)]
pub struct Route {
    pub id: Arc<str>,
    pub name: Option<Box<str>>,
    /// Every scheme is welcome, and no gRPC expected: nothing to check.
    #[serde(rename = "protocols", deserialize_with = "plain")]
    pub plain: bool,
    pub snis: Option<Box<[Box<str>]>>,
    pub service: Option<Reference>,
    #[serde(default = "yes")]
    pub request_buffering: bool,
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
}

fn plain<'de, D: Deserializer<'de>>(input: D) -> Result<bool, D::Error> {
    let protocols: Vec<Box<str>> = Vec::deserialize(input)?;
    let speaks = |protocol: &str| protocols.iter().any(|listed| **listed == *protocol);
    Ok(speaks("http") && !speaks("grpc") && !speaks("grpcs"))
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
