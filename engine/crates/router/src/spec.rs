//! What a route says about the requests that it wants, as the Admin API stores it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Deserializer};

/// How priorities are computed and patterns are read (`router_flavor`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Flavor {
    /// Categories first, PCRE semantics, `path_handling` v1 understood.
    Traditional,
    /// The default: one packed priority per route, then the greater id.
    TraditionalCompatible,
    /// Routes carry an `expression` and a `priority`.
    Expressions,
}

/// How the service's path and the rest of the request's path are joined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PathHandling {
    /// Exactly one slash at the joint.
    #[default]
    V0,
    /// Plain concatenation; only the `traditional` flavour honours it, as in Kong.
    V1,
}

/// A route as the Admin API's JSON has it; unknown fields are ignored and `null` means the default.
///
/// A service is no part of it: what a service says never changes which route matches, so a change
/// of a service leaves the router alone. Its path is an argument of [`crate::Match::upstream_path`].
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct RouteSpec {
    /// The route's UUID; the last word between routes of equal priority.
    pub id: String,
    #[serde(deserialize_with = "null_is_default")]
    pub name: Option<String>,
    #[serde(deserialize_with = "null_is_default")]
    pub protocols: Vec<String>,
    #[serde(deserialize_with = "null_is_default")]
    pub methods: Vec<String>,
    #[serde(deserialize_with = "null_is_default")]
    pub hosts: Vec<String>,
    #[serde(deserialize_with = "null_is_default")]
    pub paths: Vec<String>,
    #[serde(deserialize_with = "null_is_default")]
    pub headers: BTreeMap<String, Vec<String>>,
    #[serde(deserialize_with = "null_is_default")]
    pub snis: Vec<String>,
    #[serde(deserialize_with = "null_is_default")]
    pub regex_priority: i64,
    #[serde(deserialize_with = "null_is_default")]
    pub strip_path: bool,
    #[serde(deserialize_with = "null_is_default")]
    pub path_handling: PathHandling,
    #[serde(deserialize_with = "null_is_default")]
    pub preserve_host: bool,
    /// 426, 301, 302, 307 or 308; `None` reads as 426.
    #[serde(deserialize_with = "null_is_default")]
    pub https_redirect_status_code: Option<u16>,
    /// Seconds since 1970.
    #[serde(deserialize_with = "null_is_default")]
    pub created_at: u64,
    /// Only for [`Flavor::Expressions`].
    #[serde(deserialize_with = "null_is_default")]
    pub expression: Option<String>,
    /// Only for [`Flavor::Expressions`].
    #[serde(deserialize_with = "null_is_default")]
    pub priority: u64,
}

impl RouteSpec {
    /// Whether the route is one for HTTP at all: stream routes never enter this router.
    pub fn is_http(&self) -> bool {
        self.protocols.is_empty()
            || self.protocols.iter().any(|protocol| {
                matches!(protocol.as_str(), "http" | "https" | "grpc" | "grpcs" | "ws" | "wss")
            })
    }

    /// Whether `protocol` is listed.
    pub fn speaks(&self, protocol: &str) -> bool {
        self.protocols.iter().any(|listed| listed == protocol)
    }
}

/// What a router keeps of a route beside the conditions: what is asked about a match.
#[derive(Clone, Debug)]
pub struct Terms {
    pub id: Arc<str>,
    protocols: Protocols,
    pub path_handling: PathHandling,
    pub strip_path: bool,
    pub preserve_host: bool,
    /// 426, 301, 302, 307 or 308; `None` reads as 426.
    pub https_redirect_status_code: Option<u16>,
}

/// Which of the protocols that matter to a match are listed.
#[derive(Clone, Copy, Debug)]
struct Protocols(u8);

const PROTOCOLS: [&str; 4] = ["http", "https", "grpc", "grpcs"];

impl Terms {
    pub(crate) fn of(route: &RouteSpec) -> Self {
        let bits = PROTOCOLS.iter().enumerate().map(|(at, name)| u8::from(route.speaks(name)) << at);
        Self {
            id: route.id.as_str().into(),
            protocols: Protocols(bits.sum()),
            path_handling: route.path_handling,
            strip_path: route.strip_path,
            preserve_host: route.preserve_host,
            https_redirect_status_code: route.https_redirect_status_code,
        }
    }

    /// Whether `protocol` (of HTTP) is listed.
    pub fn speaks(&self, protocol: &str) -> bool {
        PROTOCOLS.iter().position(|name| *name == protocol).is_some_and(|at| self.protocols.0 >> at & 1 == 1)
    }
}

/// Why a route cannot be served; the whole build is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildError {
    pub route_id: String,
    pub name: Option<String>,
    pub message: String,
}

/// Something an operator should know about a route that is served nevertheless.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    pub route_id: String,
    pub name: Option<String>,
    pub message: String,
}

fn null_is_default<'de, D, T>(input: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(input)?.unwrap_or_default())
}
