//! Upstream entities and their targets.
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use gopura_balancer::{Balancer, UpstreamSpec};

use super::message::{Failure, Message};
use super::{Entity, Snapshot};
use crate::dns::Dns;
use crate::tls::Pair;
use crate::upstream::{TargetRow, Upstream, first_answers, now, target};

/// How long a new configuration waits for DNS; what is not known by then comes later.
const PATIENCE: Duration = Duration::from_secs(1);

/// An Upstream that comes back under its name so soon still knows the health of its targets, as in Kong.
const MEMORY: Duration = Duration::from_secs(10);

/// What an Upstream knew when it was removed.
#[derive(Clone)]
pub struct Removed {
    balancer: Arc<Balancer>,
    at: Duration,
}

impl Removed {
    fn now(upstream: &Upstream) -> Self {
        Self { balancer: upstream.balancer.load_full(), at: now() }
    }
}

/// Makes the Upstreams that changed, or whose targets did; they keep what is known of addresses. Those that did not
/// change after all stay the same as in `running`. Gives back the new ones.
pub fn update(
    next: &mut Snapshot,
    message: &Message,
    running: &Snapshot,
    dns: &Dns,
    failures: &mut Vec<Failure>,
) -> Vec<Arc<Upstream>> {
    let mut affected = BTreeSet::new();
    next.removed = running.removed.clone();
    next.removed.retain(|_, removed| now().saturating_sub(removed.at) < MEMORY);
    for change in message.changes("upstreams") {
        let name = change.before.as_ref().and_then(|row| row.text("name"));
        if let Some((name, upstream)) = name.and_then(|name| next.upstreams.remove_with_key(&*name)) {
            next.removed.insert(name, Removed::now(&upstream));
        }
        affected.extend(change.after.map(|row| row.id().to_owned()));
    }
    for change in message.changes("targets") {
        let rows = change.before.iter().chain(&change.after);
        affected.extend(rows.filter_map(|row| row.foreign("upstream")).map(str::to_owned));
    }
    for change in message.changes("certificates") {
        let ids = change.before.iter().chain(&change.after).map(|row| row.id());
        let shown = ids.flat_map(|id| next.tables.belonging("upstreams", "client_certificate", id));
        affected.extend(shown.map(|row| row.id().to_owned()));
    }
    if message.is_full() {
        let known = running.upstreams.iter();
        next.removed.extend(known.map(|(name, upstream)| (name.clone(), Removed::now(upstream))));
    }
    let mut new = Vec::new();
    for row in affected.iter().filter_map(|id| next.tables.get("upstreams", id)) {
        let Some(name) = row.text("name") else { continue };
        let targets = targets(&next.tables.belonging("targets", "upstream", row.id()));
        let known = next.removed.remove(&*name).map(|removed| removed.balancer);
        let old = running.upstreams.get(&*name);
        let shown = row.foreign("client_certificate").and_then(|id| next.certificate(id));
        match upstream(row, &name, targets, shown, old, known, running, dns) {
            Ok(upstream) => {
                if !old.is_some_and(|old| Arc::ptr_eq(old, &upstream)) {
                    new.push(upstream.clone());
                }
                next.upstreams.insert(name.into(), upstream);
            }
            Err(error) => failures.push(Failure::of(row, error.to_string())),
        }
    }
    new
}

/// The targets of an upstream. Of two for the same address the newer counts.
fn targets(rows: &[Arc<Entity>]) -> Vec<TargetRow> {
    let mut rows: Vec<_> = rows.iter().map(|row| (created(row), row)).collect();
    rows.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.id().cmp(b.1.id())));
    let mut targets: Vec<TargetRow> = Vec::new();
    for target in rows.into_iter().filter_map(|(_, row)| target_row(row)) {
        targets.retain(|other| (&other.name, other.port) != (&target.name, target.port));
        targets.push(target);
    }
    targets
}

fn created(row: &Entity) -> f64 {
    row.field("created_at").and_then(|moment| moment.as_f64()).unwrap_or(0.0)
}

fn target_row(row: &Entity) -> Option<TargetRow> {
    let text = row.text("target")?;
    let (name, port) = text.rsplit_once(':')?;
    let weight = row.field("weight").and_then(|weight| weight.as_u64()).unwrap_or(100);
    Some(TargetRow { name: name.into(), port: port.parse().ok()?, weight: u32::try_from(weight).ok()? })
}

#[expect(clippy::too_many_arguments, reason = "all that an Upstream is made from, each used once")]
fn upstream(
    row: &Entity,
    name: &str,
    mut rows: Vec<TargetRow>,
    shown: Option<&Arc<Pair>>,
    old: Option<&Arc<Upstream>>,
    known: Option<Arc<Balancer>>,
    running: &Snapshot,
    dns: &Dns,
) -> Result<Arc<Upstream>, serde_json::Error> {
    rows.sort_by(|a, b| (&a.name, a.port).cmp(&(&b.name, b.port)));
    let is_same_row = running.tables.get("upstreams", row.id()).is_some_and(|old| old.json() == row.json());
    let is_shown = |old: &Upstream| match (&old.shown, shown) {
        (Some(old), Some(new)) => old.is_alike(new),
        (old, new) => old.is_none() && new.is_none(),
    };
    if let Some(old) = old.filter(|old| is_same_row && old.rows == rows && is_shown(old)) {
        return Ok(old.clone());
    }
    let spec: Arc<UpstreamSpec> = Arc::new(row.decode()?);
    let use_srv_name = row.raw("use_srv_name") == Some("true");
    let answers = first_answers(&rows, dns, PATIENCE);
    let resolved =
        rows.iter().zip(&answers).map(|(row, answer)| target(row, answer.as_deref(), use_srv_name));
    let known = old.map(|old| old.balancer.load_full()).or(known);
    let balancer =
        Balancer::new(spec.clone(), resolved.collect(), known.as_deref(), now(), fastrand::u64(..));
    Ok(Arc::new(Upstream {
        name: name.to_owned(),
        host_header: row.text("host_header").map(|text| text.into_owned()),
        client_certificate: row.foreign("client_certificate").map(Arc::from),
        shown: shown.cloned(),
        use_srv_name,
        rows,
        spec,
        balancer: ArcSwap::from_pointee(balancer),
    }))
}
