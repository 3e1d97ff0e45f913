//! One thread that looks after all upstreams: DNS, and active health checks.
use std::net::IpAddr;
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};

use gopura_balancer::Prober;
use tokio::runtime::Builder;
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::balanced::{TargetRow, Upstream, now, target};
use super::probe::{self, Manner};
use crate::dns::{Dns, Service};

/// Names of targets are looked at this often: their answers may have changed.
const GLANCE: Duration = Duration::from_millis(500);

/// Where new upstreams are handed over.
pub struct Upkeep {
    upstreams: mpsc::UnboundedSender<Weak<Upstream>>,
}

impl Upkeep {
    /// Starts the thread; it ends with the last sender of questions and upstreams.
    pub fn start(dns: Arc<Dns>, service: Service, manner: Manner) -> Result<Self, String> {
        let (sender, receiver) = mpsc::unbounded_channel();
        let dns = Arc::downgrade(&dns);
        thread::Builder::new()
            .name("upkeep".to_owned())
            .spawn(move || run(&dns, service, receiver, Arc::new(manner)))
            .map_err(|error| error.to_string())?;
        Ok(Self { upstreams: sender })
    }

    /// Looks after an upstream for as long as somebody holds it.
    pub fn tend(&self, upstream: &Arc<Upstream>) {
        drop(self.upstreams.send(Arc::downgrade(upstream)));
    }
}

fn run(
    dns: &Weak<Dns>,
    service: Service,
    mut upstreams: mpsc::UnboundedReceiver<Weak<Upstream>>,
    manner: Arc<Manner>,
) {
    let runtime = match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return tracing::error!("upkeep: {error}"),
    };
    let taken = async {
        while let Some(upstream) = upstreams.recv().await {
            tokio::spawn(resolve(upstream.clone(), dns.clone()));
            tokio::spawn(check(upstream, manner.clone()));
        }
    };
    runtime.block_on(async { tokio::join!(service.run(), taken) });
}

/// Keeps the addresses of the upstream's targets current.
async fn resolve(upstream: Weak<Upstream>, dns: Weak<Dns>) {
    let mut known = Vec::new();
    loop {
        {
            let (Some(upstream), Some(dns)) = (upstream.upgrade(), dns.upgrade()) else { return };
            if !upstream.rows.iter().any(is_name) {
                return;
            }
            let mut targets = Vec::with_capacity(upstream.rows.len());
            for row in &upstream.rows {
                let answer = if is_name(row) { Some(dns.ask(&row.name).await) } else { None };
                targets.push(target(row, answer.as_deref(), upstream.use_srv_name));
            }
            if targets != known {
                known.clone_from(&targets);
                upstream.refresh(targets);
            }
        }
        sleep(GLANCE).await;
    }
}

/// Whether the target is a name, which DNS has to be asked for.
pub fn is_name(row: &TargetRow) -> bool {
    row.name.trim_matches(['[', ']']).parse::<IpAddr>().is_err()
}

/// Asks for the names of a new upstream, so that it is ready before it serves.
pub fn first_answers(
    rows: &[TargetRow],
    dns: &Dns,
    patience: Duration,
) -> Vec<Option<Arc<crate::dns::Answer>>> {
    let end = Instant::now() + patience;
    let ask = |row: &TargetRow| {
        is_name(row).then(|| dns.ask_within(&row.name, end.saturating_duration_since(Instant::now())))
    };
    rows.iter().map(ask).collect()
}

/// Probes addresses by the upstream's timetable.
async fn check(upstream: Weak<Upstream>, manner: Arc<Manner>) {
    let mut prober = Prober::default();
    loop {
        let next = {
            let Some(upstream) = upstream.upgrade() else { return };
            let (due, next) = prober.due(&upstream.balancer.load(), now());
            probe::run(&upstream, due, &manner).await;
            next
        };
        let Some(next) = next else { return };
        sleep(next.saturating_sub(now()).min(Duration::from_secs(1))).await;
    }
}
