//! Health as the Admin API tells it.

use std::sync::Arc;

use serde::Serialize;

use crate::address::{Address, Resolution};
use crate::balancer::Balancer;

/// One target: the `data` of `/upstreams/{upstream}/health`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TargetReport {
    pub host: String,
    pub port: u16,
    /// The kind of DNS record, or what went wrong.
    pub dns: String,
    #[serde(rename = "nodeWeight")]
    pub node_weight: u32,
    pub weight: Weights,
    pub addresses: Vec<AddressReport>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Weights {
    pub total: u64,
    pub available: u64,
    pub unavailable: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AddressReport {
    /// The name instead when the address was found through one in an SRV record.
    pub ip: String,
    pub port: u16,
    pub weight: u32,
    /// `HEALTHY`, `UNHEALTHY` or `HEALTHCHECKS_OFF`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health: Option<&'static str>,
    /// Instead of `health` in the report on the whole balancer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub healthy: Option<bool>,
}

/// The whole upstream: what `/upstreams/{upstream}/health?balancer_health=1` tells beside the upstream's id.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BalancerReport {
    /// `HEALTHY`, `UNHEALTHY` or `HEALTHCHECKS_OFF`.
    pub health: &'static str,
    pub balancer_health: &'static str,
    pub details: Details,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Details {
    pub healthy: bool,
    pub weight: Weights,
    pub hosts: Vec<TargetReport>,
}

impl TargetReport {
    /// The target's own health: `HEALTHY` if one of its addresses is, `DNS_ERROR` if it has none.
    pub fn health(&self) -> &'static str {
        let healths = || self.addresses.iter().filter_map(|address| address.health);
        match healths().find(|health| *health == "HEALTHY").or_else(|| healths().next_back()) {
            Some(health) => health,
            None => "DNS_ERROR",
        }
    }
}

impl Address {
    fn label(&self) -> String {
        self.nested.as_deref().map_or_else(|| self.socket.ip().to_string(), str::to_owned)
    }
}

impl Balancer {
    /// Reports on each target.
    pub fn target_reports(&self) -> Vec<TargetReport> {
        let is_on = self.spec.healthchecks.is_on();
        self.reports(|address, target_weight| AddressReport {
            ip: address.label(),
            port: address.socket.port(),
            weight: address.weight,
            health: Some(match self.is_available(address) {
                _ if !is_on || target_weight == 0 => "HEALTHCHECKS_OFF",
                true => "HEALTHY",
                false => "UNHEALTHY",
            }),
            healthy: None,
        })
    }

    /// Reports on the whole.
    pub fn report_on_all(&self) -> BalancerReport {
        let hosts = self.reports(|address, _| AddressReport {
            ip: address.label(),
            port: address.socket.port(),
            weight: address.weight,
            health: None,
            healthy: Some(self.is_available(address)),
        });
        let weight = self.weights(self.addresses.iter());
        let healthy = weight.total > 0 && weight.available > 0 && self.is_healthy();
        let balancer_health = if healthy { "HEALTHY" } else { "UNHEALTHY" };
        let health = if self.spec.healthchecks.is_on() { balancer_health } else { "HEALTHCHECKS_OFF" };
        BalancerReport { health, balancer_health, details: Details { healthy, weight, hosts } }
    }

    fn reports(&self, report: impl Fn(&Address, u32) -> AddressReport) -> Vec<TargetReport> {
        let of_target = |index| self.addresses.iter().filter(move |address| address.target == index);
        let targets = self.targets.iter().enumerate();
        targets
            .map(|(index, target)| TargetReport {
                host: target.name.to_string(),
                port: target.port,
                dns: match &target.resolution {
                    Resolution::Addresses { record, .. } => (*record).to_owned(),
                    Resolution::Failed(words) => words.clone(),
                },
                node_weight: target.weight,
                weight: self.weights(of_target(index)),
                addresses: of_target(index).map(|address| report(address, target.weight)).collect(),
            })
            .collect()
    }

    fn weights<'a>(&self, addresses: impl Iterator<Item = &'a Arc<Address>>) -> Weights {
        addresses.fold(Weights::default(), |mut weights, address| {
            let weight = u64::from(address.weight);
            weights.total += weight;
            let side =
                if self.is_available(address) { &mut weights.available } else { &mut weights.unavailable };
            *side += weight;
            weights
        })
    }
}
