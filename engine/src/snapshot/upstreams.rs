//! Upstream entities and their targets.
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use gopura_balancer::{Balancer, UpstreamSpec};

use super::message::Failure;
use super::{Entity, Tables};
use crate::dns::Dns;
use crate::upstream::{TargetRow, Upstream, first_answers, now, target};

type Upstreams = HashMap<String, Arc<Upstream>>;

/// How long a new configuration waits for DNS; what is not known by then comes later.
const PATIENCE: Duration = Duration::from_secs(1);

/// Every Upstream by name. Those that did not change stay the same; changed ones keep what is known of addresses.
pub fn build(
    tables: &Tables,
    before: (&Tables, &Upstreams),
    dns: &Dns,
    failures: &mut Vec<Failure>,
) -> Upstreams {
    if tables.same(before.0, "upstreams") && tables.same(before.0, "targets") {
        return before.1.clone();
    }
    let mut targets = targets(tables);
    let mut all = HashMap::new();
    for row in tables.rows("upstreams") {
        let Some(name) = row.text("name") else { continue };
        let rows = targets.remove(&*row.id).unwrap_or_default();
        let old = before.1.get(name);
        match upstream(row, name, rows, old, before.0, dns) {
            Ok(upstream) => drop(all.insert(name.to_owned(), upstream)),
            Err(error) => failures.push(Failure::of(row, error.to_string())),
        }
    }
    all
}

/// The targets of each upstream. Of two for the same address the newer counts.
fn targets(tables: &Tables) -> HashMap<&str, Vec<TargetRow>> {
    let mut rows: Vec<_> = tables.rows("targets").collect();
    rows.sort_by(|a, b| created(a).total_cmp(&created(b)));
    let mut targets: HashMap<&str, Vec<TargetRow>> = HashMap::new();
    for row in rows {
        let (Some(upstream), Some(target)) = (row.foreign("upstream"), target_row(row)) else { continue };
        let known = targets.entry(upstream).or_default();
        known.retain(|other| (&other.name, other.port) != (&target.name, target.port));
        known.push(target);
    }
    targets
}

fn created(row: &Entity) -> f64 {
    row.value.get("created_at").and_then(serde_json::Value::as_f64).unwrap_or(0.0)
}

fn target_row(row: &Entity) -> Option<TargetRow> {
    let (name, port) = row.text("target")?.rsplit_once(':')?;
    let weight = row.value.get("weight").and_then(serde_json::Value::as_u64).unwrap_or(100);
    Some(TargetRow { name: name.into(), port: port.parse().ok()?, weight: u32::try_from(weight).ok()? })
}

fn upstream(
    row: &Entity,
    name: &str,
    mut rows: Vec<TargetRow>,
    old: Option<&Arc<Upstream>>,
    tables: &Tables,
    dns: &Dns,
) -> Result<Arc<Upstream>, serde_json::Error> {
    rows.sort_by(|a, b| (&a.name, a.port).cmp(&(&b.name, b.port)));
    let is_same_row = tables.get("upstreams", &row.id).is_some_and(|old| old.json.get() == row.json.get());
    if let Some(old) = old.filter(|old| is_same_row && old.rows == rows) {
        return Ok(old.clone());
    }
    let spec: Arc<UpstreamSpec> = Arc::new(row.decode()?);
    let use_srv_name = row.value.get("use_srv_name").and_then(serde_json::Value::as_bool) == Some(true);
    let answers = first_answers(&rows, dns, PATIENCE);
    let resolved =
        rows.iter().zip(&answers).map(|(row, answer)| target(row, answer.as_deref(), use_srv_name));
    let known = old.map(|old| old.balancer.load_full());
    let balancer =
        Balancer::new(spec.clone(), resolved.collect(), known.as_deref(), now(), fastrand::u64(..));
    Ok(Arc::new(Upstream {
        name: name.to_owned(),
        host_header: row.text("host_header").map(str::to_owned),
        client_certificate: row.foreign("client_certificate").map(Arc::from),
        use_srv_name,
        rows,
        spec,
        balancer: ArcSwap::from_pointee(balancer),
    }))
}
