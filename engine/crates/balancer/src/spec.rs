//! Upstreams as the Admin API stores them; unknown fields are ignored, `null` means the default.

use serde::{Deserialize, Deserializer};

use crate::checks::Healthchecks;

/// How the next address is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Algorithm {
    #[default]
    RoundRobin,
    ConsistentHashing,
    LeastConnections,
    Latency,
}

/// Where a hash's value comes from (`hash_on`, `hash_fallback`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HashOn {
    #[default]
    None,
    Consumer,
    Ip,
    Header,
    Cookie,
    Path,
    QueryArg,
    UriCapture,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct UpstreamSpec {
    #[serde(deserialize_with = "null_is_default")]
    pub algorithm: Algorithm,
    #[serde(deserialize_with = "null_is_default")]
    pub hash_on: HashOn,
    #[serde(deserialize_with = "null_is_default")]
    pub hash_fallback: HashOn,
    pub hash_on_header: Option<String>,
    pub hash_fallback_header: Option<String>,
    pub hash_on_cookie: Option<String>,
    pub hash_on_cookie_path: Option<String>,
    pub hash_on_query_arg: Option<String>,
    pub hash_fallback_query_arg: Option<String>,
    pub hash_on_uri_capture: Option<String>,
    pub hash_fallback_uri_capture: Option<String>,
    #[serde(deserialize_with = "null_is_default")]
    pub healthchecks: Healthchecks,
}

/// One source of the value that is hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashSource<'s> {
    /// The consumer's id, or the credential's.
    Consumer,
    /// The client's address.
    Ip,
    /// All values of a header, joined without anything between.
    Header(&'s str),
    /// A cookie; a request without one gets it, with a new UUID, in `Set-Cookie` with this path.
    Cookie { name: &'s str, path: &'s str },
    /// The normalised path of the request.
    Path,
    /// All values of an argument, sorted, joined by commas.
    QueryArg(&'s str),
    /// A capture group of the route's path, by name or number.
    UriCapture(&'s str),
}

impl UpstreamSpec {
    /// The sources to be tried in order; the first one that the request has gives the value. When none has, the
    /// value is empty, and all such requests go to the same address.
    pub fn hash_sources(&self) -> impl Iterator<Item = HashSource<'_>> {
        let first = self.source(
            self.hash_on,
            self.hash_on_header.as_deref(),
            self.hash_on_query_arg.as_deref(),
            self.hash_on_uri_capture.as_deref(),
        );
        let fallback = self.source(
            self.hash_fallback,
            self.hash_fallback_header.as_deref(),
            self.hash_fallback_query_arg.as_deref(),
            self.hash_fallback_uri_capture.as_deref(),
        );
        first.into_iter().chain(fallback.filter(|_| first.is_some()))
    }

    fn source<'s>(
        &'s self,
        on: HashOn,
        header: Option<&'s str>,
        argument: Option<&'s str>,
        capture: Option<&'s str>,
    ) -> Option<HashSource<'s>> {
        let path = self.hash_on_cookie_path.as_deref().unwrap_or("/");
        match on {
            HashOn::None => None,
            HashOn::Consumer => Some(HashSource::Consumer),
            HashOn::Ip => Some(HashSource::Ip),
            HashOn::Header => header.map(HashSource::Header),
            HashOn::Cookie => self.hash_on_cookie.as_deref().map(|name| HashSource::Cookie { name, path }),
            HashOn::Path => Some(HashSource::Path),
            HashOn::QueryArg => argument.map(HashSource::QueryArg),
            HashOn::UriCapture => capture.map(HashSource::UriCapture),
        }
    }
}

pub(crate) fn null_is_default<'de, D, T>(input: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(input)?.unwrap_or_default())
}
