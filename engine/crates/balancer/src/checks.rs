//! What counts as healthy: the `healthchecks` of an upstream.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::spec::null_is_default;

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Healthchecks {
    pub active: Active,
    pub passive: Passive,
    /// Percent of the weight that must be available for the upstream to be used at all; 0 does not ask.
    pub threshold: f64,
}

/// Probes that the gateway sends.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default)]
pub struct Active {
    #[serde(rename = "type")]
    pub kind: Kind,
    /// How many probes of one upstream run at a time.
    pub concurrency: usize,
    pub http_path: String,
    #[serde(deserialize_with = "null_is_default")]
    pub headers: BTreeMap<String, Vec<String>>,
    pub https_verify_certificate: bool,
    #[serde(deserialize_with = "null_is_default")]
    pub https_sni: Option<String>,
    /// Seconds until a probe has timed out.
    pub timeout: f64,
    pub healthy: ActiveHealthy,
    pub unhealthy: ActiveUnhealthy,
}

/// Observations of proxied traffic.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Passive {
    #[serde(rename = "type")]
    pub kind: Kind,
    pub healthy: PassiveHealthy,
    pub unhealthy: PassiveUnhealthy,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    #[default]
    Http,
    Https,
    Tcp,
    Grpc,
    Grpcs,
}

/// `interval` is in seconds; 0 probes none. `successes`: 0 never turns to healthy.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default)]
pub struct ActiveHealthy {
    pub interval: f64,
    pub http_statuses: Vec<u16>,
    pub successes: u8,
}

/// Each count: so many failures of the kind turn to unhealthy; 0 counts none.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default)]
pub struct ActiveUnhealthy {
    pub interval: f64,
    pub http_statuses: Vec<u16>,
    pub tcp_failures: u8,
    pub timeouts: u8,
    pub http_failures: u8,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default)]
pub struct PassiveHealthy {
    pub http_statuses: Vec<u16>,
    pub successes: u8,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default)]
pub struct PassiveUnhealthy {
    pub http_statuses: Vec<u16>,
    pub tcp_failures: u8,
    pub timeouts: u8,
    pub http_failures: u8,
}

impl Default for Active {
    fn default() -> Self {
        Self {
            kind: Kind::default(),
            concurrency: 10,
            http_path: "/".to_owned(),
            headers: BTreeMap::new(),
            https_verify_certificate: true,
            https_sni: None,
            timeout: 1.0,
            healthy: ActiveHealthy::default(),
            unhealthy: ActiveUnhealthy::default(),
        }
    }
}

impl Default for ActiveHealthy {
    fn default() -> Self {
        Self { interval: 0.0, http_statuses: vec![200, 302], successes: 0 }
    }
}

impl Default for ActiveUnhealthy {
    fn default() -> Self {
        let http_statuses = vec![429, 404, 500, 501, 502, 503, 504, 505];
        Self { interval: 0.0, http_statuses, tcp_failures: 0, timeouts: 0, http_failures: 0 }
    }
}

impl Default for PassiveHealthy {
    fn default() -> Self {
        let statuses = (200..=208).chain([226]).chain(300..=308);
        Self { http_statuses: statuses.collect(), successes: 0 }
    }
}

impl Default for PassiveUnhealthy {
    fn default() -> Self {
        Self { http_statuses: vec![429, 500, 503], tcp_failures: 0, timeouts: 0, http_failures: 0 }
    }
}

impl Healthchecks {
    /// Whether health is observed at all; if not, every address counts as available.
    pub fn is_on(&self) -> bool {
        let passive = &self.passive.unhealthy;
        self.active.healthy.interval > 0.0
            || self.active.unhealthy.interval > 0.0
            || passive.tcp_failures > 0
            || passive.timeouts > 0
            || passive.http_failures > 0
    }
}
