//! Headers that tell what happened to a request: `Kong-Debug` and `X-Kong-Request-Debug`.
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::about::tell;
use crate::exchange::{Exchange, Timing};
use crate::phases::{Bound, Phase};
use crate::shared::Shared;

/// The times of a request are to be told, because its client asked and may know.
pub struct Asked {
    /// In the error log too.
    log: bool,
    rewritten: Option<Instant>,
    filtering: Option<Instant>,
    filtered: Option<Instant>,
    /// What each plugin took in each phase.
    plugins: Vec<(Phase, Arc<Bound>, Duration)>,
    running: Option<(Phase, Arc<Bound>, Instant)>,
}

impl Asked {
    /// A plugin's turn begins; the one before it is over. `None`: so is the phase.
    pub fn turn(&mut self, phase: Phase, bound: Option<&Arc<Bound>>) {
        if let Some((phase, bound, since)) = self.running.take() {
            self.add(phase, bound, since.elapsed());
        }
        self.running = bound.map(|bound| (phase, bound.clone(), Instant::now()));
    }

    /// A plugin may have its turn in a phase many times: once for each piece of a body.
    fn add(&mut self, phase: Phase, bound: Arc<Bound>, taken: Duration) {
        let mut known = self.plugins.iter_mut();
        match known.find(|(own, plugin, _)| *own == phase && plugin.id == bound.id) {
            Some((_, _, sum)) => *sum += taken,
            None => self.plugins.push((phase, bound, taken)),
        }
    }

    /// What the plugins took in a phase: by name, then by id, as Kong nests them.
    fn plugins(&self, phase: Phase) -> Option<Value> {
        let mut names = Map::new();
        let mut sum = Duration::ZERO;
        for (_, bound, taken) in self.plugins.iter().filter(|(own, ..)| *own == phase) {
            sum += *taken;
            let mut one = total(*taken);
            one["child"] = json!({ bound.id.clone(): total(*taken) });
            names.insert(bound.name.clone(), one);
        }
        (!names.is_empty()).then(|| {
            let mut all = total(sum);
            all["child"] = names.into();
            all
        })
    }
}

/// Takes the question off the request, before plugins and upstreams see it.
pub fn take_question(exchange: &mut Exchange, shared: &Shared) {
    const START: &[u8] = b"x-kong-request-debug";
    let begins = |name: &[u8]| name.get(..START.len()).is_some_and(|part| part.eq_ignore_ascii_case(START));
    let headers = &exchange.request.headers;
    if !shared.settings.request_debug || !headers.iter().any(|line| begins(&line.name)) {
        return;
    }
    let is = |name: &str, value: &[u8]| headers.get(name).is_some_and(|given| **given == *value);
    if is("x-kong-request-debug", b"*") && may_know(exchange, shared) {
        let log = is("x-kong-request-debug-log", b"true");
        exchange.asked = Some(Box::new(Asked {
            log,
            rewritten: None,
            filtering: None,
            filtered: None,
            plugins: Vec::new(),
            running: None,
        }));
    }
    for name in ["x-kong-request-debug", "x-kong-request-debug-token", "x-kong-request-debug-log"] {
        exchange.request.headers.remove(name);
    }
}

/// From loopback anybody; else who knows the token.
fn may_know(exchange: &Exchange, shared: &Shared) -> bool {
    let given = exchange.request.headers.get("x-kong-request-debug-token");
    let token = shared.settings.request_debug_token.as_deref().filter(|token| !token.is_empty());
    exchange.request.client.ip().to_canonical().is_loopback()
        || given.zip(token).is_some_and(|(given, token)| same(given, token.as_bytes()))
}

/// Compares in a time that does not tell where the difference lies.
fn same(given: &[u8], token: &[u8]) -> bool {
    given.len() == token.len() && given.iter().zip(token).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
}

/// The `rewrite` phase is over.
pub fn rewritten(exchange: &mut Exchange) {
    if let Some(asked) = &mut exchange.asked {
        asked.rewritten = Some(Instant::now());
    }
}

/// The header filters begin.
pub fn filtering(exchange: &mut Exchange) {
    if let Some(asked) = &mut exchange.asked {
        asked.filtering = Some(Instant::now());
    }
}

/// Adds what the request asked for and may know.
pub fn add(exchange: &mut Exchange, shared: &Shared) {
    if shared.settings.allow_debug_header && exchange.request.headers.contains("kong-debug") {
        add_names(exchange);
    }
    if let Some(asked) = &mut exchange.asked {
        asked.filtered = Some(Instant::now());
    }
    let times = exchange.asked.as_ref().map(|asked| describe(exchange, asked).to_string());
    if let (Some(times), Some(response)) = (times, &mut exchange.response) {
        response.headers.set("X-Kong-Request-Debug-Output", times);
    }
}

fn add_names(exchange: &mut Exchange) {
    let (route, service) = (exchange.route().cloned(), exchange.service.clone());
    let Some(response) = &mut exchange.response else { return };
    let mut set = |name: &'static str, value: Option<&str>| {
        if let Some(value) = value {
            response.headers.set(name, value.to_owned());
        }
    };
    if let Some(route) = route {
        set("Kong-Route-Id", Some(&route.id));
        set("Kong-Route-Name", route.name.as_deref());
    }
    if let Some(service) = service {
        set("Kong-Service-Id", Some(&service.id));
        set("Kong-Service-Name", service.name.as_deref());
    }
}

/// Logs the times at the end of a request that asked for that.
pub fn log(exchange: &Exchange) {
    let Some(asked) = exchange.asked.as_ref().filter(|asked| asked.log) else { return };
    tell!(warn, exchange, "[request-debug] output: {}", describe(exchange, asked));
}

/// Milliseconds of each part; those of the upstream with its body once that has come.
fn describe(exchange: &Exchange, asked: &Asked) -> Value {
    let timing = &exchange.timing;
    let filtering = asked.filtering.unwrap_or_else(Instant::now);
    let rewritten = asked.rewritten.unwrap_or(timing.started);
    let accessed = timing.access_ended.unwrap_or(filtering);
    let mut child = json!({
        "rewrite": total(since(timing.started, rewritten)),
        "access": total(since(rewritten, accessed)),
        "header_filter": total(since(filtering, asked.filtered.unwrap_or(filtering))),
    });
    for phase in [Phase::Rewrite, Phase::Access, Phase::Response, Phase::HeaderFilter, Phase::BodyFilter] {
        if let Some(plugins) = asked.plugins(phase) {
            let name = phase.name();
            if child[name].is_null() {
                child[name] = json!({ "total_time": plugins["total_time"] });
            }
            child[name]["child"] = json!({ "plugins": plugins });
        }
    }
    if let Some((balanced, waited)) = timing.balanced.zip(timing.waited()) {
        child["balancer"] = total(since(accessed, balanced));
        child["upstream"] = upstream(timing, waited);
    }
    json!({ "request_id": String::from_utf8_lossy(&exchange.request.id), "child": child })
}

fn upstream(timing: &Timing, waited: Duration) -> Value {
    let mut child = json!({ "time_to_first_byte": total(waited) });
    let streaming = timing.head.zip(timing.finished).map(|(head, end)| since(head, end));
    if let Some(streaming) = streaming {
        child["streaming"] = total(streaming);
    }
    let mut all = total(waited + streaming.unwrap_or_default());
    all["child"] = child;
    all
}

fn total(taken: Duration) -> Value {
    json!({ "total_time": (taken.as_secs_f64() * 1_000_000.0).round() / 1000.0 })
}

fn since(from: Instant, to: Instant) -> Duration {
    to.saturating_duration_since(from)
}
