//! An Upstream entity at run time: its balancer, which changes with DNS, and its health.
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use gopura_balancer::{
    Address, Balancer, Endpoint, Event, HealthChange, Observer, Resolution, Target, UpstreamSpec,
};

use crate::dns::Answer;
use crate::tls::Pair;

/// A target as the Admin API stores it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetRow {
    pub name: Arc<str>,
    pub port: u16,
    pub weight: u32,
}

#[derive(Debug)]
pub struct Upstream {
    pub name: String,
    /// The Host header to send instead of the target's name.
    pub host_header: Option<String>,
    /// The id of the certificate to show when the service names none.
    pub client_certificate: Option<Arc<str>>,
    /// The same certificate, for health checks.
    pub shown: Option<Arc<Pair>>,
    /// Send the name in an SRV record, instead of the target's, as Host.
    pub use_srv_name: bool,
    pub rows: Vec<TargetRow>,
    pub spec: Arc<UpstreamSpec>,
    pub balancer: ArcSwap<Balancer>,
}

impl Upstream {
    /// The same targets with other DNS answers. Health and position stay.
    pub fn refresh(&self, targets: Vec<Target>) {
        let before = self.balancer.load();
        let next = Balancer::new(self.spec.clone(), targets, Some(&before), now(), 0);
        self.balancer.store(Arc::new(next));
    }

    /// `targets`: reports by `host:port`; `balancer`: the whole.
    pub fn health(&self) -> serde_json::Result<Vec<u8>> {
        let balancer = self.balancer.load();
        let reports = balancer.target_reports();
        let targets: BTreeMap<_, _> =
            reports.iter().map(|report| (format!("{}:{}", report.host, report.port), report)).collect();
        let whole = balancer.report_on_all();
        serde_json::to_vec(&serde_json::json!({ "targets": targets, "balancer": whole }))
    }

    /// Addresses that get no requests for their health: the target's host and port, the IP.
    pub fn unhealthy(&self) -> Vec<(String, u16, String)> {
        let balancer = self.balancer.load();
        let unhealthy = balancer.addresses().iter().filter(|address| !balancer.is_available(address));
        let told = |address: &Arc<Address>| {
            (address.name.to_string(), address.port, address.socket.ip().to_string())
        };
        unhealthy.map(told).collect()
    }

    /// Tells what was seen of an address; a change of its health is logged.
    pub fn report(&self, address: &Arc<Address>, observer: Observer, event: Event) {
        if let Some(change) = self.balancer.load().report(address, observer, event) {
            log_change(&self.name, &change);
        }
    }
}

fn log_change(upstream: &str, change: &HealthChange) {
    let (address, healthy) = (&change.address, change.healthy);
    let state = if healthy { "healthy" } else { "unhealthy" };
    tracing::warn!("upstream {upstream}: {} ({}:{}) is {state}", address.socket, address.name, address.port);
}

/// A target with what DNS says of it.
pub fn target(row: &TargetRow, answer: Option<&Answer>, use_srv_name: bool) -> Target {
    let resolution = match (row.name.trim_matches(['[', ']']).parse::<IpAddr>(), answer) {
        (Ok(ip), _) => of_address(ip, row.port),
        (Err(_), Some(answer)) => of_answer(row, answer, use_srv_name),
        (Err(_), None) => Resolution::Failed("dns server error: no answer yet".to_owned()),
    };
    Target { name: row.name.clone(), port: row.port, weight: row.weight, resolution }
}

fn of_address(ip: IpAddr, port: u16) -> Resolution {
    let record = if ip.is_ipv4() { "A" } else { "AAAA" };
    let endpoint = Endpoint { socket: SocketAddr::new(ip, port), weight: None, hostname: None, nested: None };
    Resolution::Addresses { record, endpoints: vec![endpoint] }
}

fn of_answer(row: &TargetRow, answer: &Answer, use_srv_name: bool) -> Resolution {
    if let Some(reason) = &answer.failure {
        return Resolution::Failed(reason.clone());
    }
    let endpoints = answer.records.iter().map(|record| Endpoint {
        socket: SocketAddr::new(record.ip, record.port.filter(|port| *port > 0).unwrap_or(row.port)),
        weight: record.weight,
        hostname: Some(match &record.host {
            Some(host) if use_srv_name => host.as_str().into(),
            _ => row.name.clone(),
        }),
        nested: record.host.as_deref().filter(|host| host.parse::<IpAddr>().is_err()).map(Arc::from),
    });
    Resolution::Addresses { record: answer.kind, endpoints: endpoints.collect() }
}

/// Time since the process began, as the balancer counts it.
pub fn now() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}
